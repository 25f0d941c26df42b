"""EPUBs in reading order, each chapter below its title, with notes at their marks."""

from __future__ import annotations

import pytest

from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.through_html.epub import read_epub
from tests.knowledge.parsing.readers.epub_files import epub_book, package_xml, page
from tests.knowledge.parsing.readers.reading import read

TITLED = "<dc:title>工坊手册</dc:title><dc:creator>Ada Lindqvist</dc:creator><dc:creator>陈敏</dc:creator>"


def texts(data: bytes) -> list[str]:
    return [part.text for part in read(read_epub, data).parts]


def test_chapters_are_read_in_the_books_order_and_each_once() -> None:
    chapters = {"b.xhtml": page("<h1>退款</h1><p>问司库。</p>"), "a.xhtml": page("<h1>Fees</h1><p>A berth is 40.</p>")}
    book = epub_book(chapters, order=["a.xhtml", "b.xhtml", "a.xhtml"])
    assert texts(book) == ["# Fees\n\nA berth is 40.", "# 退款\n\n问司库。"]


def test_a_chapter_without_a_heading_gets_its_title_from_the_contents() -> None:
    nav = page('<nav><ol><li><a href="text/a%20b.xhtml#x">Opening <b>hours</b></a></li></ol></nav>')
    chapters = {"nav.xhtml": nav, "text/a b.xhtml": page("<p>Open daily.</p>")}
    assert texts(epub_book(chapters)) == ["# Opening hours\n\nOpen daily."]
    point = "<navPoint><navLabel><text>开放时间</text></navLabel><content src='a.xhtml'/></navPoint>"
    older = {
        "toc.ncx": f"<?xml version='1.0'?><ncx><navMap>{point}</navMap></ncx>".encode(),
        "a.xhtml": page("每天开放。"),
    }
    assert texts(epub_book(older, toc="toc.ncx", order=["a.xhtml"])) == ["# 开放时间\n\n每天开放。"]


def test_the_books_title_and_authors_come_first_unless_its_title_page_says_them() -> None:
    chapter = page("<h1>Fees</h1><p>A berth is 40.</p>")
    assert texts(epub_book({"a.xhtml": chapter}, metadata=TITLED))[0] == "# 工坊手册\n\nAda Lindqvist, 陈敏"
    titled = {"t.xhtml": page("<h1>工坊手册</h1><p>Ada Lindqvist, 陈敏</p>"), "a.xhtml": chapter}
    assert len(texts(epub_book(titled, metadata=TITLED))) == 2


def test_notes_stand_at_their_marks() -> None:
    mark = '<a epub:type="noteref" href="#n1"><sup>1</sup></a>'
    note = '<aside epub:type="footnote" id="n1"><p>1. Half in winter. <a href="#r1">↩</a></p></aside>'
    shown = texts(epub_book({"a.xhtml": page(f"<h1>Fees</h1><p>A berth is 40.{mark}</p>{note}<p>Pay early.</p>")}))
    assert shown == ["# Fees\n\nA berth is 40. (Half in winter.)\n\nPay early."]


def test_what_a_chapter_hides_or_shows_without_words_is_told() -> None:
    body = '<p>Open.</p><p hidden="hidden">code 4711</p><img src="a.png"/><video src="b.mp4"></video>'
    order = ["a.xhtml", "plan.svg", "lost.xhtml"]
    listed = package_xml(order)
    found = read(read_epub, epub_book({"a.xhtml": page(body), "plan.svg": b"<svg/>"}, parts={"OEBPS/book.opf": listed}))
    assert found.text == "Open."
    assert found.left_out == {"hidden_text": 1, "picture": 1, "embedded_file": 1, "page": 2}


def test_a_chapter_is_read_in_the_encoding_that_it_states() -> None:
    written = '<?xml version="1.0" encoding="gb18030"?><html><body><p>泊位每月四十元。</p></body></html>'
    utf16 = '<?xml version="1.0" encoding="utf-16"?><html><body><p>Zwölf Boote</p></body></html>'.encode("utf-16")
    assert texts(epub_book({"a.xhtml": written.encode("gb18030")})) == ["泊位每月四十元。"]
    assert texts(epub_book({"a.xhtml": utf16})) == ["Zwölf Boote"]


def test_encrypted_chapters_are_refused_and_encrypted_fonts_are_not() -> None:
    def book(name: str) -> bytes:
        listed = f'<encryption><EncryptedData><CipherReference URI="{name}"/></EncryptedData></encryption>'
        return epub_book({"a.xhtml": page("<p>Open.</p>")}, parts={"META-INF/encryption.xml": listed.encode()})

    assert texts(book("OEBPS/fonts/a.otf")) == ["Open."]
    with pytest.raises(DocumentError) as caught:
        load_document(book("OEBPS/a.xhtml"), "a.epub", 10**7)
    assert caught.value.reason is Reason.ENCRYPTED


def test_passages_are_cited_by_their_headings() -> None:
    body = "<h1>Fees</h1><p>A berth is 40.</p><h2>Refunds</h2><p>Ask the treasurer.</p>"
    document = load_document(epub_book({"a.xhtml": page(body)}), "a.epub", 10**7)
    assert [chunk.place.heading for chunk in split_document(document, "s")] == ["Fees", "Fees › Refunds"]
