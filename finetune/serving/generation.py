"""What a generation is asked and how it ended, and who is notified while one is running. Free of torch.

Edit this file when a request has to say something more to the model, or a result something more of the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from langchain_core.messages import BaseMessage

OnText = Callable[[str], None]
"""Called with the next piece of text, in the worker's thread."""

IsStopping = Callable[[], bool]
"""Returns whether nobody wants the answer any more; called often, in the worker's thread."""


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
class Sampling:
    """Says how far a text may stray from the likeliest words."""

    temperature: float
    top_p: float
    """Only the likeliest words with this probability together are drawn from."""
    repetition_penalty: float = 1.0
    """Above 1: a word that stands there already becomes less likely."""


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
    sampling: Sampling | None = None
    """None: always the likeliest word."""


@dataclass(frozen=True, slots=True)
class GenerationResult:
    """Holds how a generation ended."""

    input_tokens: int
    output_tokens: int
    finish_reason: FinishReason
    cached_tokens: int = 0
    """Of the input tokens: those that an earlier answer had begun with, so that they were not read again."""
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
