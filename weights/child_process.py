"""A child process that is watched, and ends when whoever watches it gives up."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

_POLL_S = 0.25


def run(
    command: Sequence[str],
    output: BinaryIO,
    watch: Callable[[], None],
    environment: Mapping[str, str] | None = None,
) -> int:
    """The exit code. `watch` is called several times a second, and what it raises ends the child."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment) as process:
        try:
            while process.poll() is None:
                watch()
                _wait(process)
        except BaseException:
            process.kill()
            raise
    return process.returncode


def last_line(log: Path) -> str:
    """What a process said last."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_POLL_S)
    except subprocess.TimeoutExpired:
        return
