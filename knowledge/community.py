"""The one place that uses langchain-community: its PDF loader, which keeps page numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path


def pdf_pages(path: Path) -> Iterator[tuple[int, str]]:
    """Page number, from 1, and text of each page. Raises what pypdf raises."""
    with warnings.catch_warnings():
        # The package announces its own end at import; its loaders work on.
        warnings.filterwarnings("ignore", message=".*langchain-community", category=DeprecationWarning)
        from langchain_community.document_loaders import PyPDFLoader  # loaded in the child only
    for page in PyPDFLoader(str(path), mode="page").lazy_load():
        yield int(page.metadata["page"]) + 1, page.page_content
