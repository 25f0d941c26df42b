"""The models that can be tuned: which one a data set gets, its folder, its context window, and how it is best trained.

Edit this file to change a recipe, or when a family of models states its context window in yet another place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from finetune.settings import AUTO
from finetune.types import Recipe, TaskKind
from storage.sizes import MEGABYTE
from weights.catalog import CHAT_MODELS
from weights.custom_models import PREFIX
from weights.folder_record import read_record
from weights.store import Weights
from weights.types import OnProgress

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

_ENGLISH = "embedded-small"
_MULTILINGUAL = "embedded"
_SMALL_MB = 400
"""Megabytes of weights. Smaller models need more passes over the data, and tolerate a higher rate."""
_LEAST_STEPS = 60
_MOST_EPOCHS = 25


@dataclass(frozen=True, slots=True)
class Base:
    """Describes a model that can be tuned."""

    name: str
    """As in `TUNING_BASE`."""
    title: str
    """The name that people read."""
    folder: Path
    english_only: bool
    weights_mb: int
    context_tokens: int | None
    """None where the model states no limit."""

    def recipe(self, kind: TaskKind, example_count: int) -> Recipe:
        """Return how it is trained on that many examples; measured on banking77, 10 a label (docs/decisions.md)."""
        small = self.weights_mb < _SMALL_MB
        batch_size = 8
        epochs = 10 if small else 5
        while epochs < _MOST_EPOCHS and epochs * example_count < _LEAST_STEPS * batch_size:
            epochs += 1
        rate = (2e-3 if kind is TaskKind.TEXT else 1e-3) if small else 5e-4
        return Recipe(epochs, batch_size, rate)

    @property
    def training_memory_mb(self) -> int:
        """The rough peak of a training: the libraries, the weights in fp32, and the activations of a batch.

        Measured: 2.4 to 3.1 GB for 270 MB of weights, 6.8 for 990.
        """
        return 1500 + 11 * self.weights_mb // 2


def choose_base(setting: str, *, has_chinese: bool) -> str:
    """Return the base that `TUNING_BASE` means for a data set."""
    if setting != AUTO:
        return setting
    return _MULTILINGUAL if has_chinese else _ENGLISH


class Bases:
    """Provides bases by their names."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def ensure(self, name: str, on_progress: OnProgress | None = None, stop: Event | None = None) -> Base:
        """Return the base, fetched where it is not there yet; blocks for a minute then. Raises WeightsError."""
        folder = self._weights.ensure(CHAT_MODELS.get(name, name), on_progress, stop)
        return Base(
            name=name,
            title=name.removeprefix(PREFIX) if name.startswith(PREFIX) else read_record(folder).title,
            folder=folder,
            english_only=name == _ENGLISH,
            weights_mb=sum(file.stat().st_size for file in folder.glob("*.safetensors")) // MEGABYTE,
            context_tokens=_context_tokens_of_folder(folder),
        )


def context_tokens(config: PreTrainedConfig) -> int | None:
    """Return how many tokens of prompt and answer a model reads at once; None where its configuration has no limit.

    A model that also reads images keeps the settings of its text in a part of its configuration (Gemma 3, Qwen2.5-VL);
    some older ones use another name, which transformers knows.
    """
    limit = getattr(config.get_text_config(), "max_position_embeddings", None)
    return None if limit is None else int(limit)


def _context_tokens_of_folder(folder: Path) -> int | None:
    from transformers import AutoConfig

    return context_tokens(AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False))
