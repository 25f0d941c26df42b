"""Examples of small talk: those most like a member's message show a small model how to react to it.

Edit this file to change which examples are shown; they stand in small_talk.toml.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from chains.types import Language, Turn

_SHOWN = 2


class SmallTalk:
    """Finds the examples most like a message, by the vectors of an encoder."""

    def __init__(self, examples: Mapping[Language, Sequence[Turn]], embed: Callable[[str], list[float]]) -> None:
        """`embed` returns a text's vector, of length 1."""
        self._examples = examples
        self._embed = embed
        self._vectors: dict[Language, NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def examples(self, vector: list[float], language: Language) -> tuple[Turn, ...]:
        """Return the examples most like the message with this vector, the most similar last. Blocks while it embeds."""
        similarities = self._vectors_of(language) @ np.asarray(vector, dtype=np.float32)
        return tuple(self._examples[language][at] for at in np.argsort(similarities)[-_SHOWN:])

    def _vectors_of(self, language: Language) -> NDArray[np.float32]:
        with self._lock:
            if language not in self._vectors:
                vectors = [self._embed(example.question) for example in self._examples[language]]
                self._vectors[language] = np.asarray(vectors, dtype=np.float32)
            return self._vectors[language]


def load_small_talk(embed: Callable[[str], list[float]]) -> SmallTalk:
    """Read the examples that ship with the package."""
    table = tomllib.loads(resources.files("chains").joinpath("small_talk.toml").read_text("utf-8"))
    examples = {
        language: tuple(Turn(example["said"], example["reply"]) for example in table[language]) for language in Language
    }
    return SmallTalk(examples, embed)
