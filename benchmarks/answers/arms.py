"""The arms of the ablation: the pipeline with ever more of what the reader of passages does.

Edit it for what an arm leaves out. Nothing here asks anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from chains.routing.confidence import Confidence
from knowledge.types import Evidence, Retrieval
from text.third_language import shares_language


@dataclass(frozen=True)
class Arm:
    """What the reader does in one arm; each arm has one thing more than the one before it, but for the last two.

    Where a passage can be quoted, it is, so that nothing is left to check: the arm with the check writes instead.
    """

    name: str
    reads: bool
    """Whether passages are read at all, and the probability is the one that ships. Otherwise it is one that was fitted
    without the reader's figures."""
    orders: bool
    """Whether what was read is ordered by what was found in it. Otherwise the search's order stays."""
    composes: bool
    """Whether what was found is quoted, or what is written is checked by it."""
    answer_style: Literal["quote", "write"]
    """As in ANSWER_STYLE."""
    meaning: str
    """For the page of benchmarks."""


ARMS = (
    Arm("none", False, False, False, "write", "nothing is read; the probability was fitted without the reader"),
    Arm("probability", True, False, False, "write", "the reader's figures are part of the probability"),
    Arm("order", True, True, False, "write", "they also order the passages"),
    Arm("quoting", True, True, True, "quote", "the passage is quoted in place of writing"),
    Arm("check", True, True, True, "write", "the chat model writes, and is quoted over where the check finds a fault"),
)
BY_NAME = {arm.name: arm for arm in ARMS}


@dataclass(frozen=True)
class MeasuredOnly(Confidence):
    """A calibration that uses what was read for the probability, and hands on the passages as if nothing were read."""

    orders: bool
    """Whether they keep the order that they have by what was found in them."""

    def in_likelier_language(self, retrieval: Retrieval) -> tuple[Retrieval, float | None]:
        """Return the result without what was read, and its probability with it."""
        found, holds = super().in_likelier_language(retrieval)
        evidence = found.evidence if self.orders else in_search_order(found)
        return replace(found, evidence=tuple(replace(item, reading=None) for item in evidence)), holds


def in_search_order(found: Retrieval) -> tuple[Evidence, ...]:
    """Return the passages by the search's own score, those in the language of the first one before the others."""
    if not found.evidence:
        return ()
    language = shares_language(found.measured, found.evidence[0].chunk.text)

    def place(item: Evidence) -> tuple[bool, float]:
        return shares_language(found.measured, item.chunk.text) is not language, -item.fused

    return tuple(sorted(found.evidence, key=place))


def confidence_of(arm: Arm, shipped: Confidence, unread: Confidence) -> Confidence:
    """Return what an arm measures with: `shipped`, what it has of it, or `unread`, fitted without the reader."""
    if not arm.reads:
        return unread
    if arm.composes:
        return shipped
    return MeasuredOnly(
        shipped.same_language, shipped.across_languages, shipped.threshold, shipped.embedding_model, arm.orders
    )
