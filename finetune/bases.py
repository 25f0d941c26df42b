"""The models that can be tuned: which one a data set gets, its folder, and how it is best trained. Loads no model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event

from finetune.context_window import context_tokens_of
from finetune.types import Recipe, TaskKind
from weights.catalog import CHAT_MODELS
from weights.custom_models import PREFIX
from weights.folder_record import read_record
from weights.store import Weights
from weights.types import OnProgress
from weights.units import MEGABYTE

AUTO = "auto"
_ENGLISH = "embedded-small"
_MULTILINGUAL = "embedded"
_SMALL_MB = 400
"""Of weights. Smaller models need more passes over the data, and bear a higher rate."""
_LEAST_STEPS = 60
_MOST_EPOCHS = 25


@dataclass(frozen=True, slots=True)
class Base:
    """A model that can be tuned."""

    name: str
    """As in `TUNING_BASE`."""
    title: str
    """For people."""
    folder: Path
    english_only: bool
    weights_mb: int
    context_tokens: int | None
    """None where the model states no limit."""

    def recipe(self, kind: TaskKind, example_count: int) -> Recipe:
        """How it is trained on that many examples; measured on banking77's 10 a label (docs/decisions.md)."""
        small = self.weights_mb < _SMALL_MB
        batch_size = 8
        epochs = 10 if small else 5
        while epochs < _MOST_EPOCHS and epochs * example_count < _LEAST_STEPS * batch_size:
            epochs += 1
        rate = (2e-3 if kind is TaskKind.TEXT else 1e-3) if small else 5e-4
        return Recipe(epochs, batch_size, rate)

    @property
    def training_memory_mb(self) -> int:
        """What a training takes at its peak, roughly: the libraries, the weights in fp32, and what a batch leaves
        behind. Measured: 2.4 to 3.1 GB on 270 MB of weights, 6.8 on 990.
        """
        return 1500 + 11 * self.weights_mb // 2


def choose_base(setting: str, *, has_chinese: bool) -> str:
    """The base that `TUNING_BASE` means for a data set."""
    if setting != AUTO:
        return setting
    return _MULTILINGUAL if has_chinese else _ENGLISH


class Bases:
    """Gets bases by their names."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def ensure(self, name: str, on_progress: OnProgress | None = None, stop: Event | None = None) -> Base:
        """The base, fetched where it is not there yet; blocks for a minute then. Raises WeightsError."""
        folder = self._weights.ensure(CHAT_MODELS.get(name, name), on_progress, stop)
        return Base(
            name=name,
            title=name.removeprefix(PREFIX) if name.startswith(PREFIX) else read_record(folder).title,
            folder=folder,
            english_only=name == _ENGLISH,
            weights_mb=sum(file.stat().st_size for file in folder.glob("*.safetensors")) // MEGABYTE,
            context_tokens=context_tokens_of(folder),
        )
