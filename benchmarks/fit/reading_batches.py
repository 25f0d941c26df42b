"""Turns the reader's training examples into tensors: tokens, and what each head is told of them.

Edit it for how a pair is laid out, and for how a passage that is too long is cut.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from benchmarks.fit.reading_examples import Example
from knowledge.models.extractive_reader import MAX_QUESTION_TOKENS, MAX_TOKENS
from text.sentences import sentence_spans

_SEED = 11
IGNORED = -100
"""The relation where its head is told nothing."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example as the network sees it."""

    example: Example
    ids: NDArray[np.int32]
    offsets: NDArray[np.int32]
    """Start and end of what each token stands for, as characters of the passage, T × 2; 0 and 0 outside of it."""
    passage_start: int
    starts: NDArray[np.float32] | None
    ends: NDArray[np.float32] | None
    """1 where the answer may start and end, T: at one token where its words are known, anywhere in its sentences where
    only these are, at the first token where it isn't there. None where the head is told nothing.
    """
    evidence: NDArray[np.float32] | None
    """1 where a token belongs to a sentence that answers, T."""


def encode_all(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Encoded]:
    """Tokenise the examples and mark what each head is told; a passage that is too long is cut round its answer."""
    chance = random.Random(_SEED)
    questions = tokenizer.encode_batch([each.question for each in examples], add_special_tokens=False)
    passages = tokenizer.encode_batch([each.passage for each in examples], add_special_tokens=False)
    bos, eos = (int(tokenizer.token_to_id(name) or 0) for name in ("<s>", "</s>"))
    encoded = []
    for example, question, passage in zip(examples, questions, passages, strict=True):
        asked = question.ids[-MAX_QUESTION_TOKENS:]
        room = MAX_TOKENS - len(asked) - 4
        first = _window(passage.offsets, example, room, chance)
        ids = passage.ids[first : first + room]
        head = [bos, *asked, eos, eos]
        offsets = [*[(0, 0)] * len(head), *passage.offsets[first : first + room], (0, 0)]
        starts, ends = _answer_tokens(example, offsets)
        encoded.append(
            Encoded(
                example,
                np.array([*head, *ids, eos], np.int32),
                np.array(offsets, np.int32),
                len(head),
                starts,
                ends,
                _evidence(example, offsets),
            )
        )
    return encoded


def _window(offsets: Sequence[tuple[int, int]], example: Example, room: int, chance: random.Random) -> int:
    spare = len(offsets) - room
    if spare <= 0 or example.spans is None:
        return 0
    if not example.spans:
        return chance.randint(0, spare)
    start, end = example.spans[0]
    inside = [index for index, (low, high) in enumerate(offsets) if low < end and high > start]
    if not inside:
        return 0
    return chance.randint(min(max(0, inside[-1] - room + 1), spare, inside[0]), min(inside[0], spare))


def _answer_tokens(
    example: Example, offsets: Sequence[tuple[int, int]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | tuple[None, None]:
    if example.spans is None or example.kind == "list":
        return None, None
    spans = example.spans if example.kind == "sentences" else example.spans[:1]
    inside = [
        index
        for index, (low, high) in enumerate(offsets)
        if high > low and any(low < end and high > start for start, end in spans)
    ]
    if spans and not inside:
        return None, None
    starts, ends = np.zeros(len(offsets), np.float32), np.zeros(len(offsets), np.float32)
    if not spans:
        starts[0] = ends[0] = 1
    elif example.kind == "sentences":
        starts[inside] = ends[inside] = 1
    else:
        starts[inside[0]] = ends[inside[-1]] = 1
    return starts, ends


def _evidence(example: Example, offsets: Sequence[tuple[int, int]]) -> NDArray[np.float32] | None:
    if example.spans is None:
        return None
    told = [
        (low, high)
        for low, high in sentence_spans(example.passage)
        if any(low < end and high > start for start, end in example.spans)
    ]
    return np.array([b > a and any(low < b and high > a for low, high in told) for a, b in offsets], np.float32)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of B examples, padded to T tokens."""

    ids: torch.Tensor
    mask: torch.Tensor
    passage: torch.Tensor
    """1 where a token belongs to the passage, B × T."""
    starts: torch.Tensor
    ends: torch.Tensor
    """1 where the answer may start and end, B × T; all 0 where the head is told nothing."""
    evidence: torch.Tensor
    evidence_told: torch.Tensor
    answerable: torch.Tensor
    relation: torch.Tensor


def collate(rows: Sequence[Encoded]) -> Batch:
    """Pad the rows to the longest."""
    longest = max(len(row.ids) for row in rows)

    def padded(values: Sequence[NDArray[np.generic]], filler: int = 0) -> torch.Tensor:
        return torch.from_numpy(
            np.stack([np.pad(value, (0, longest - len(value)), constant_values=filler) for value in values])
        )

    return Batch(
        ids=padded([row.ids for row in rows], 1),
        mask=padded([np.ones(len(row.ids), np.int64) for row in rows]),
        passage=padded([(row.offsets[:, 1] > row.offsets[:, 0]).astype(np.float32) for row in rows]),
        starts=padded([_or_nothing(row.starts) for row in rows]),
        ends=padded([_or_nothing(row.ends) for row in rows]),
        evidence=padded([_or_nothing(row.evidence) for row in rows]),
        evidence_told=torch.tensor([float(row.evidence is not None) for row in rows]),
        answerable=torch.tensor([float(row.example.answerable) for row in rows]),
        relation=torch.tensor([IGNORED if row.example.relation is None else row.example.relation for row in rows]),
    )


def _or_nothing(told: NDArray[np.float32] | None) -> NDArray[np.float32]:
    return np.zeros(1, np.float32) if told is None else told
