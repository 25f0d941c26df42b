"""A model folder on this machine as LangChain's chat model: transformers runs it, by itself or with an adapter.

Edit this file for what a tuned model's answers need; what all local models share is `queued_model.py`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from langchain_core.messages import BaseMessage, SystemMessage

from finetune.data.transcript import LABEL_INSTRUCTION
from finetune.serving.engine import LoadedModel
from finetune.serving.generation import AdapterFiles, GenerationRequest, IsStopping
from finetune.serving.queued_model import QueuedChatModel
from weights.folder_record import read_record


class LocalChatModel(QueuedChatModel):
    """Answers with the weights of a model folder."""

    folder: Path
    """Prepared by `weights`, or any model folder that `shown_as` gives a name."""
    shown_as: str | None = None
    """The model's name, for people; None: what the prepared folder calls it."""
    adapter: AdapterFiles | None = None
    """The adapter that this model answers with; None: the untuned model."""
    labels: tuple[str, ...] = ()
    """Where there are any, each answer is one of them."""

    def tuned(self, adapter: AdapterFiles, labels: tuple[str, ...]) -> LocalChatModel:
        """Return the same loaded model, answering with `adapter`."""
        return self.model_copy(update={"adapter": adapter, "labels": labels})

    def _find_title(self) -> str:
        """Raises BrokenFolderError."""
        return read_record(self.folder).title if self.shown_as is None else self.shown_as

    def _load_model(self, is_stopping: IsStopping) -> LoadedModel:
        from finetune.serving.text_model import TextModel

        return TextModel(self.folder, self.threads, self.title)

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, object]
    ) -> GenerationRequest:
        if self.labels:
            messages = [SystemMessage(LABEL_INSTRUCTION), *messages]
        return replace(super()._request(messages, stop, kwargs), adapter=self.adapter, labels=self.labels)
