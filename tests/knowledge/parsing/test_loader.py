from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from knowledge.errors import DocumentError, Reason
from knowledge.library import Library, read_file
from knowledge.parsing.loader import READER_LIMITS, load_document, read_sandboxed
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER
from storage.sizes import MEGABYTE
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.pdfs import bomb, pdf

LIMIT = 10 * MEGABYTE


def reason_of(data: bytes, name: str) -> Reason:
    with pytest.raises(DocumentError) as caught:
        load_document(data, name, LIMIT)
    assert str(caught.value).startswith(name)
    return caught.value.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_text_is_decoded_whatever_chinese_encoding_it_has(encoding: str) -> None:
    document = load_document("会员可以借书三十天。\r\n不收费。".encode(encoding), "规定.txt", LIMIT)
    assert [section.text for section in document.sections] == ["会员可以借书三十天。\n不收费。"]
    assert document.media == "txt"
    assert document.page_count is None


def test_a_pdf_keeps_its_page_numbers() -> None:
    document = load_document(pdf(["The first page", "", "The third page"]), "handbook.PDF", LIMIT)
    assert [(section.page, section.text) for section in document.sections] == [
        (1, "The first page"),
        (3, "The third page"),
    ]
    assert document.page_count == 3


@pytest.mark.parametrize("name", ["x", "x.exe", "x.bin", "x.doc", "md"])
def test_an_unknown_type_is_refused(name: str) -> None:
    assert reason_of(b"text", name) is Reason.UNSUPPORTED


@pytest.mark.parametrize("data", [b"", b" \n\t ", "\ufeff".encode()])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert reason_of(data, "x.md") is Reason.EMPTY


@pytest.mark.parametrize("data", [b"text\0text", b"\x89PNG\r\n\x1a\n\xff\xfe\xfd", bytes(range(1, 32)) * 9])
def test_a_binary_file_is_refused(data: bytes) -> None:
    assert reason_of(data, "x.txt") is Reason.BINARY


def test_random_bytes_are_refused() -> None:
    assert reason_of(random.Random(7).randbytes(4000), "x.txt") is Reason.BINARY


def test_a_megabyte_is_a_million_bytes_whoever_refuses(tmp_path: Path) -> None:
    data = b"x" * 10_200_000
    (tmp_path / "x.md").write_bytes(data)
    for refuse in (
        lambda: load_document(data, "x.md", 10 * MEGABYTE),
        lambda: read_file(tmp_path / "x.md", 10 * MEGABYTE),
    ):
        with pytest.raises(DocumentError, match=r"10\.2 MB is over the limit of 10 MB") as raised:
            refuse()
        assert raised.value.reason is Reason.TOO_LARGE


async def test_the_librarys_limit_is_in_megabytes_of_a_million_bytes(tmp_path: Path) -> None:
    settings = KnowledgeSettings(data_dir=tmp_path, max_document_mb=1)
    library = await Library.open(settings, HashingEmbeddings())
    try:
        await library.register_guild("1", "Harbour Lights")
        report = await library.ingest_bytes(
            b"x" * 1_010_000, name="x.md", guild_id="1", audience=EVERY_MEMBER, ingested_by="1"
        )
    finally:
        await library.close()
    assert report.reason == Reason.TOO_LARGE


def test_a_file_over_the_limit_is_refused() -> None:
    assert reason_of(b"x" * (30 * 1024**2), "x.md") is Reason.TOO_LARGE


def test_an_encrypted_pdf_is_refused() -> None:
    assert reason_of(pdf(["secret"], password="p"), "x.pdf") is Reason.ENCRYPTED


@pytest.mark.parametrize("data", [b"not a pdf", pdf(["a page"])[:200], b"%PDF-1.7\n%%EOF"])
def test_a_corrupt_pdf_is_refused(data: bytes) -> None:
    assert reason_of(data, "x.pdf") is Reason.CORRUPT


def test_a_pdf_without_text_is_refused_as_a_scan() -> None:
    assert reason_of(pdf(["", ""]), "x.pdf") is Reason.NO_TEXT


def test_a_pdf_that_unpacks_without_end_is_refused() -> None:
    assert reason_of(bomb(), "x.pdf") is Reason.NO_TEXT  # PDFium stops unpacking it.


def test_a_pdf_that_takes_too_long_is_refused() -> None:
    with pytest.raises(DocumentError) as caught:
        read_sandboxed(pdf(["a page"]), "pdf", replace(READER_LIMITS, seconds=0))
    assert caught.value.reason is Reason.TOO_SLOW


PAGE = """<html><head><title>Slips</title><script>alert("x")</script></head><body><nav>Home | About</nav>
<main><h2>Dredging</h2><p>The slip is dredged in <b>March</b>.</p>
<table><tr><th>Boat</th><th>Fee</th></tr><tr><td>Dinghy</td><td>£5</td></tr></table>
<pre><code>book  slip
now</code></pre></main><footer>All rights reserved</footer></body></html>"""


def test_a_web_page_is_read_as_a_reader_sees_it() -> None:
    document = load_document(PAGE.encode(), "slips.html", LIMIT)
    (section,) = document.sections
    assert section.text.startswith("# Slips\n\n## Dredging")
    for part in ("dredged in **March**", "| Dinghy | £5 |", "book  slip\nnow"):
        assert part in section.text
    for hidden in ("alert", "Home | About", "All rights reserved"):
        assert hidden not in section.text


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5"])
def test_a_web_page_is_decoded_as_it_states(encoding: str) -> None:
    page = f'<html><head><meta charset="{encoding}"></head><body><p>會員可以借書三十天。</p></body></html>'
    assert load_document(page.encode(encoding), "x.htm", LIMIT).sections[0].text == "會員可以借書三十天。"


def test_a_web_page_without_text_or_with_bombs_ends_in_a_sentence() -> None:
    assert reason_of(b"<html><body><script>1</script></body></html>", "x.html") is Reason.NO_TEXT
    assert reason_of(b"<html>\0</html>", "x.html") is Reason.BINARY
    assert reason_of(b"<div>" * 200_000, "x.html") in {Reason.NO_TEXT, Reason.TOO_LARGE, Reason.CORRUPT}
