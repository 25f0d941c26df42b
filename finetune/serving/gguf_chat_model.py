"""A GGUF file on this machine as LangChain's chat model: llama.cpp runs it, in a process of its own.

Edit this file for what only such models need; what all local models share is `queued_model.py`'s to say.
"""

from __future__ import annotations

from pathlib import Path

from finetune.serving.engine import LoadedModel
from finetune.serving.generation import IsStopping
from finetune.serving.queued_model import QueuedChatModel


class GgufChatModel(QueuedChatModel):
    """Answers with a GGUF file, which is neither converted nor tuned."""

    file: Path
    """A GGUF file that holds a chat template."""
    shown_as: str
    """The model's name, for people."""

    def _find_title(self) -> str:
        return self.shown_as

    def _load_model(self, is_stopping: IsStopping) -> LoadedModel:
        from finetune.serving.gguf_model import GgufModel

        return GgufModel(self.file, self.threads, self.title, is_stopping)
