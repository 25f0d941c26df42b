"""Text of a PDF or a web page, read in a child process that can be killed. Knows no format."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import BaseModel, ValidationError

from knowledge.errors import DocumentError, Reason

log = logging.getLogger(__name__)

PARSING_LIMIT_S = 60

_MESSAGES = {
    Reason.ENCRYPTED: "it is encrypted: remove its password and send it again",
    Reason.TOO_LARGE: "it unpacks to more text than can be read: split it into smaller files",
    Reason.CORRUPT: "it cannot be read as what its name says: save it anew from the program that made it",
    Reason.TOO_SLOW: f"reading it took longer than {PARSING_LIMIT_S} s: split it into smaller files",
}


class _Reading(BaseModel):
    pages: list[tuple[int, str]] = []
    reason: Reason | None = None


def read_contained(data: bytes, media: str, limit_s: int = PARSING_LIMIT_S) -> list[tuple[int, str]]:
    """Page number, from 1, and text of each page; a web page is one. Raises DocumentError."""
    with tempfile.TemporaryDirectory(prefix="routewise-reading-") as folder:
        path = Path(folder) / f"document.{media}"
        path.write_bytes(data)
        reading = _read_in_child(path, limit_s)
    if reading.reason is not None:
        raise DocumentError(reading.reason, _MESSAGES[reading.reason])
    return reading.pages


def _read_in_child(path: Path, limit_s: int) -> _Reading:
    command = [sys.executable, "-m", "knowledge.contained_child", str(path), str(limit_s)]
    # One numeric thread: each further one reserves address space, of which the child has little.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=limit_s, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return _Reading(reason=Reason.TOO_SLOW)
    if done.stderr:
        log.info("reading a document: %s", done.stderr.decode(errors="replace")[-2000:].strip())
    try:
        return _Reading.model_validate_json(done.stdout)
    except ValidationError:
        log.warning("the reader ended with code %d and no result", done.returncode)
        return _Reading(reason=Reason.CORRUPT)
