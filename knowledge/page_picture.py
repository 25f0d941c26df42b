"""A page of a PDF as a picture, drawn in a child process that can be killed. Knows no source."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from knowledge.errors import PictureFailed, Reason
from knowledge.page_picture_child import EXIT_CODES, Wanted

log = logging.getLogger(__name__)

DRAWING_LIMIT_S = 15

_PNG = b"\x89PNG\r\n\x1a\n"
_WANTED = TypeAdapter(Wanted)
_MESSAGES = {
    Reason.ENCRYPTED: "it is encrypted",
    Reason.TOO_LARGE: "drawing the page needs too much memory",
    Reason.CORRUPT: "the page is damaged",
    Reason.TOO_SLOW: f"drawing the page takes longer than {DRAWING_LIMIT_S} s",
}
_REASONS = {code: Reason(name) for name, code in EXIT_CODES.items()} | {-signal.SIGXCPU: Reason.TOO_SLOW}


def draw_page(
    path: Path, page: int, passage: str, marks: Sequence[tuple[int, int]], limit_s: int = DRAWING_LIMIT_S
) -> bytes:
    """The page, from 1, as a PNG of at most 8 MB; what `marks` cuts out of the passage on it is highlighted where it
    is found. Raises PictureFailed.
    """
    wanted = _WANTED.dump_json(Wanted(page, passage, tuple(marks)))
    with tempfile.TemporaryFile() as picture, tempfile.TemporaryFile() as complaints:
        code = _run(path, wanted, limit_s, picture, complaints)
        if said := _content(complaints)[-2000:].decode(errors="replace").strip():
            log.info("drawing a page: %s", said)
        drawn = _content(picture)
    if code == 0 and drawn.startswith(_PNG):
        return drawn
    # PDFium ends itself by a signal where it gets no memory, and where a page is so broken that it gives up.
    reason = Reason.TOO_SLOW if code is None else _REASONS.get(code, Reason.CORRUPT)
    log.warning("a page could not be drawn (%s): the child ended with %s", reason, code)
    raise PictureFailed(reason, _MESSAGES[reason])


def _run(path: Path, wanted: bytes, limit_s: int, picture: BinaryIO, complaints: BinaryIO) -> int | None:
    """The child's exit code; None where it had to be killed. What it writes is limited by itself."""
    command = [sys.executable, "-m", "knowledge.page_picture_child", str(path), str(limit_s)]
    # One numeric thread: each further one reserves address space, of which the child has little.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, input=wanted, stdout=picture, stderr=complaints, timeout=limit_s, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()
