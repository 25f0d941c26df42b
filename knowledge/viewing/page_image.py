"""A page of a PDF as a picture, drawn in a child process that can be killed. Knows no source."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter

from knowledge.errors import PageImageFailed, Reason
from knowledge.parsing.sandbox import Limits, run_sandboxed
from knowledge.viewing.page_image_process import EXIT_CODES, PageRequest

log = logging.getLogger(__name__)

DEFAULT = Limits(seconds=15, memory_bytes=1024**3, output_bytes=8_000_000)

_PNG = b"\x89PNG\r\n\x1a\n"
_WANTED = TypeAdapter(PageRequest)
_MESSAGES = {
    Reason.ENCRYPTED: "the document is encrypted",
    Reason.TOO_LARGE: "drawing the page needs too much memory",
    Reason.CORRUPT: "the page is damaged",
    Reason.TOO_SLOW: "drawing the page takes longer than {seconds} s",
}
_REASONS = {code: Reason(name) for name, code in EXIT_CODES.items()}


def draw_page(path: Path, page: int, passage: str, marks: Sequence[tuple[int, int]], limits: Limits = DEFAULT) -> bytes:
    """The page, from 1, as a PNG of at most 8 MB; what `marks` cuts out of the passage on it is highlighted where it
    is found. Raises PictureFailed.
    """
    wanted = _WANTED.dump_json(PageRequest(page, passage, tuple(marks)))
    ended = run_sandboxed("knowledge.viewing.page_image_process", [str(path)], wanted, limits)
    if ended.code == 0 and ended.output.startswith(_PNG):
        return ended.output
    reason = ended.reason if ended.code is None else _REASONS.get(ended.code, ended.reason)
    log.warning("could not draw a page (%s): the child process exited with %s", reason, ended.code)
    raise PageImageFailed(reason, _MESSAGES[reason].format(seconds=limits.seconds))
