"""A cited passage as one reader may see it, with the words marked that were asked and answered. Blocking."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.errors import PassageGone, PassageHidden
from knowledge.store.catalog import Catalog
from knowledge.store.originals import Originals
from knowledge.types import Passage, Reader
from knowledge.viewing.highlighting import highlight
from knowledge.viewing.page_image import draw_page


class PassageViewer:
    """Of one data folder."""

    def __init__(self, catalog: Catalog, originals: Originals) -> None:
        self._catalog = catalog
        self._originals = originals

    def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        """The passage as it is now. Raises PassageGone, PassageHidden."""
        found = self._catalog.chunks(guild_id, [chunk_id]).get(chunk_id)
        if found is None:
            raise PassageGone
        chunk, source = found
        if not reader.may_read(source.audience):
            raise PassageHidden
        return Passage(chunk, source, highlight(chunk.text, said))

    def page_picture(self, passage: Passage) -> bytes | None:
        """The passage's page as a PNG; None where there is no page or no original. Raises PictureFailed."""
        page = passage.chunk.place.page
        if page is None or (original := self._originals.path(passage.source.sha256)) is None:
            return None
        return draw_page(original, page, passage.chunk.text, passage.marks)
