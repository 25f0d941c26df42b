"""A large document is split in a child process, into the same passages, and a hostile one ends the child only."""

from __future__ import annotations

import pytest

from knowledge.errors import DocumentError, Reason
from knowledge.ingestion.document_process import read_and_split
from knowledge.ingestion.ingestor import CONTAINED_BYTES, _split

LIMIT = 10_000_000
LINES = "Members water the plants. 会员每周浇水。\n" * 20
TEXT = "".join(f"# Rule {n}\n\n{LINES}\n" for n in range(320)).encode()


def test_a_large_document_has_the_same_passages() -> None:
    assert len(TEXT) > CONTAINED_BYTES
    document, chunks = _split(TEXT, "rules.md", LIMIT, "s")
    here, expected = read_and_split(TEXT, "rules.md", LIMIT, "s")
    assert chunks == expected
    assert (document.media, document.page_count, document.dated) == (here.media, here.page_count, here.dated)


def test_a_large_document_that_cannot_be_read_says_why() -> None:
    with pytest.raises(DocumentError, match=r"rules\.txt: this is not a text file") as failure:
        _split(bytes(range(256)) * 2_000, "rules.txt", LIMIT, "s")
    assert failure.value.reason is Reason.BINARY
