"""How likely a question is of the kind that an adapter was trained on.

A logistic regression on the question's vector, fitted for each adapter: its training questions against out-of-domain
ones, which are of our own writing, in the style of a community's members. The distance to the nearest training question
separated skills less well (docs/decisions.md). Edit this file to change how a classifier is fitted or kept.
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
"""Questions that are embedded at once, for about a tenth of a second. A member's question that needs the same encoder
is served between two batches."""
_FIT_STEPS = 50
_RIDGE = 1 / 30
"""Chosen on two skills, against questions on which nothing is reported (docs/decisions.md)."""


class QuestionEncoder(Protocol):
    """Turns questions into vectors of length 1."""

    @property
    def model_name(self) -> str:
        """Return the model with its version: vectors of different names can't be compared."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """Return a question's vector. Blocks."""
        ...


@dataclass(frozen=True, slots=True)
class DomainClassifier:
    """Holds the fitted regression of one adapter."""

    weights: NDArray[np.float64]
    """Shape (dimension,)."""
    bias: float

    def likeness(self, vector: Sequence[float]) -> float:
        """Return the probability that a question is of the kind that the adapter was trained on."""
        return float(_probability(np.asarray(vector, dtype=np.float64) @ self.weights + self.bias))


class DomainClassifiers:
    """Provides the adapters' classifiers; vectors are computed once for each encoder and kept with the adapter."""

    def __init__(self, registry: Registry, encoder: QuestionEncoder) -> None:
        self._registry = registry
        self._encoder = encoder
        self._fitted: dict[str, DomainClassifier] = {}
        self._out_of_domain: _Matrix | None = None
        self._computing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """A lock for each adapter, so that questions of other skills and guilds don't wait."""
        self._embedding_out_of_domain = asyncio.Lock()
        # A pool of its own, since embedding the examples takes seconds.
        self._threads = ThreadPoolExecutor(2, "domain-classifiers")

    async def likeness(self, champion: Champion, vector: Sequence[float]) -> float:
        """Return how likely the question with that vector is one for `champion`. The first time takes seconds."""
        return (await self.classifier(champion.adapter_sha256)).likeness(vector)

    async def classifier(self, adapter_sha256: str) -> DomainClassifier:
        """Return an adapter's classifier, fitted in threads where it is not there yet."""
        if adapter_sha256 not in self._fitted:
            async with self._computing[adapter_sha256]:
                if adapter_sha256 not in self._fitted:
                    self._fitted[adapter_sha256] = await self._fit(adapter_sha256)
        return self._fitted[adapter_sha256]

    async def _fit(self, adapter_sha256: str) -> DomainClassifier:
        folder = self._registry.folder(adapter_sha256)
        questions = await asyncio.to_thread(_training_questions, folder / "train.jsonl")
        training = await self._vectors(folder / "train", questions)
        async with self._embedding_out_of_domain:
            if self._out_of_domain is None:
                self._out_of_domain = await self._vectors(folder.parent / "others", out_of_domain_questions())
        return await asyncio.to_thread(fit_domain_classifier, training, self._out_of_domain)

    async def _vectors(self, stem: Path, questions: Sequence[str]) -> _Matrix:
        """Return the questions' vectors, from their file if it is for this encoder and these questions."""
        name = hashlib.sha256("\n".join((self._encoder.model_name, *questions)).encode()).hexdigest()[:16]
        path = stem.with_name(f"{stem.name}-{name}.npy")
        if path.exists():
            return await asyncio.to_thread(_load_vectors, path)
        loop = asyncio.get_running_loop()
        batches = [
            await loop.run_in_executor(self._threads, self._embed, questions[first : first + _BATCH])
            for first in range(0, len(questions), _BATCH)
        ]
        vectors: _Matrix = np.concatenate(batches)
        await asyncio.to_thread(_keep_vectors, path, vectors)
        return vectors

    def _embed(self, questions: Sequence[str]) -> _Matrix:
        return np.asarray([self._encoder.embed_query(question) for question in questions], dtype=np.float32)


def fit_domain_classifier(training: _Matrix, out_of_domain: _Matrix) -> DomainClassifier:
    """Fit the regression on vectors of shape (questions, dimension), both classes weighing the same.

    It is ridge-regularised, except for its bias, and fitted by Newton's method.
    """
    rows = np.column_stack([np.concatenate([training, out_of_domain]), np.ones(len(training) + len(out_of_domain))])
    wanted = np.concatenate([np.ones(len(training)), np.zeros(len(out_of_domain))])
    class_weight = np.where(wanted == 1, len(rows) / (2 * len(training)), len(rows) / (2 * len(out_of_domain)))
    ridge = np.diag([*([_RIDGE] * (rows.shape[1] - 1)), 1e-9])
    weights = np.zeros(rows.shape[1])
    for _ in range(_FIT_STEPS):
        probability = _probability(rows @ weights)
        gradient = rows.T @ (class_weight * (probability - wanted)) + ridge @ weights
        curvature = (rows * (class_weight * probability * (1 - probability))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-6:
            break
    return DomainClassifier(weights[:-1], float(weights[-1]))


def _load_vectors(path: Path) -> _Matrix:
    vectors: _Matrix = np.load(path, allow_pickle=False)
    return vectors


def _keep_vectors(path: Path, vectors: _Matrix) -> None:
    file = io.BytesIO()
    np.save(file, vectors, allow_pickle=False)
    write_whole(path, file.getvalue())


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    probability: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return probability


def _training_questions(path: Path) -> list[str]:
    return [example.question for example in from_jsonl(path.read_bytes())]


def out_of_domain_questions() -> list[str]:
    """Return questions of our own writing that no skill is trained on."""
    text = resources.files("finetune.serving").joinpath("other_questions.jsonl").read_text("utf-8")
    return [json.loads(line)["question"] for line in text.splitlines() if line.strip()]
