"""A label as an answer: the label, and what its data set says beside it. Knows no model."""

from __future__ import annotations

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
