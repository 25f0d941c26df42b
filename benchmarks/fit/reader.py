"""Trains the reader: which sentence answers, whether any does, and what a passage says of a claim.

    python -m benchmarks.fit.reader DATA --work FOLDER [--examples N]

It is trained on the reading sets first, and then on our own communities, whose questions come with passages that look
like the answer and aren't. DATA is the folder that holds reading_en and reading_more. It writes
knowledge/models/reader.safetensors. A checkpoint of each stage is kept in FOLDER every few minutes, and the same
command goes on from it. 30,000 examples take a hundred minutes on two cores that do nothing else. docs/reader.md is the
card of what was trained.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch.nn import functional

from benchmarks.datasets.rows import COMMUNITY_DEVELOPMENT, COMMUNITY_TRAINING
from benchmarks.fit.community_examples import community_examples
from benchmarks.fit.reading_batches import IGNORED, Batch, Encoded, collate, encode_all
from benchmarks.fit.reading_examples import Example, count_by_source, development, load_examples, training
from benchmarks.fit.reading_figures import judge
from benchmarks.harness import results
from benchmarks.harness.embedding_cache import CachedEmbeddings
from knowledge.models.reading_network import Reading, ReadingNetwork, is_shared, untrained
from storage.hashing import sha256_of_file
from weights.settings import WeightsSettings
from weights.store import Weights
from weights.torch_setup import configure_torch

TARGET, RECORD = Path("knowledge/models/reader.safetensors"), Path("knowledge/models/reader.json")
_BATCH_TOKENS = 4096
_BATCH_EXAMPLES = 32
_USUAL_BATCH = 16
"""What a batch's loss is divided by, so that every example weighs the same."""
_SORTED_TOGETHER = 1024
_WARM_UP = 0.04
_DECAY = 0.01
_CLIP = 1.0
_TOLD_STEPS = 10
_CHECKPOINT_STEPS = 100
_JUDGED_STEPS = 400
_JUDGED_EXAMPLES = 600
_JUDGED_AT_THE_END = 1000
_REPLAYED = 4_000
"""How many examples of the reading sets, which it has not seen yet, are mixed among those of the communities."""
_SEED = 11
_NEVER = -1e4
"""Added to a logit, it leaves no probability."""


@dataclass(frozen=True)
class Stage:
    """A part of the training, with a checkpoint of its own."""

    name: str
    rate: float
    rate_of_heads: float


READING_SETS = Stage("reading_sets", rate=2.5e-4, rate_of_heads=1e-3)
"""The heads begin with nothing, so they learn faster."""
COMMUNITIES = Stage("communities", rate=1.2e-4, rate_of_heads=3e-4)


def main() -> None:
    """Train, or go on training, and write the weights and the figures on articles that were not trained on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=30_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    dtype = configure_torch(arguments.threads)
    embeddings = CachedEmbeddings("embedding")
    folder = Weights(WeightsSettings().model_dir).ensure("embedding")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    examples = load_examples(arguments.data)
    unjudged = list(training(examples))
    replayed = unjudged[arguments.examples :][:_REPLAYED]
    learned = {
        READING_SETS: unjudged[: arguments.examples],
        COMMUNITIES: _shuffled([*replayed, *_of_communities(COMMUNITY_TRAINING, embeddings)]),
    }
    judged = {
        READING_SETS: encode_all(tokenizer, list(development(examples)))[:_JUDGED_AT_THE_END],
        COMMUNITIES: encode_all(tokenizer, _of_communities(COMMUNITY_DEVELOPMENT, embeddings)),
    }
    counts = {stage.name: count_by_source(each) for stage, each in learned.items()}
    print(json.dumps(counts), flush=True)
    torch.manual_seed(_SEED)
    network = untrained(folder)
    for stage, each in learned.items():
        trainer = Trainer(stage, network, encode_all(tokenizer, each), dtype, arguments.work)
        trainer.run(judged[stage][:_JUDGED_EXAMPLES])
    _write(network, counts, judge(network, [row for rows in judged.values() for row in rows], dtype))


def _write(network: ReadingNetwork, learned: dict[str, dict[str, int]], figures: dict[str, float]) -> None:
    """Write the weights that are not shared, and the record of what they were trained on."""
    state = {
        name: tensor.detach().to(torch.float16).contiguous()
        for name, tensor in network.state_dict().items()
        if not is_shared(name)
    }
    save_file(state, TARGET)
    record = {
        "sha256": sha256_of_file(TARGET),
        "starts from": "multilingual-e5-small (MIT)",
        "trained on": {
            "examples": learned,
            "licences": "CC BY-SA 4.0, CC BY-SA 3.0, CC BY 4.0, Apache-2.0, MIT",
        },
        "development": figures,
        "provenance": results.provenance(),
    }
    RECORD.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))
    print("wrote", TARGET, "and", RECORD)


def _shuffled(examples: list[Example]) -> list[Example]:
    random.Random(_SEED).shuffle(examples)
    return examples


def _of_communities(folder: Path, embeddings: CachedEmbeddings) -> list[Example]:
    communities = (each for each in sorted(folder.iterdir()) if each.is_dir())
    return [example for each in communities for example in community_examples(each, embeddings)]


def loss_of(reading: Reading, batch: Batch) -> torch.Tensor:
    """Return the sum of the heads' losses; every example weighs the same, in whatever batch it stands."""
    # The first token stands for "not in here"; neither the question nor the padding can be the answer.
    allowed = batch.passage.clone()
    allowed[:, 0] = 1
    hidden = (1 - allowed) * _NEVER
    told = batch.starts.amax(dim=1)
    span = sum(
        (
            told * (torch.logsumexp(logits + hidden, 1) - torch.logsumexp(logits + hidden + (1 - right) * _NEVER, 1))
        ).sum()
        for logits, right in ((reading.start, batch.starts), (reading.end, batch.ends))
    )
    token_loss = functional.binary_cross_entropy_with_logits(reading.evidence, batch.evidence, reduction="none")
    of_row = (token_loss * batch.passage).sum(dim=1) / batch.passage.sum(dim=1).clamp(min=1)
    evidence = (of_row * batch.evidence_told).sum()
    answerable = functional.binary_cross_entropy_with_logits(reading.answerable, batch.answerable, reduction="sum")
    relation = functional.cross_entropy(reading.relation, batch.relation, ignore_index=IGNORED, reduction="sum")
    return (span / 2 + evidence + answerable + relation) / _USUAL_BATCH


class Trainer:
    """Trains once over the examples, with a checkpoint to go on from."""

    def __init__(
        self, stage: Stage, network: ReadingNetwork, examples: Sequence[Encoded], dtype: torch.dtype, work: Path
    ) -> None:
        self.network = network
        self._dtype = dtype
        self._checkpoint = work / f"{stage.name}.pt"
        work.mkdir(parents=True, exist_ok=True)
        self._batches = _batches(examples)
        encoder = [p for p in network.encoder.parameters() if p.requires_grad]
        known = {id(p) for p in network.encoder.parameters()}
        heads = [p for p in network.parameters() if id(p) not in known]
        self._optimizer = torch.optim.AdamW(
            [{"params": encoder, "lr": stage.rate}, {"params": heads, "lr": stage.rate_of_heads}], weight_decay=_DECAY
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


if __name__ == "__main__":
    main()
