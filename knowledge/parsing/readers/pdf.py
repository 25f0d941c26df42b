"""Reads a PDF page by page with LangChain's parser. The only file that imports langchain-community.

Edit it for how a PDF's text is extracted.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused


def read_pdf(data: bytes) -> Iterator[ParsedPart]:
    """Yield a part for each page, even an empty one. Raises ReaderRefused, and what pypdf raises on a broken file."""
    from langchain_core.documents.base import Blob
    from pypdf.errors import FileNotDecryptedError, LimitReachedError, WrongPasswordError

    with warnings.catch_warnings():
        # The package warns at import that it is deprecated; its parsers still work.
        warnings.filterwarnings("ignore", message=".*langchain-community", category=DeprecationWarning)
        from langchain_community.document_loaders.parsers import PyPDFParser  # loaded in the child only
    try:
        for page in PyPDFParser(mode="page").lazy_parse(Blob.from_data(data)):
            yield ParsedPart(page.page_content, int(page.metadata["page"]) + 1)
    except (FileNotDecryptedError, WrongPasswordError) as error:
        raise ReaderRefused("encrypted") from error
    except LimitReachedError as error:
        raise ReaderRefused("too_large") from error
