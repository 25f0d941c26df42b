"""Runs a module as a child process with limits on memory, time and output, which can be killed.

A hostile file can harm only the child. Edit it for the limits, and for what the child inherits.
"""

from __future__ import annotations

import logging
import re
import resource
import signal
import subprocess
import sys
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import Reason
from storage.child_environment import child_environment

log = logging.getLogger(__name__)

_STDERR_CHARS = 2000
_ORIGIN = re.compile(r"^\w+ in [\w.-]+, line \d+$", re.MULTILINE)
"""What a child says of an error: its kind and its place."""
# A child that exceeds a limit may be unable to report it: the system kills it, or a library aborts.
_BY_SIGNAL = {-signal.SIGXCPU: Reason.TOO_SLOW, -signal.SIGKILL: Reason.TOO_LARGE, -signal.SIGABRT: Reason.TOO_LARGE}


@dataclass(frozen=True, slots=True)
class Limits:
    """Holds what a child process may use."""

    seconds: int
    """Wall-clock time, and processor time."""
    memory_bytes: int
    """Address space."""
    output_bytes: int
    """The size of its answer."""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """Holds how a child process ended."""

    code: int | None
    """Its exit code; negative: the signal that ended it. None: it had to be killed."""
    output: bytes

    @property
    def reason(self) -> Reason:
        """Return why there is no answer, judging by how the child ended."""
        return Reason.TOO_SLOW if self.code is None else _BY_SIGNAL.get(self.code, Reason.CORRUPT)


def run_sandboxed(module: str, arguments: Sequence[str], stdin: bytes, limits: Limits) -> SandboxResult:
    """Run `module` with the limits, as three numbers, followed by `arguments`, and `stdin` as its input.

    Nothing is written to disk, so a kill leaves nothing behind.
    """
    numbers = (limits.seconds, limits.memory_bytes, limits.output_bytes)
    command = [sys.executable, "-m", module, *map(str, numbers), *arguments]
    # One numeric thread: each further one reserves some of the child's limited address space.
    environment = child_environment({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, timeout=limits.seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return SandboxResult(None, b"")
    # The rest of what it and its libraries say may quote the document.
    for origin in _ORIGIN.findall(done.stderr.decode(errors="replace")[-_STDERR_CHARS:]):
        log.info("%s: %s", module, origin)
    return SandboxResult(done.returncode, done.stdout)


def enter_sandbox(limits: Limits) -> None:
    """Put this process, the child, under the limits, and silence logging and warnings."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A library that warns about every defect of a file would fill the pipe.
    logging.disable()
    warnings.simplefilter("ignore")


def origin_of(error: Exception) -> str:
    """Return what failed in the child, and where, without the error's message, which may quote the document."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "unknown, line 0"
    return f"{type(error).__name__} in {place}"


def write_answer(content: bytes, limits: Limits) -> bool:
    """Write the child's answer and return True; if it is too long, write nothing and return False."""
    if len(content) > limits.output_bytes:
        return False
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    return True


def limits_from_arguments() -> Limits:
    """Return the limits with which this process, the child, was started."""
    seconds, memory_bytes, output_bytes = map(int, sys.argv[1:4])
    return Limits(seconds, memory_bytes, output_bytes)
