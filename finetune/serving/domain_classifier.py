"""What an adapter knows: how likely a question is of the kind that it was trained on.

A logistic regression on the question's vector, fitted for each adapter: its training questions against others. These
are of our own writing, in the manner of a community's members, and ship with the package. Distances to the nearest
training question told a skill from its community's other questions less well (docs/decisions.md). Knows no model but
the encoder that it is given, and no route.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finetune.data.dataset import from_jsonl
from finetune.registry import Registry
from finetune.types import Champion
from storage.atomic_write import write_whole

_log = logging.getLogger(__name__)

_Matrix = NDArray[np.float32]
_BATCH = 8
"""Questions that are embedded at a stretch: about a tenth of a second. A question that is asked meanwhile, and needs
the same encoder, gets in between two of them."""
_FIT_STEPS = 50
_RIDGE = 1 / 30
"""Chosen on two skills, against questions on which nothing is reported (docs/decisions.md)."""


class QuestionEncoder(Protocol):
    """Turns questions into vectors of length 1."""

    @property
    def model_name(self) -> str:
        """The model with its version: vectors of different names don't compare."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """A question's vector. Blocks."""
        ...


@dataclass(frozen=True, slots=True)
class DomainClassifier:
    """The fitted regression of one adapter."""

    weights: NDArray[np.float64]
    """Shape (dimension,)."""
    bias: float

    def likeness(self, vector: Sequence[float]) -> float:
        """The probability that a question is of the kind that was trained on."""
        return float(_probability(np.asarray(vector, dtype=np.float64) @ self.weights + self.bias))


class DomainClassifiers:
    """The adapters' profiles, computed once for each encoder and kept beside the adapter."""

    def __init__(self, registry: Registry, encoder: QuestionEncoder) -> None:
        self._registry = registry
        self._encoder = encoder
        self._known: dict[str, DomainClassifier] = {}
        self._others: _Matrix | None = None
        self._computing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By adapter: questions of other skills and guilds do not wait."""
        self._embedding_others = asyncio.Lock()
        # Of their own, since embedding the examples takes seconds.
        self._threads = ThreadPoolExecutor(2, "domain-classifiers")

    async def likeness(self, champion: Champion, vector: Sequence[float]) -> float:
        """How likely the question of that vector is one for `champion`. The first time takes seconds."""
        return (await self.profile(champion.adapter_sha256)).likeness(vector)

    async def profile(self, adapter_sha256: str) -> DomainClassifier:
        """An adapter's profile; computed in threads where it is not there yet."""
        if adapter_sha256 not in self._known:
            async with self._computing[adapter_sha256]:
                if adapter_sha256 not in self._known:
                    self._known[adapter_sha256] = await self._profile(adapter_sha256)
        return self._known[adapter_sha256]

    async def _profile(self, adapter_sha256: str) -> DomainClassifier:
        folder = self._registry.folder(adapter_sha256)
        questions = await asyncio.to_thread(_questions, folder / "train.jsonl")
        training = await self._vectors(folder / "train", questions)
        async with self._embedding_others:
            if self._others is None:
                self._others = await self._vectors(folder.parent / "others", other_questions())
        return await asyncio.to_thread(fit_domain_classifier, training, self._others)

    async def _vectors(self, stem: Path, questions: Sequence[str]) -> _Matrix:
        """The questions' vectors, from the file that keeps them where it is of this encoder and these questions."""
        name = hashlib.sha256("\n".join((self._encoder.model_name, *questions)).encode()).hexdigest()[:16]
        path = stem.with_name(f"{stem.name}-{name}.npy")
        if path.exists():
            return await asyncio.to_thread(_load, path)
        loop = asyncio.get_running_loop()
        batches = [
            await loop.run_in_executor(self._threads, self._embed, questions[first : first + _BATCH])
            for first in range(0, len(questions), _BATCH)
        ]
        vectors: _Matrix = np.concatenate(batches)
        await asyncio.to_thread(_keep, path, vectors)
        return vectors

    def _embed(self, questions: Sequence[str]) -> _Matrix:
        return np.asarray([self._encoder.embed_query(question) for question in questions], dtype=np.float32)


def fit_domain_classifier(training: _Matrix, others: _Matrix) -> DomainClassifier:
    """Fit the regression on vectors of shape (questions, dimension), both sides weighing the same; ridge-regularised,
    by Newton's method. The bias is not held back.
    """
    rows = np.column_stack([np.concatenate([training, others]), np.ones(len(training) + len(others))])
    wanted = np.concatenate([np.ones(len(training)), np.zeros(len(others))])
    share = np.where(wanted == 1, len(rows) / (2 * len(training)), len(rows) / (2 * len(others)))
    ridge = np.diag([*([_RIDGE] * (rows.shape[1] - 1)), 1e-9])
    weights = np.zeros(rows.shape[1])
    for _ in range(_FIT_STEPS):
        probability = _probability(rows @ weights)
        gradient = rows.T @ (share * (probability - wanted)) + ridge @ weights
        curvature = (rows * (share * probability * (1 - probability))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-6:
            break
    return DomainClassifier(weights[:-1], float(weights[-1]))


def _load(path: Path) -> _Matrix:
    vectors: _Matrix = np.load(path, allow_pickle=False)
    return vectors


def _keep(path: Path, vectors: _Matrix) -> None:
    file = io.BytesIO()
    np.save(file, vectors, allow_pickle=False)
    write_whole(path, file.getvalue())


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return probability


def _questions(path: Path) -> list[str]:
    return [example.question for example in from_jsonl(path.read_bytes())]


def other_questions() -> list[str]:
    """Questions of our own writing that no skill is trained on."""
    text = resources.files("finetune.serving").joinpath("other_questions.jsonl").read_text("utf-8")
    return [json.loads(line)["question"] for line in text.splitlines() if line.strip()]
