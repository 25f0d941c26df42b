"""Frequent English words, as edited prose has them. `python -m benchmarks.fit.common_words` counts them."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources


@cache
def common_words() -> frozenset[str]:
    """Return the words, in lower case."""
    written = resources.files("text").joinpath("common_words_en.json").read_text("utf-8")
    return frozenset(json.loads(written)["words"].split())
