"""A label as an answer: the label, what its data set says beside it, and when it is none. Knows no model."""

from __future__ import annotations

from chains.types import LabelChoice
from finetune.types import Champion, TaskKind


def with_help(champion: Champion, words: str) -> str:
    """The tuned model's words, unchanged; a label stands out, above the sentence and the channel that help with it."""
    if champion.kind is not TaskKind.LABEL:
        return words
    described = next((item for item in champion.label_help if item.label == words), None)
    lines = [f"**{words}**"]
    if described is not None:
        lines.append(" ".join(part for part in (described.sentence, described.channel) if part))
    return "\n".join(lines)


def judged(champion: Champion, probability: float | None, *, requested: bool) -> LabelChoice | None:
    """Whether a label is an answer; None where it is not known how sure the model was.

    Where the member `requested` the tuned model, its label is given however unsure it is: a request overrules weakness.
    """
    if champion.kind is not TaskKind.LABEL or probability is None:
        return None
    threshold = champion.label_threshold
    unsure = threshold is not None and probability < threshold
    return LabelChoice(probability, threshold, declined=unsure and not requested)
