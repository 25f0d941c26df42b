"""The one place that uses langchain-community: its PDF loader, which keeps page numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from knowledge.readers.parts import Part, Refused


def pdf_pages(path: Path) -> Iterator[Part]:
    """A part for each page, one without text too. Raises Refused, and what pypdf raises on a broken file."""
    from pypdf.errors import FileNotDecryptedError, LimitReachedError, WrongPasswordError

    with warnings.catch_warnings():
        # The package announces its own end at import; its loaders work on.
        warnings.filterwarnings("ignore", message=".*langchain-community", category=DeprecationWarning)
        from langchain_community.document_loaders import PyPDFLoader  # loaded in the child only
    try:
        for page in PyPDFLoader(str(path), mode="page").lazy_load():
            yield Part(page.page_content, int(page.metadata["page"]) + 1)
    except (FileNotDecryptedError, WrongPasswordError) as error:
        raise Refused("encrypted") from error
    except LimitReachedError as error:
        raise Refused("too_large") from error
