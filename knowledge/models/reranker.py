"""Scores question and passage together with a cross-encoder from a folder. Edit it for how models are checked and
run.
"""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from knowledge.errors import RerankerUnusable

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_BATCH = 8
_HEAD = "ForSequenceClassification"


class CrossEncoderReranker:
    """Scores pairs with the raw output of a cross-encoder. Safe to use from several threads."""

    def __init__(self, folder: Path, name: str) -> None:
        """Load the model. Raises RerankerUnusable: the library is missing, or it is no cross-encoder with one
        output.
        """
        self._check(folder, name)
        try:
            from sentence_transformers import CrossEncoder  # 6 s
            from torch.nn import Identity
        except ModuleNotFoundError as error:
            raise RerankerUnusable(name, 'install sentence-transformers: pip install "routewise[hf]"') from error
        try:
            # A sigmoid, the library's default, rounds the best scores to the same value.
            self._model: CrossEncoder = CrossEncoder(
                str(folder), device="cpu", local_files_only=True, trust_remote_code=False, activation_fn=Identity()
            )
        except Exception as error:  # the library raises almost anything if the folder has no model
            raise RerankerUnusable(name, str(error).partition("\n")[0]) from error
        if self._model.num_labels != 1:
            raise RerankerUnusable(name, f"it has {self._model.num_labels} outputs instead of one")
        self.model_name = name
        self._lock = Lock()

    def scores(self, question: str, passages: list[str]) -> list[float]:
        """Return one score for each passage, in their order; higher is better. Blocks."""
        if not passages:
            return []
        pairs = [(question, passage) for passage in passages]
        with self._lock:
            found = self._model.predict(pairs, batch_size=_BATCH, show_progress_bar=False)
        return [float(score) for score in found]

    @staticmethod
    def _check(folder: Path, name: str) -> None:
        """Refuse a model without a trained head, for which the library would only warn and use random numbers."""
        config = json.loads((folder / "config.json").read_text("utf-8"))
        architectures = config.get("architectures") or []
        if not any(str(each).endswith(_HEAD) for each in architectures):
            raise RerankerUnusable(name, f"it is not a cross-encoder: its config.json names no …{_HEAD}")
