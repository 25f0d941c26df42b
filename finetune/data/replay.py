"""General questions with good answers: replayed while a model is tuned, and used to measure what it forgot.

They stand in general.jsonl, of our own writing. Edit this file to change how many are replayed.
"""

from __future__ import annotations

import json
from importlib import resources

from finetune.types import Example

_MEASURED_EVERY = 3
"""One in so many is only measured on, never trained on."""
_MOST_REPLAYED = 0.25
"""The most that are replayed, as a share of the task's own examples."""


def general_examples(*, english_only: bool) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return the examples to replay, and those to measure on."""
    text = resources.files("finetune.data").joinpath("general.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    examples = [
        Example((("user", row["question"]),), row["answer"], number)
        for number, row in enumerate(rows, start=1)
        if row["lang"] == "en" or not english_only
    ]
    replayed = tuple(example for place, example in enumerate(examples) if place % _MEASURED_EVERY)
    return replayed, tuple(examples[::_MEASURED_EVERY])


def replayed_for(example_count: int, *, english_only: bool) -> tuple[Example, ...]:
    """Return the examples to replay beside that many examples of a task."""
    replayed, _ = general_examples(english_only=english_only)
    return replayed[: int(example_count * _MOST_REPLAYED)]
