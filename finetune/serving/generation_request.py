"""What a local model is asked, and how it ended. Frozen; knows no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_core.messages import BaseMessage

Deliver = Callable[[str], None]
"""Called with the next words, in the worker's thread."""


@dataclass(frozen=True, slots=True)
class AdapterFiles:
    """An adapter that was checked."""

    sha256: str
    folder: Path


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What to generate from."""

    messages: Sequence[BaseMessage]
    max_new_tokens: int
    stop: Sequence[str] = ()
    """The answer ends before the first of these."""
    tools: Sequence[Mapping[str, object]] = ()
    """Schemas in OpenAI's form; shown where the chat template knows tools."""
    begins: str = ""
    """What the answer is made to begin with; the model goes on from there, and only that is delivered."""
    adapter: AdapterFiles | None = None
    """None: the model as it was before any tuning."""
    labels: tuple[str, ...] = ()
    """Where there are any, the answer is one of them."""


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """How a generation ended."""

    input_tokens: int
    output_tokens: int
    finish_reason: str
    """`stop`, `length` or `cancelled`."""
    label_probability: float | None = None
    """Of the label that was chosen, among all that could be; None: the answer was no label."""
