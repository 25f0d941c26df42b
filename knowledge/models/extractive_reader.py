"""Reads passages with the encoder that was tuned for it: which sentence answers, whether any does, and yes or no.

Edit it for how pairs are laid out, for windows of long passages, and for how the heads' outputs become figures.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.errors import ReaderUnusable
from knowledge.models.shared_tokenizer import shared_tokenizer
from knowledge.types import PassageReading, ReadSentence, Support
from storage.hashing import sha256_of_file
from text.sentences import sentence_spans
from weights.torch_setup import configure_torch

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from knowledge.models.reading_network import Reading, ReadingNetwork

WEIGHTS, RECORD = "reader.safetensors", "reader.json"
"""What ships, written by `python -m benchmarks.fit.reader`: all that is not shared with the sentence encoder, and what
it was trained on. docs/reader.md tells that to people.
"""
MAX_QUESTION_TOKENS = 72
"""The last ones: what a long message asks stands at its end."""
MAX_TOKENS = 384
"""Of a pair, as in training."""
_OVERLAP = 64
"""Tokens that two windows of a long passage share."""
_BATCH_TOKENS = 2048
_MOST_ANSWER_TOKENS = 60


@dataclass(frozen=True, slots=True)
class _Window:
    """Holds a question and as much of a passage as the network reads at once."""

    passage: int
    """Which of the passages."""
    ids: list[int]
    first: int
    """The position of the passage's first token in `ids`."""
    offsets: list[tuple[int, int]]
    """Where each token of the passage starts and ends, in the text below its heading; negative within the heading."""


@dataclass(frozen=True, slots=True)
class _WindowReading:
    """Holds the figures of one window."""

    answerable: float
    span: tuple[int, int]
    span_margin: float
    evidence: dict[int, float]
    """The probability of each token of the text, by where it starts."""
    support: Support


@lru_cache(maxsize=1)
def pinned_sha256() -> str:
    """Return the hash of the weights that ship, by their record."""
    record = json.loads(resources.files(__package__).joinpath(RECORD).read_text("utf-8"))
    return str(record["sha256"])


class ExtractiveReader:
    """Reads pairs of a question and a passage. It loads at the first use, and is safe to use from several threads."""

    def __init__(self, embedding_folder: Path, threads: int = 2, weights: Path | None = None) -> None:
        """Share the embeddings and lowest layers of the encoder in `embedding_folder`, prepared by `weights`."""
        self._folder = embedding_folder
        self._threads = threads
        self._weights = weights
        self._lock = threading.Lock()
        self._loaded: tuple[Tokenizer, ReadingNetwork] | None = None

    @property
    def model_name(self) -> str:
        """Return the reader's name and the beginning of its hash; figures of different ones are not comparable."""
        return f"reader-{pinned_sha256()[:12]}"

    def read(self, question: str, passages: Sequence[tuple[str | None, str]]) -> list[PassageReading]:
        """Return what was found in each passage, given as its heading and text, in their order. Blocks."""
        found: list[list[_WindowReading]] = [[] for _ in passages]
        for window, reading in self._windows(question, passages):
            found[window.passage].append(reading)
        return [_combined(text, readings) for (_, text), readings in zip(passages, found, strict=True)]

    def judge(self, statement: str, passages: Sequence[tuple[str | None, str]]) -> list[Support]:
        """Return how each passage relates to the statement, in their order. Blocks."""
        return [reading.support for reading in self.read(statement, passages)]

    def _windows(
        self, question: str, passages: Sequence[tuple[str | None, str]]
    ) -> Iterator[tuple[_Window, _WindowReading]]:
        if not passages:
            return
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            tokenizer, network = self._loaded
            windows = list(_cut(tokenizer, question, passages))
            for batch in _batches(windows):
                yield from zip(batch, _figures(network, batch), strict=True)

    def _load(self) -> tuple[Tokenizer, ReadingNetwork]:
        from safetensors.torch import load_file

        from knowledge.models.reading_network import is_shared, untrained

        dtype = configure_torch(self._threads)
        network = untrained(self._folder, dtype)
        if self._weights is not None:
            state = load_file(self._weights)
        else:
            with resources.as_file(resources.files(__package__) / WEIGHTS) as path:
                if sha256_of_file(path) != pinned_sha256():
                    raise ReaderUnusable(WEIGHTS)
                state = load_file(path)
        missing, unexpected = network.load_state_dict(state, strict=False)
        if unexpected or any(not is_shared(name) for name in missing):
            raise ReaderUnusable(WEIGHTS)
        return shared_tokenizer(self._folder), network.eval()


