"""Shows a cited passage as one reader may see it, with its words highlighted and its page as an image. Blocking.

Edit it for who may see a passage, and for the limits on drawing.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

from knowledge.errors import PageImageFailed, PassageGone, PassageHidden, Reason
from knowledge.parsing.sandbox import Limits, run_sandboxed
from knowledge.store.catalog import Catalog
from knowledge.store.originals import Originals
from knowledge.types import Passage, Reader
from knowledge.viewing.highlighting import highlight
from knowledge.viewing.page_image_process import EXIT_CODES, PageRequest

log = logging.getLogger(__name__)

DRAWING_LIMITS = Limits(seconds=15, memory_bytes=1024**3, output_bytes=8_000_000)

_CACHED_BYTES = 16_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_REQUEST = TypeAdapter(PageRequest)
_MESSAGES = {
    Reason.ENCRYPTED: "the document is encrypted",
    Reason.TOO_LARGE: "drawing the page needs too much memory",
    Reason.CORRUPT: "the page is damaged",
    Reason.TOO_SLOW: "drawing the page takes longer than {seconds} s",
}
_REASONS = {code: Reason(name) for name, code in EXIT_CODES.items()}


class PassageViewer:
    """Shows the passages of one data folder."""

    def __init__(self, catalog: Catalog, originals: Originals) -> None:
        self._catalog = catalog
        self._originals = originals
        self._pages = _PageCache()

    def passage(self, guild_id: str, chunk_id: str, reader: Reader, texts: Sequence[str]) -> Passage:
        """Return the passage as it is now. Raises PassageGone, PassageHidden."""
        found = self._catalog.chunks(guild_id, [chunk_id]).get(chunk_id)
        if found is None:
            raise PassageGone
        chunk, source = found
        if not reader.may_read(source.audience):
            raise PassageHidden
        return Passage(chunk, source, highlight(chunk.text, texts))

    def page_image(self, passage: Passage) -> bytes | None:
        """Return the passage's page as a PNG; None if it has no page or original. Raises PageImageFailed."""
        page = passage.chunk.place.page
        if page is None or (original := self._originals.path(passage.source.sha256)) is None:
            return None
        key = (passage.source.sha256, page, passage.chunk.text, tuple(passage.marks))
        drawn = self._pages.get(key)
        if drawn is None:
            drawn = draw_page(original, page, passage.chunk.text, passage.marks)
            self._pages.put(key, drawn)
        return drawn


_PageKey = tuple[str, int, str, tuple[tuple[int, int], ...]]


class _PageCache:
    """Keeps the pages that were shown last: many press the same button."""

    def __init__(self) -> None:
        self._pages: OrderedDict[_PageKey, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _PageKey) -> bytes | None:
        with self._lock:
            if key in self._pages:
                self._pages.move_to_end(key)
            return self._pages.get(key)

    def put(self, key: _PageKey, picture: bytes) -> None:
        with self._lock:
            self._pages[key] = picture
            while sum(map(len, self._pages.values())) > _CACHED_BYTES:
                self._pages.popitem(last=False)


def draw_page(
    path: Path, page: int, passage: str, marks: Sequence[tuple[int, int]], limits: Limits = DRAWING_LIMITS
) -> bytes:
    """Return a page, from 1, as a PNG of at most 8 MB with the marked words of the passage highlighted.

    A child process draws it. Raises PageImageFailed.
    """
    request = _REQUEST.dump_json(PageRequest(page, passage, tuple(marks)))
    result = run_sandboxed("knowledge.viewing.page_image_process", [str(path)], request, limits)
    if result.code == 0 and result.output.startswith(_PNG):
        return result.output
    reason = result.reason if result.code is None else _REASONS.get(result.code, result.reason)
    log.warning("could not draw a page (%s): the child process exited with %s", reason, result.code)
    raise PageImageFailed(reason, _MESSAGES[reason].format(seconds=limits.seconds))
