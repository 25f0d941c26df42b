"""Judges the reader on examples that it was not trained on. Edit it for what is measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from benchmarks.fit.reading_batches import Encoded, collate
from knowledge.models.reading_network import Reading, ReadingNetwork
from text.sentences import sentence_spans

_BATCH = 16


def judge(network: ReadingNetwork, rows: Sequence[Encoded], dtype: torch.dtype) -> dict[str, float]:
    """Return shares and areas on rows that were not trained on, by language."""
    network.eval()
    found: dict[str, list[float]] = {}
    scores: dict[str, tuple[list[bool], list[float]]] = {}
    for row, reading in _readings(network, rows, dtype):
        example = row.example
        where = f"{example.language}, made" if example.source == "made_rules" else example.language
        if example.relation is not None:
            right = int(reading.relation[0].argmax()) == example.relation
            found.setdefault(f"relation {example.source}", []).append(right)
            where += ", yes or no"
        else:
            for name in (where, f"{example.language}, {example.source}"):
                was, said = scores.setdefault(f"answerable {name}", ([], []))
                was.append(example.answerable)
                said.append(float(reading.answerable[0]))
        hit = _sentence_hit(row, reading) if example.answerable else None
        if hit is not None:
            found.setdefault(f"sentence by span {where}", []).append(hit[0])
            found.setdefault(f"sentence by evidence {where}", []).append(hit[1])
    figures = {name: round(float(np.mean(values)), 3) for name, values in sorted(found.items())}
    figures |= {name: round(float(roc_auc_score(*pair)), 3) for name, pair in scores.items() if len(set(pair[0])) == 2}
    return figures


def _readings(
    network: ReadingNetwork, rows: Sequence[Encoded], dtype: torch.dtype
) -> Iterator[tuple[Encoded, Reading]]:
    for first in range(0, len(rows), _BATCH):
        part = rows[first : first + _BATCH]
        batch = collate(part)
        with torch.inference_mode(), torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            reading = network(batch.ids, batch.mask, batch.passage)
        for index, row in enumerate(part):
            one = slice(index, index + 1)
            yield (
                row,
                Reading(
                    reading.start[one],
                    reading.end[one],
                    reading.evidence[one],
                    reading.answerable[one],
                    reading.relation[one],
                ),
            )


def _sentence_hit(row: Encoded, reading: Reading) -> tuple[bool, bool] | None:
    """Return whether the likeliest span, and the likeliest sentence, lie in a sentence that answers."""
    spans = row.example.spans or ()
    last = len(row.ids) - 1
    starts, ends = reading.start[0, row.passage_start : last], reading.end[0, row.passage_start : last]
    if not spans or not len(starts):
        return None
    pairs = torch.triu(starts[:, None] + ends[None, :]) + torch.tril(torch.full((len(starts), len(ends)), -1e4), -1)
    place = int(pairs.argmax()) // len(ends) + row.passage_start
    low, _ = row.offsets[place]
    sentences = sentence_spans(row.example.passage)
    chosen = next((each for each in sentences if each[0] <= low < each[1]), (low, low + 1))
    logits = reading.evidence[0]
    means = []
    for sentence in sentences:
        inside = [i for i, (a, b) in enumerate(row.offsets) if b > a and a < sentence[1] and b > sentence[0]]
        means.append(float(logits[inside].mean()) if inside else -1e4)
    best = sentences[int(np.argmax(means))]
    return tuple(any(s[0] < end and s[1] > start for start, end in spans) for s in (chosen, best))  # type: ignore[return-value]
