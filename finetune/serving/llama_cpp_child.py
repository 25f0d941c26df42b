"""llama.cpp in a child process, as its parent sees it: started, asked, heard, stopped and ended.

Native code that crashes takes only the child along. Edit this file for time limits, and for what the child inherits;
what it does is `llama_cpp_process`'s to say.
"""

from __future__ import annotations

import json
import logging
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from pydantic import BaseModel

from finetune.errors import ModelClosedError, ModelCrashedError, ModelNotLoadedError
from finetune.serving.generation import IsStopping
from storage.child_environment import child_environment

_log = logging.getLogger(__name__)

_POLL_S = 0.05
_LOAD_LIMIT_S = 600.0
_SILENCE_LIMIT_S = 120.0
"""Where nothing is read or written for so long, the child hangs: a part of a prompt takes about a second."""
_STOP_LIMIT_S = 15.0
_END_LIMIT_S = 3.0
_LOG_LINES = 50
_ERROR = re.compile(r"[\d.]+ E \w+: ")
"""Begins an error in its log: the time, the level and the function."""
# Threads that wait for each other sleep. They would spin, which takes the processor from the one that is waited for
# wherever another program runs too: answers then come at a quarter of the speed, or never.
_WAITING = {"OMP_WAIT_POLICY": "passive", "GGML_NO_BACKTRACE": "1"}


class ChildMessage(BaseModel):
    """Holds one line of what the child says."""

    ready: bool = False
    """The model is loaded."""
    failed: str | None = None
    """Why it could not be loaded."""
    number: int = 0
    """The request that the rest is about."""
    text: str = ""
    """The next piece of the answer."""
    finish_reason: str | None = None
    """Why the answer ended; None: it goes on."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    """Of the input tokens: those that were in the context already."""
    error: dict[str, object] | None = None
    """Why there is no answer, as llama.cpp says it."""


class LlamaCppChild:
    """Runs one GGUF file until it is ended, or crashes. For one thread at a time."""

    def __init__(
        self, file: Path, title: str, threads: int, context_tokens: int, silence_limit_s: float = _SILENCE_LIMIT_S
    ) -> None:
        """Start it; it then loads the file."""
        self._title = title
        self._silence_limit_s = silence_limit_s
        self._received: queue.SimpleQueue[ChildMessage | None] = queue.SimpleQueue()
        """None: there will be no more."""
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        arguments = (str(file.absolute()), str(threads), str(context_tokens))
        self._process = subprocess.Popen(
            (sys.executable, "-m", "finetune.serving.llama_cpp_process", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            cwd=Path(__file__).parents[2],
            env=_WAITING | child_environment(),
        )
        self._readers = [
            threading.Thread(target=read, name=f"llama.cpp-{name}", daemon=True)
            for name, read in (("answers", self._read_answers), ("log", self._read_log))
        ]
        for reader in self._readers:
            reader.start()

    def is_running(self) -> bool:
        """Return whether it can be asked."""
        return self._process.poll() is None

    def wait_until_loaded(self, is_closing: Callable[[], bool]) -> None:
        """Block until it can be asked. Raises ModelNotLoadedError, or ModelClosedError once `is_closing`."""
        until = time.monotonic() + _LOAD_LIMIT_S
        while time.monotonic() < until:
            if is_closing():
                raise ModelClosedError(self._title)
            try:
                message = self._received.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if message is None:
                raise ModelNotLoadedError(self._title, self._how_it_ended())
            if message.ready:
                return
            raise ModelNotLoadedError(self._title, self._complaint() or message.failed or "no reason was given")
        raise ModelNotLoadedError(self._title, f"it took more than {_LOAD_LIMIT_S:.0f} seconds")

    def complete(self, number: int, options: Mapping[str, object], is_stopping: IsStopping) -> Iterator[ChildMessage]:
        """Yield what the child says about the request of this number, up to its end, which `is_stopping` hastens.

        Raises ModelCrashedError.
        """
        self._send({"number": number, **options})
        heard, stopped, is_done = time.monotonic(), None, False
        try:
            while not is_done:
                if stopped is None and is_stopping():
                    stopped = time.monotonic()
                    self._send({"cancel": number})
                try:
                    message = self._received.get(timeout=_POLL_S)
                except queue.Empty:
                    now = time.monotonic()
                    if now - heard > self._silence_limit_s or (stopped is not None and now - stopped > _STOP_LIMIT_S):
                        raise ModelCrashedError(self._title, "it stopped responding") from None
                    continue
                if message is None:
                    raise ModelCrashedError(self._title, self._how_it_ended())
                heard = time.monotonic()
                if message.number == number:
                    is_done = message.finish_reason is not None or message.error is not None
                    yield message
        finally:
            if not is_done:
                with suppress(ModelCrashedError):  # Then nothing is left to stop.
                    self._send({"cancel": number})

    def end(self) -> None:
        """End it, and wait until it has ended."""
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        if stdin is not None:
            _close_quietly(stdin)
        try:
            self._process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (stdout, stderr):
            if stream is not None:
                stream.close()

    def _send(self, message: Mapping[str, object]) -> None:
        """Raises ModelCrashedError."""
        if self._process.stdin is None:
            raise RuntimeError("llama.cpp was started without its pipes")
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise ModelCrashedError(self._title, self._how_it_ended()) from error

    def _read_answers(self) -> None:
        try:
            for line in self._process.stdout or ():
                self._received.put(ChildMessage.model_validate_json(line))
        finally:
            self._received.put(None)

    def _read_log(self) -> None:
        for line in self._process.stderr or ():
            self._log.append(line.strip())
            _log.debug("llama.cpp: %s", line.strip())

    def _how_it_ended(self) -> str:
        """Return how the process, which says nothing any more, ended."""
        try:
            code = self._process.wait(_END_LIMIT_S)
        except subprocess.TimeoutExpired:
            return "it stopped responding"
        if code == -signal.SIGKILL:
            return "the system ended it, most likely because memory ran out"
        how = f"by the signal {signal.Signals(-code).name}" if code < 0 else f"with the exit code {code}"
        complaint = self._complaint()
        return f"its process ended {how}" + (f" ({complaint})" if complaint else "")

    def _complaint(self) -> str | None:
        """Return the first error that llama.cpp logged, or else its last line; None where it logged nothing."""
        lines = [line for line in self._log if line]
        errors = [line[error.end() :] for line in lines if (error := _ERROR.match(line))]
        return next(iter([*errors, *lines[-1:]]), None)


def _close_quietly(stream: IO[str]) -> None:
    with suppress(OSError):  # The process is gone, and what was still to be sent with it.
        stream.close()