def _cut(tokenizer: Tokenizer, question: str, passages: Sequence[tuple[str | None, str]]) -> Iterator[_Window]:
    bos, eos = (int(tokenizer.token_to_id(name) or 0) for name in ("<s>", "</s>"))
    asked = tokenizer.encode(question, add_special_tokens=False).ids[-MAX_QUESTION_TOKENS:]
    head = [bos, *asked, eos, eos]
    room = MAX_TOKENS - len(head) - 1
    for number, (heading, text) in enumerate(passages):
        above = "" if heading is None else f"{heading}\n"
        encoded = tokenizer.encode(above + text, add_special_tokens=False)
        offsets = [(start - len(above), end - len(above)) for start, end in encoded.offsets]
        first = 0
        while True:
            ids = encoded.ids[first : first + room]
            yield _Window(number, [*head, *ids, eos], len(head), offsets[first : first + room])
            if first + room >= len(encoded.ids):
                break
            first += room - _OVERLAP


def _batches(windows: Sequence[_Window]) -> Iterator[list[_Window]]:
    """Yield windows of similar length together, the longest first."""
    left = sorted(windows, key=lambda window: len(window.ids), reverse=True)
    while left:
        size = max(1, _BATCH_TOKENS // len(left[0].ids))
        yield left[:size]
        left = left[size:]


def _figures(network: ReadingNetwork, batch: Sequence[_Window]) -> Iterator[_WindowReading]:
    import torch

    longest = max(len(window.ids) for window in batch)
    ids = torch.tensor([window.ids + [1] * (longest - len(window.ids)) for window in batch])
    mask = torch.tensor([[1] * len(window.ids) + [0] * (longest - len(window.ids)) for window in batch])
    passage = torch.zeros_like(mask)
    for row, window in enumerate(batch):
        passage[row, window.first : window.first + len(window.offsets)] = 1
    with torch.inference_mode():
        reading = network(ids, mask, passage)
    for row, window in enumerate(batch):
        yield _window_reading(reading, row, window)


def _window_reading(reading: Reading, row: int, window: _Window) -> _WindowReading:
    import torch

    last = window.first + len(window.offsets)
    in_text = [place for place, (start, end) in enumerate(window.offsets) if start >= 0 and end > start]
    relation = torch.softmax(reading.relation[row], dim=0).tolist()
    support = Support(*relation)
    answerable = float(reading.answerable[row])
    if not in_text:
        return _WindowReading(answerable, (0, 0), -100.0, {}, support)
    start, end = reading.start[row, window.first : last], reading.end[row, window.first : last]
    null = float(reading.start[row, 0] + reading.end[row, 0])
    best, (low, high) = _best_span(start[in_text], end[in_text])
    span = window.offsets[in_text[low]][0], window.offsets[in_text[high]][1]
    probabilities = torch.sigmoid(reading.evidence[row, window.first : last]).tolist()
    evidence = {window.offsets[place][0]: probabilities[place] for place in in_text}
    return _WindowReading(answerable, span, best - null, evidence, support)


def _best_span(start: torch.Tensor, end: torch.Tensor) -> tuple[float, tuple[int, int]]:
    """Return the best sum of two logits, and the first and last token, in order and at most so many apart."""
    import torch

    sums = start[:, None] + end[None, :]
    allowed = torch.ones_like(sums, dtype=torch.bool).triu().tril(_MOST_ANSWER_TOKENS)
    sums = sums.masked_fill(~allowed, -1e9)
    best = int(sums.argmax())
    return float(sums.flatten()[best]), divmod(best, len(end))


def _combined(text: str, readings: Sequence[_WindowReading]) -> PassageReading:
    """Return one reading of a passage that was read in several windows: that of the window that most likely answers."""
    best = max(readings, key=lambda each: each.answerable)
    evidence: dict[int, float] = {}
    for reading in readings:
        for at, probability in reading.evidence.items():
            evidence[at] = max(probability, evidence.get(at, 0.0))
    sentences = []
    for start, end in sentence_spans(text):
        inside = [probability for at, probability in evidence.items() if start <= at < end]
        sentences.append(ReadSentence(start, end, sum(inside) / len(inside) if inside else 0.0))
    return PassageReading(best.answerable, best.span, best.span_margin, tuple(sentences), best.support)
