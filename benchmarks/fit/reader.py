"""Trains the reader on the reading sets: which sentence answers, whether any does, and what a passage says of a claim.

    python -m benchmarks.fit.reader DATA --work FOLDER [--examples N]

DATA is the folder that holds reading_en and reading_more. It writes knowledge/models/reader.safetensors. A checkpoint
is kept in FOLDER every few minutes, and the same command goes on from it. 30,000 examples take a hundred minutes on two
cores that do nothing else. docs/reader.md is the card of what was trained.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch.nn import functional

from benchmarks.fit.reading_examples import Example, count_by_source, development, load_examples, training
from benchmarks.harness import results
from knowledge.models.reading_network import Reading, ReadingNetwork, is_shared, untrained
from storage.hashing import sha256_of_file
from text.sentences import sentence_spans
from weights.settings import WeightsSettings
from weights.store import Weights
from weights.torch_setup import configure_torch

TARGET, RECORD = Path("knowledge/models/reader.safetensors"), Path("knowledge/models/reader.json")
MAX_TOKENS = 384
MAX_QUESTION_TOKENS = 72
_BATCH_TOKENS = 4096
_BATCH_EXAMPLES = 32
_USUAL_BATCH = 16
"""What a batch's loss is divided by, so that every example weighs the same."""
_SORTED_TOGETHER = 1024
_RATE = 2.5e-4
_RATE_OF_HEADS = 1e-3
"""Higher, since they begin with nothing."""
_WARM_UP = 0.04
_DECAY = 0.01
_CLIP = 1.0
_TOLD_STEPS = 10
_CHECKPOINT_STEPS = 100
_JUDGED_STEPS = 400
_JUDGED_EXAMPLES = 600
_JUDGED_AT_THE_END = 1000
_SEED = 11
_IGNORED = -100


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example as the network sees it."""

    example: Example
    ids: NDArray[np.int32]
    offsets: NDArray[np.int32]
    """Start and end of what each token stands for, as characters of the passage, T × 2; 0 and 0 outside of it."""
    passage_start: int
    start: int
    end: int
    """Tokens of the answer; 0 where it isn't there, `_IGNORED` where the head is told nothing."""
    evidence: NDArray[np.float32] | None
    """1 where a token belongs to a sentence that answers, T."""


def main() -> None:
    """Train, or go on training, and write the weights and the figures on articles that were not trained on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=30_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    dtype = configure_torch(arguments.threads)
    folder = Weights(WeightsSettings().model_dir).ensure("embedding")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    examples = load_examples(arguments.data)
    chosen = list(training(examples))[: arguments.examples]
    judged = list(development(examples))
    print(json.dumps({"training": count_by_source(chosen), "development": len(judged)}), flush=True)
    torch.manual_seed(_SEED)
    trainer = Trainer(untrained(folder), encode_all(tokenizer, chosen), dtype, arguments.work)
    held_out = encode_all(tokenizer, judged)
    trainer.run(held_out[:_JUDGED_EXAMPLES])
    state = {
        name: tensor.detach().to(torch.float16).contiguous()
        for name, tensor in trainer.network.state_dict().items()
        if not is_shared(name)
    }
    save_file(state, TARGET)
    figures = judge(trainer.network, held_out[:_JUDGED_AT_THE_END], dtype)
    record = {
        "sha256": sha256_of_file(TARGET),
        "starts from": "multilingual-e5-small (MIT)",
        "trained on": {
            "examples": count_by_source(chosen),
            "licences": "CC BY-SA 4.0, CC BY-SA 3.0, CC BY 4.0, Apache-2.0, MIT",
        },
        "development": figures,
        "provenance": results.provenance(),
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))
    print("wrote", TARGET, "and", RECORD)


def encode_all(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Encoded]:
    """Tokenise the examples and mark what each head is told; a passage that is too long is cut round its answer."""
    chance = random.Random(_SEED)
    questions = tokenizer.encode_batch([each.question for each in examples], add_special_tokens=False)
    passages = tokenizer.encode_batch([each.passage for each in examples], add_special_tokens=False)
    bos, eos = (int(tokenizer.token_to_id(name) or 0) for name in ("<s>", "</s>"))
    encoded = []
    for example, question, passage in zip(examples, questions, passages, strict=True):
        asked = question.ids[:MAX_QUESTION_TOKENS]
        room = MAX_TOKENS - len(asked) - 4
        first = _window(passage.offsets, example, room, chance)
        ids = passage.ids[first : first + room]
        head = [bos, *asked, eos, eos]
        offsets = [*[(0, 0)] * len(head), *passage.offsets[first : first + room], (0, 0)]
        start, end = _answer_tokens(example, offsets, len(head))
        encoded.append(
            Encoded(
                example,
                np.array([*head, *ids, eos], np.int32),
                np.array(offsets, np.int32),
                len(head),
                start,
                end,
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


def _answer_tokens(example: Example, offsets: Sequence[tuple[int, int]], passage_start: int) -> tuple[int, int]:
    if example.spans is None or example.kind == "list":
        return _IGNORED, _IGNORED
    if not example.spans:
        return 0, 0
    start, end = example.spans[0]
    inside = [
        index for index, (low, high) in enumerate(offsets) if low < end and high > start and index >= passage_start
    ]
    return (inside[0], inside[-1]) if inside else (_IGNORED, _IGNORED)


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
    start: torch.Tensor
    end: torch.Tensor
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
        start=torch.tensor([row.start for row in rows]),
        end=torch.tensor([row.end for row in rows]),
        evidence=padded([np.zeros(1, np.float32) if row.evidence is None else row.evidence for row in rows]),
        evidence_told=torch.tensor([float(row.evidence is not None) for row in rows]),
        answerable=torch.tensor([float(row.example.answerable) for row in rows]),
        relation=torch.tensor([_IGNORED if row.example.relation is None else row.example.relation for row in rows]),
    )


def loss_of(reading: Reading, batch: Batch) -> torch.Tensor:
    """Return the sum of the heads' losses; every example weighs the same, in whatever batch it stands."""
    # The first token stands for "not in here"; neither the question nor the padding can be the answer.
    allowed = batch.passage.clone()
    allowed[:, 0] = 1
    hidden = (1 - allowed) * -1e4
    span = sum(
        functional.cross_entropy(logits + hidden, target, ignore_index=_IGNORED, reduction="sum")
        for logits, target in ((reading.start, batch.start), (reading.end, batch.end))
    )
    token_loss = functional.binary_cross_entropy_with_logits(reading.evidence, batch.evidence, reduction="none")
    of_row = (token_loss * batch.passage).sum(dim=1) / batch.passage.sum(dim=1).clamp(min=1)
    evidence = (of_row * batch.evidence_told).sum()
    answerable = functional.binary_cross_entropy_with_logits(reading.answerable, batch.answerable, reduction="sum")
    relation = functional.cross_entropy(reading.relation, batch.relation, ignore_index=_IGNORED, reduction="sum")
    return (span / 2 + evidence + answerable + relation) / _USUAL_BATCH


