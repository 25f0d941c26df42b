"""General questions with good answers: replayed while a model is tuned, and asked to see what it forgot.

The file is of our own writing and ships with the package. Knows no model.
"""

from __future__ import annotations

import json
from importlib import resources

from finetune.types import Example

_MEASURED = 3
"""Every third is never trained on."""
_REPLAYED_AT_MOST = 0.25
"""As a share of the task's own examples."""


def general_examples(*, english_only: bool) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Those to replay, and those to measure on."""
    text = resources.files("finetune.data").joinpath("general.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    examples = [
        Example((("user", row["question"]),), row["answer"], number)
        for number, row in enumerate(rows, start=1)
        if row["lang"] == "en" or not english_only
    ]
    replayed = tuple(example for place, example in enumerate(examples) if place % _MEASURED)
    return replayed, tuple(examples[::_MEASURED])


def replayed_for(example_count: int, *, english_only: bool) -> tuple[Example, ...]:
    """Those to replay beside that many examples of a task."""
    replayed, _ = general_examples(english_only=english_only)
    return replayed[: int(example_count * _REPLAYED_AT_MOST)]
