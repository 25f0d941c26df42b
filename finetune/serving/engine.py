"""One model, one worker thread, one generation at a time: that thread's queue is the generation queue.

Edit this file to change how generations are queued or cancelled; how text is generated is `text_model.py`'s to say, and
`gguf_model.py`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from finetune.errors import ModelClosedError
from finetune.serving.generation import Busy, GenerationRequest, GenerationResult, IsStopping, OnText

_T = TypeVar("_T")


class LoadedModel(Protocol):
    """Describes a model that generates text, for one thread at a time."""

    @property
    def knows_tools(self) -> bool:
        """Return whether the chat template shows tools."""
        ...

    def generate(self, request: GenerationRequest, on_text: OnText, is_stopping: IsStopping) -> GenerationResult:
        """Pass on the answer piece by piece. Raises PromptTooLongError before the first."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Generation:
    """Holds a generation that was requested, and cancels it."""

    result: Future[GenerationResult]
    stopping: threading.Event

    def cancel(self) -> None:
        """Cancel the generation; the worker goes on to the next at once."""
        self.stopping.set()
        self.result.cancel()


class Engine:
    """Queues generations for one model, which is loaded at the first of them, in the worker thread."""

    def __init__(self, title: str, load: Callable[[IsStopping], LoadedModel], busy: Busy | None = None) -> None:
        """Take the model's name, for people, and how it is loaded, which may take minutes and ends where it is told to.

        `busy` counts what is being generated.
        """
        self.title = title
        self._load = load
        self._busy = busy or Busy()
        self._model: LoadedModel | None = None
        self._closing = threading.Event()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="generation")

    def load(self) -> None:
        """Load the model now, before the first question. Blocks."""
        self._submit(self._loaded).result()

    def knows_tools(self) -> bool:
        """Return whether the chat template shows tools. Blocks until the model is loaded."""
        model = self._model or self._submit(self._loaded).result()
        return model.knows_tools

    def start(self, request: GenerationRequest, on_text: OnText) -> Generation:
        """Queue a generation and return it. Its result raises whatever went wrong in the worker."""
        stopping = threading.Event()

        def is_stopping() -> bool:
            return stopping.is_set() or self._closing.is_set()

        def generate() -> GenerationResult:
            with self._busy.generating():
                return self._loaded().generate(request, on_text, is_stopping)

        return Generation(self._submit(generate), stopping)

    def close(self) -> None:
        """End the running generation, drop those that wait, and release the model. Blocks briefly."""
        self._closing.set()
        self._worker.shutdown(cancel_futures=True)
        if self._model is not None:
            self._model.close()
        self._model = None

    def _submit(self, work: Callable[[], _T]) -> Future[_T]:
        if self._closing.is_set():
            raise ModelClosedError(self.title)
        return self._worker.submit(work)

    def _loaded(self) -> LoadedModel:
        if self._model is None:
            self._model = self._load(self._closing.is_set)
        return self._model