class Trainer:
    """Trains once over the examples, with a checkpoint to go on from."""

    def __init__(self, network: ReadingNetwork, examples: Sequence[Encoded], dtype: torch.dtype, work: Path) -> None:
        self.network = network
        self._dtype = dtype
        self._checkpoint = work / "checkpoint.pt"
        work.mkdir(parents=True, exist_ok=True)
        self._batches = _batches(examples)
        encoder = [p for p in network.encoder.parameters() if p.requires_grad]
        known = {id(p) for p in network.encoder.parameters()}
        heads = [p for p in network.parameters() if id(p) not in known]
        self._optimizer = torch.optim.AdamW(
            [{"params": encoder, "lr": _RATE}, {"params": heads, "lr": _RATE_OF_HEADS}], weight_decay=_DECAY
        )
        total = len(self._batches)
        warm_up = math.ceil(total * _WARM_UP)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer,
            lambda step: min((step + 1) / warm_up, max(0.0, (total - step) / (total - warm_up))),
        )

    def run(self, judged: Sequence[Encoded]) -> None:
        """Take the steps that are left."""
        first = self._resume()
        losses: list[float] = []
        began, done = time.monotonic(), 0
        for step in range(first, len(self._batches)):
            losses.append(self._step(step))
            done += len(self._batches[step])
            if (step + 1) % _TOLD_STEPS == 0:
                pace = done / (time.monotonic() - began)
                left = sum(map(len, self._batches[step + 1 :])) / pace / 60
                mean = sum(losses[-100:]) / len(losses[-100:])
                print(f"{step + 1}/{len(self._batches)} loss {mean:.3f} {pace:.1f}/s {left:.0f} min left", flush=True)
            if (step + 1) % _CHECKPOINT_STEPS == 0:
                self._save(step + 1)
            if (step + 1) % _JUDGED_STEPS == 0:
                print(json.dumps(judge(self.network, judged, self._dtype)), flush=True)
        self._save(len(self._batches))

    def _step(self, step: int) -> float:
        self.network.train()
        batch = collate(self._batches[step])
        with torch.autocast("cpu", self._dtype, enabled=self._dtype != torch.float32):
            reading = self.network(batch.ids, batch.mask, batch.passage)
        loss = loss_of(reading, batch)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self._optimizer.step()
        self._schedule.step()
        return loss.item() * _USUAL_BATCH / len(self._batches[step])

    def _resume(self) -> int:
        if not self._checkpoint.exists():
            return 0
        kept = torch.load(self._checkpoint, weights_only=True)
        if kept["steps"] != len(self._batches):
            raise SystemExit(f"{self._checkpoint} belongs to another training: name another --work")
        self.network.load_state_dict(kept["network"], strict=False)
        self._optimizer.load_state_dict(kept["optimizer"])
        self._schedule.load_state_dict(kept["schedule"])
        return int(kept["step"])

    def _save(self, step: int) -> None:
        state = {name: tensor for name, tensor in self.network.state_dict().items() if not is_shared(name)}
        kept = {
            "step": step,
            "steps": len(self._batches),
            "network": state,
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
        }
        part = self._checkpoint.with_suffix(".part")
        torch.save(kept, part)
        part.replace(self._checkpoint)


def _batches(examples: Sequence[Encoded]) -> list[list[Encoded]]:
    """Return batches of examples of similar length, in an order that is the same each time."""
    chance = random.Random(_SEED)
    batches: list[list[Encoded]] = []
    for first in range(0, len(examples), _SORTED_TOGETHER):
        near = sorted(examples[first : first + _SORTED_TOGETHER], key=lambda each: len(each.ids), reverse=True)
        while near:
            size = min(_BATCH_EXAMPLES, max(1, _BATCH_TOKENS // len(near[0].ids)))
            batches.append(near[:size])
            near = near[size:]
    chance.shuffle(batches)
    return batches


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
    for first in range(0, len(rows), _USUAL_BATCH):
        part = rows[first : first + _USUAL_BATCH]
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


if __name__ == "__main__":
    main()
