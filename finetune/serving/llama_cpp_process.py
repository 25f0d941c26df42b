"""`python -m finetune.serving.llama_cpp_process FILE THREADS CONTEXT_TOKENS`: runs one GGUF file with llama.cpp.

`llama_cpp_child` starts this and talks to it in lines of JSON: requests come through stdin, pieces of text go out
through stdout. Native code that crashes takes only this process along. It ends where stdin ends, so also where its
parent does. Imports nothing of this project. Edit this file for how llama.cpp is set up, and for what is passed on of
its answers.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xllamacpp

_BATCH_TOKENS = 128
"""Tokens of a prompt that are read at once: a cancelled answer ends after at most that many."""
_ERRORS_ONLY = 1


class Channel:
    """Passes lines of JSON to and from the parent."""

    def __init__(self) -> None:
        # llama.cpp also prints on stdout, which would break the lines.
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)
        self.requests: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()
        self._cancelled: set[object] = set()
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, **message: object) -> None:
        """Send one message."""
        self._out.write(json.dumps(message) + "\n")

    def is_cancelled(self, number: object) -> bool:
        """Return whether nobody wants the answer to the request of this number any more."""
        return number in self._cancelled

    def forget(self, number: object) -> None:
        """Forget the request of this number, which has ended."""
        self._cancelled.discard(number)

    def _read(self) -> None:
        for line in sys.stdin.buffer:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self.requests.put(message)
        # At once: native code is in the middle of something, and there is nothing to save.
        os._exit(0)


class Completion:
    """Passes on one answer piece by piece, and remembers how it goes."""

    def __init__(self, channel: Channel, number: object) -> None:
        self._channel = channel
        self._number = number
        self._was_cancelled = False
        self._finish_reason: object = None
        self._input_tokens = self._output_tokens = self._cached_tokens = 0
        self._error: Mapping[str, object] | None = None

    def on_chunk(self, chunk: Mapping[str, object]) -> bool:
        """Take what llama.cpp has written, or how far it has read. Return whether it should stop."""
        self._was_cancelled = self._channel.is_cancelled(self._number)
        if self._was_cancelled:
            return True
        if "choices" not in chunk:
            error = chunk.get("error", chunk)
            self._error = error if isinstance(error, dict) else {"message": str(error)}
            return True
        timings = chunk.get("timings")
        if isinstance(timings, dict):
            self._input_tokens = timings["prompt_n"] + timings["cache_n"]
            self._cached_tokens = timings["cache_n"]
            self._output_tokens = timings["predicted_n"]
        choices = chunk["choices"]
        choice = choices[0] if isinstance(choices, list) and choices else {}
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        self._channel.send(number=self._number, text=choice.get("text") or "")
        return False

    def finish(self) -> None:
        """Send how it ended."""
        self._channel.forget(self._number)
        reason = "cancelled" if self._was_cancelled else self._finish_reason
        if self._error is not None or reason is None:
            self._channel.send(number=self._number, error=self._error or {"message": "its answer has no end"})
            return
        self._channel.send(
            number=self._number,
            finish_reason=reason,
            input_tokens=self._input_tokens,
            output_tokens=self._output_tokens,
            cached_tokens=self._cached_tokens,
        )


def main() -> None:
    """Load the model, then answer one request after the other until stdin ends."""
    # Ctrl-C in a terminal reaches the whole group; the parent ends this process when it is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    file, threads, context_tokens = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    channel = Channel()
    try:
        server = _open(file, threads, context_tokens)
    except RuntimeError as error:
        channel.send(failed=str(error))
        os._exit(1)  # A usual end would wait for the thread that reads stdin.
    channel.send(ready=True)
    while True:
        request = channel.requests.get()
        number = request.pop("number")
        completion = Completion(channel, number)
        # So that something is heard, and can be stopped, while a prompt is read too.
        options = {"stream": True, "return_progress": True, "timings_per_token": True}
        server.handle_completions({**request, **options}, completion.on_chunk)
        completion.finish()


def _open(file: Path, threads: int, context_tokens: int) -> xllamacpp.Server:
    """Return the loaded model. Raises RuntimeError."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = _BATCH_TOKENS
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
    # Most weights are rearranged for this processor: mapped into memory, the file would stay there beside them.
    params.load_mode = xllamacpp.llama_load_mode.LLAMA_LOAD_MODE_NONE
    # One conversation is kept, in the context itself; this would keep earlier ones in up to 8 GB of memory.
    params.cache_ram_mib = 0
    # It would read the whole vocabulary once more, to fit the model into the memory of graphics cards.
    params.fit_params = False
    params.ui = False
    params.verbosity = _ERRORS_ONLY
    with tempfile.TemporaryDirectory(prefix="routewise-") as folder:
        # It always listens for HTTP. Here nobody can connect: the socket is in a folder that is deleted at once.
        params.hostnames = [str(Path(folder) / "unused.sock")]
        return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
