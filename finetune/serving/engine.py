"""One model, one worker thread, one generation at a time: that thread's queue is the generation queue.

Here stand what a generation is asked and how it ended, and who is notified while one is running. Edit this file to
change how generations are queued, cancelled or counted; how text is generated is `text_model.py`'s to say.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from langchain_core.messages import BaseMessage

from finetune.errors import ModelClosedError
from weights.folder_record import read_record

if TYPE_CHECKING:
    from finetune.serving.text_model import TextModel

_T = TypeVar("_T")

OnText = Callable[[str], None]
"""Called with the next piece of text, in the worker's thread."""


class FinishReason(StrEnum):
    """Names why a generation ended."""

    STOP = "stop"
    LENGTH = "length"
    """The limit on new tokens was reached."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class AdapterFiles:
    """Names an adapter whose files were checked."""

    sha256: str
    folder: Path


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Holds what to generate from."""

    messages: Sequence[BaseMessage]
    max_new_tokens: int
    stop: Sequence[str] = ()
    """The answer ends before the first of these."""
    tools: Sequence[Mapping[str, object]] = ()
    """Schemas in OpenAI's form; shown where the chat template knows tools."""
    prefix: str = ""
    """The forced start of the answer; the model continues it, and only the continuation is passed on."""
    adapter: AdapterFiles | None = None
    """None: the untuned model."""
    labels: tuple[str, ...] = ()
    """Where there are any, the answer is one of them."""


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """Holds how a generation ended."""

    input_tokens: int
    output_tokens: int
    finish_reason: FinishReason
    label_probability: float | None = None
    """The probability of the chosen label among all labels; None: the answer was free text."""


class Busy:
    """Counts the generations that are running, and notifies whoever should wait meanwhile; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._listeners: list[Callable[[bool], None]] = []

    @contextmanager
    def generating(self) -> Iterator[None]:
        """Count one generation while the block lasts."""
        self._change_by(1)
        try:
            yield
        finally:
            self._change_by(-1)

    @contextmanager
    def subscribe(self, listener: Callable[[bool], None]) -> Iterator[None]:
        """Notify `listener` of every change while the block lasts, from any thread, and once at its start."""
        with self._lock:
            self._listeners.append(listener)
            listener(self._running > 0)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)

    def _change_by(self, difference: int) -> None:
        with self._lock:
            was_busy = self._running > 0
            self._running += difference
            is_busy = self._running > 0
            if was_busy is not is_busy:
                for listener in self._listeners:
                    listener(is_busy)


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

    def __init__(self, folder: Path, threads: int, title: str | None = None, busy: Busy | None = None) -> None:
        """Without a `title`, `folder` is prepared by `weights` and holds one. Raises BrokenFolderError.

        `busy` counts what is being generated.
        """
        self.title = read_record(folder).title if title is None else title
        self._folder = folder
        self._threads = threads
        self._busy = busy or Busy()
        self._model: TextModel | None = None
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
        self._model = None

    def _submit(self, work: Callable[[], _T]) -> Future[_T]:
        if self._closing.is_set():
            raise ModelClosedError(self.title)
        return self._worker.submit(work)

    def _loaded(self) -> TextModel:
        if self._model is None:
            from finetune.serving.text_model import TextModel

            self._model = TextModel(self._folder, self._threads, self.title)
        return self._model
