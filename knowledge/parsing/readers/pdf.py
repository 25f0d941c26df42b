"""The one place that uses langchain-community: its PDF parser, which keeps page numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused


def read_pdf(data: bytes) -> Iterator[ParsedPart]:
    """A part for each page, one without text too. Raises Refused, and what pypdf raises on a broken file."""
    from langchain_core.documents.base import Blob
    from pypdf.errors import FileNotDecryptedError, LimitReachedError, WrongPasswordError

    with warnings.catch_warnings():
        # The package announces its own end at import; its parsers work on.
        warnings.filterwarnings("ignore", message=".*langchain-community", category=DeprecationWarning)
        from langchain_community.document_loaders.parsers import PyPDFParser  # loaded in the child only
    try:
        for page in PyPDFParser(mode="page").lazy_parse(Blob.from_data(data)):
            yield ParsedPart(page.page_content, int(page.metadata["page"]) + 1)
    except (FileNotDecryptedError, WrongPasswordError) as error:
        raise ReaderRefused("encrypted") from error
    except LimitReachedError as error:
        raise ReaderRefused("too_large") from error
