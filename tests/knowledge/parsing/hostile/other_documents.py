"""Hostile and broken OpenDocument texts, RTF files, EPUBs, e-mails, subtitles, Org files and TSV files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from knowledge.errors import Reason
from tests.knowledge.office_files import budget, word_handbook
from tests.knowledge.parsing.hostile.file import READ, HostileFile, hostile
from tests.knowledge.parsing.hostile.parts import (
    behind_a_comment,
    damaged,
    laughs,
    locked,
    ole,
    one_long_entity,
    packed,
    swollen,
    with_parts,
)
from tests.knowledge.parsing.readers.epub_files import epub_book, package_xml, page
from tests.knowledge.parsing.readers.odt_files import content_xml, h, listed, odt_file, p, row, style

_OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def odt_files() -> Iterator[HostileFile]:
    main = "content.xml"
    whole = odt_file(h("Fees") + p("A berth costs 40 pounds."))
    yield hostile("words that are no OpenDocument text", "a.odt", lambda: b"Dear members", Reason.CORRUPT)
    yield hostile("an OpenDocument text cut off", "a.odt", lambda: whole[: len(whole) // 2], Reason.CORRUPT)
    yield hostile("a Word file that is called one", "a.odt", word_handbook, Reason.MISNAMED)
    yield hostile("members with a password", "a.odt", lambda: locked(whole), Reason.ENCRYPTED)
    yield hostile("a part whose checksum is wrong", "a.odt", lambda: damaged(whole, main), Reason.CORRUPT)
    for what, xml in (
        ("a billion laughs", laughs("office:document-content")),
        ("a billion laughs behind a comment", behind_a_comment(laughs("office:document-content"))),
        ("one long entity", one_long_entity("office:document-content")),
        ("an entity that is a file", _OUTSIDE + b"<office:document-content>&x;</office:document-content>"),
        ("XML that is broken", b"<office:document-content>"),
    ):
        yield hostile(what, "a.odt", partial(with_parts, whole, {main: xml}), Reason.CORRUPT)
    yield hostile(
        "laughs in its styles", "a.odt", lambda: with_parts(whole, {"styles.xml": laughs("x")}), Reason.CORRUPT
    )
    yield hostile("text that unpacks to 300 MB", "a.odt", lambda: with_parts(whole, {main: swollen}), Reason.TOO_LARGE)
    tags = b"<text:p/>" * 3_200_000
    yield hostile(
        "millions of empty paragraphs",
        "a.odt",
        lambda: with_parts(
            whole, {main: content_xml("@").replace(b"@", tags), "noise": random.Random(1).randbytes(200_000)}
        ),
        Reason.TOO_LARGE,
    )
    deep = "<text:section>" * 5000 + p("x") + "</text:section>" * 5000
    yield hostile("sections 5,000 deep", "a.odt", lambda: odt_file(deep), Reason.TOO_DEEP)
    lists = "<text:list><text:list-item>" * 2000 + p("x") + "</text:list-item></text:list>" * 2000
    yield hostile("lists 2,000 deep", "a.odt", lambda: odt_file(lists), Reason.TOO_DEEP)
    many = '<text:s text:c="999999999"/>' * 1000
    yield hostile("a trillion spaces", "a.odt", lambda: odt_file(p(f"a{many}b")), READ)
    wide = '<table:table-cell table:number-columns-repeated="999999999"><text:p>x</text:p></table:table-cell>'
    cells = f'<table:table-row table:number-rows-repeated="999999999">{wide}</table:table-row>'
    yield hostile(
        "cells repeated without end",
        "a.odt",
        lambda: odt_file(f"<table:table>{cells * 9}</table:table>"),
        Reason.TOO_LARGE,
    )
    circle = style("P1", "paragraph", "", parent="P2") + style("P2", "paragraph", "", parent="P1")
    yield hostile("styles made from each other", "a.odt", lambda: odt_file(p("Open.", "P1"), styles=circle), READ)
    far = '<draw:frame><draw:object xlink:href="../../../../etc/passwd"/></draw:frame>'
    yield hostile("an object that is a file of this machine", "a.odt", lambda: odt_file(p(f"Open.{far}")), READ)
    yield hostile(
        "nothing but what is hidden",
        "a.odt",
        lambda: odt_file(f'<text:section text:display="none">{p("x")}</text:section>'),
        Reason.NO_TEXT,
    )
    numbers = listed(p("x"), attributes='text:style-name="L1" text:start-value="99999999999999999999"') * 300
    yield hostile(
        "numbers that are too large",
        "a.odt",
        lambda: odt_file(numbers + f"<table:table>{row('a')}</table:table>"),
        READ,
    )


def rtf_files() -> Iterator[HostileFile]:
    yield hostile("words that are no RTF", "a.rtf", lambda: b"Dear members", Reason.CORRUPT)
    yield hostile("a Word file that is called RTF", "a.rtf", word_handbook, Reason.MISNAMED)
    yield hostile("an older Word file that is called RTF", "a.rtf", lambda: ole("WordDocument"), Reason.MISNAMED)
    yield hostile("nothing but its first word", "a.rtf", lambda: b"{\\rtf1", Reason.NO_TEXT)
    yield hostile("a million groups that open", "a.rtf", lambda: b"{\\rtf1 x" + b"{" * 1_000_000, Reason.TOO_DEEP)
    yield hostile("a million groups that close", "a.rtf", lambda: b"{\\rtf1 Open." + b"}" * 1_000_000, READ)
    yield hostile("notes within notes", "a.rtf", lambda: b"{\\rtf1 x" + b"{\\footnote y" * 900 + b"}" * 901, READ)
    yield hostile("binary data longer than the file", "a.rtf", lambda: b"{\\rtf1 Open.{\\pict\\bin999999999 x}}", READ)
    yield hostile("a code page that is none", "a.rtf", lambda: b"{\\rtf1\\ansicpg99999 caf\\'e9 is open\\par}", READ)
    yield hostile("halves of characters", "a.rtf", lambda: b"{\\rtf1 Open \\u-10179?daily\\u-8704?.\\par}", READ)
    yield hostile(
        "a fallback without end",
        "a.rtf",
        lambda: b"{\\rtf1\\uc999999999 Open.\\u8217?\\par Shown " + b"again " * 30 + b"\\par}",
        READ,
    )
    yield hostile(
        "numbers that are too large",
        "a.rtf",
        lambda: b"{\\rtf1\\s999999999\\f-999999999\\outlinelevel-5 Open.\\par}",
        READ,
    )
    yield hostile("300,000 empty groups", "a.rtf", lambda: b"{\\rtf1 Open." + b"{}" * 300_000 + b"\\par}", READ)
    yield hostile(
        "a million paragraphs", "a.rtf", lambda: b"{\\rtf1" + b" a\\par" * 1_000_000 + b"}", Reason.TOO_SLOW, seconds=5
    )
    yield hostile(
        "a row of 100,000 cells",
        "a.rtf",
        lambda: b"{\\rtf1\\trowd" + b" a\\cell" * 100_000 + b"\\row}",
        Reason.TOO_LARGE,
    )
    yield hostile(
        "links within links",
        "a.rtf",
        lambda: b"{\\rtf1" + b'{\\field{\\*\\fldinst HYPERLINK "http://a"}{\\fldrslt x' * 400 + b"}" * 801,
        Reason.TOO_DEEP,
    )
    yield hostile(
        "a program that starts",
        "a.rtf",
        lambda: (
            b"{\\rtf1 Open.{\\field{\\*\\fldinst DDEAUTO c:\\\\calc.exe}{\\fldrslt x}}{\\*\\template http://a/b}\\par}"
        ),
        READ,
    )
    yield hostile("garbled letters", "a.rtf", lambda: b"{\\rtf1 " + b"\\'07\\'01\\'02" * 50 + b"\\par}", Reason.GARBLED)


def epub_files() -> Iterator[HostileFile]:
    opf, chapter = "OEBPS/book.opf", page("<h1>Fees</h1><p>A berth costs 40.</p>")
    whole = epub_book({"a.xhtml": chapter})
    yield hostile("words that are no EPUB", "a.epub", lambda: b"Dear members", Reason.CORRUPT)
    yield hostile("an EPUB cut off in the middle", "a.epub", lambda: whole[: len(whole) // 2], Reason.CORRUPT)
    yield hostile("an Excel file that is called an EPUB", "a.epub", budget, Reason.MISNAMED)
    yield hostile("a zip that is called an EPUB", "a.epub", lambda: packed({"a.txt": b"hello"}), Reason.CORRUPT)
    yield hostile("members with a password", "a.epub", lambda: locked(whole), Reason.ENCRYPTED)
    for what, part, xml in (
        ("a billion laughs in its list of files", opf, laughs("package")),
        ("a billion laughs in its container", "META-INF/container.xml", laughs("container")),
        ("an entity that is a file", opf, _OUTSIDE + b"<package>&x;</package>"),
    ):
        yield hostile(what, "a.epub", partial(with_parts, whole, {part: xml}), Reason.CORRUPT)
    chapter_laughs = (
        laughs("html").replace(b"<html>", b"<html><body><p>Open.").replace(b"</html>", b"</p></body></html>")
    )
    yield hostile("a billion laughs in a chapter", "a.epub", lambda: epub_book({"a.xhtml": chapter_laughs}), READ)
    inside = _OUTSIDE + b"<html><body><p>Open. &x;</p></body></html>"
    yield hostile("a chapter with a file of this machine", "a.epub", lambda: epub_book({"a.xhtml": inside}), READ)
    yield hostile(
        "a chapter of 300 MB", "a.epub", lambda: with_parts(whole, {"OEBPS/a.xhtml": swollen}), Reason.TOO_LARGE
    )
    elements = page("<b>x" * 2000)
    yield hostile("elements 2,000 deep", "a.epub", lambda: epub_book({"a.xhtml": elements}), Reason.TOO_DEEP)
    order = ["a.xhtml"] * 20_000
    yield hostile("one chapter 20,000 times", "a.epub", lambda: epub_book({"a.xhtml": chapter}, order=order), READ)
    outside = package_xml(["../../../etc/passwd", "file:///etc/passwd", "http://127.0.0.1/a"])
    yield hostile("chapters outside the book", "a.epub", lambda: epub_book({}, parts={opf: outside}), Reason.NO_TEXT)
    notes = "".join(f'<p id="n{n}">x <a role="doc-noteref" href="#n{(n + 1) % 500}">{n}</a></p>' for n in range(500))
    yield hostile(
        "notes that refer to each other in a circle", "a.epub", lambda: epub_book({"a.xhtml": page(notes)}), READ
    )
    own = '<p>Open.<a role="doc-noteref" id="n" href="#n">1</a></p>'
    yield hostile("a note that is its own mark", "a.epub", lambda: epub_book({"a.xhtml": page(own)}), READ)
    yield hostile("no chapter", "a.epub", lambda: epub_book({}), Reason.NO_TEXT)
    yield hostile(
        "a web page in place of its list of files",
        "a.epub",
        lambda: epub_book({"book.opf": b"<html>Open."}),
        Reason.CORRUPT,
    )


def emails() -> Iterator[HostileFile]:
    head = b"Subject: Fees\nFrom: ada@club.example\n"
    yield hostile("words that are no e-mail", "a.eml", lambda: b"Dear members", Reason.CORRUPT)
    yield hostile("a PDF that is called an e-mail", "a.eml", lambda: b"%PDF-1.7\n", Reason.MISNAMED)
    parts = head + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 200_000
    yield hostile("200,000 parts", "a.eml", lambda: parts, Reason.TOO_LARGE)
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000))
    yield hostile("parts 2,000 deep", "a.eml", lambda: head + deep, Reason.TOO_DEEP)
    forwarded = b"Content-Type: message/rfc822\n\n" * 500
    yield hostile("500 messages within each other", "a.eml", lambda: head + forwarded + b"Subject: x\n\nHello", READ)
    yield hostile("a header of 5 MB", "a.eml", lambda: b"Subject: " + b"=?utf-8?q?a?= " * 350_000 + b"\n\nOpen.", READ)
    yield hostile("100,000 headers", "a.eml", lambda: head + b"X: y\n" * 100_000 + b"\nOpen.", READ)
    broken = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n!!!!====\nT3Blbg"
    yield hostile("base64 that is none", "a.eml", lambda: head + broken, READ)
    for name in (b"utf-7", b"idna", b"hex", b"rot13", b"../../etc/passwd"):
        stated = b"Content-Type: text/plain; charset=" + name + b"\n\nOpen +ADw-daily."
        yield hostile(f"a text in {name.decode()}", "a.eml", partial(bytes.__add__, head, stated), READ)
    page_of = b"Content-Type: text/html\n\n"
    yield hostile("HTML 2,000 deep", "a.eml", lambda: head + page_of + b"<div>x" * 2000, Reason.TOO_DEEP)
    outside = b'Content-Type: message/external-body; access-type=local-file; name="/etc/passwd"\n\n\n'
    yield hostile("a body that is a file of this machine", "a.eml", lambda: head + outside, READ)
    alternatives = head + b"Content-Type: multipart/alternative; boundary=b\n\n--b--\n"
    yield hostile("no alternative", "a.eml", lambda: alternatives, READ)
    styles = page_of + b"<style " * 700_000
    yield hostile("styles that never end", "a.eml", lambda: head + styles, Reason.TOO_SLOW, seconds=5)
    yield hostile(
        "a text that is binary", "a.eml", lambda: head + b"\n" + random.Random(3).randbytes(4000), Reason.GARBLED
    )


def subtitle_files() -> Iterator[HostileFile]:
    cue = b"00:00.000 --> 00:01.000\n"
    yield hostile("words that are no subtitles", "a.vtt", lambda: b"WEBVTT\n\nHello.", Reason.CORRUPT)
    yield hostile("subtitles that are binary", "a.srt", lambda: random.Random(5).randbytes(3000), Reason.BINARY)
    yield hostile("a cue of 3 MB", "a.vtt", lambda: b"WEBVTT\n\n" + cue + b"boats " * 500_000, Reason.TOO_LARGE)
    yield hostile("50,000 cues", "a.vtt", lambda: b"WEBVTT\n\n" + (cue + b"a\n\n") * 50_000, READ)
    yield hostile("a cue of 200,000 lines", "a.vtt", lambda: b"WEBVTT\n\n" + cue + b"a\n" * 200_000, READ)
    yield hostile("tags that never close", "a.vtt", lambda: b"WEBVTT\n\n" + cue + (b"<v " * 30_000 + b"\n") * 30, READ)
    yield hostile("times that are none", "a.vtt", lambda: b"WEBVTT\n\n99:99.999 --> 00:01.000\nHello.", Reason.CORRUPT)
    yield hostile(
        "a cue that ends before it begins", "a.srt", lambda: b"1\n00:00:09,000 --> 00:00:01,000\nHello.", READ
    )
    yield hostile(
        "cues from the last to the first",
        "a.srt",
        lambda: b"".join(b"%03d:00:01,0 --> 999:00:02,0\nx\n\n" % n for n in range(900, 0, -1)),
        READ,
    )
    yield hostile("nothing but empty cues", "a.vtt", lambda: b"WEBVTT\n\n" + (cue + b"\n") * 1000, Reason.NO_TEXT)
    yield hostile(
        "subtitles in GBK",
        "a.srt",
        lambda: b"1\n00:00:01,000 --> 00:00:02,000\n" + "工坊每周二晚上七点开门。".encode("gb18030"),
        READ,
    )


def org_files() -> Iterator[HostileFile]:
    yield hostile("an Org file that is binary", "a.org", lambda: random.Random(6).randbytes(3000), Reason.BINARY)
    yield hostile("an include of another file", "a.org", lambda: b'Open.\n#+INCLUDE: "/etc/passwd" src\n', READ)
    yield hostile("nothing but comments", "a.org", lambda: b"# boats\n" * 100, Reason.NO_TEXT)
    yield hostile("drawers that end far below", "a.org", lambda: b":A:\n" * 50_000 + b"* H\nx\n:END:\n", READ)
    yield hostile("blocks that end far below", "a.org", lambda: b"#+begin_quote\n" * 50_000 + b"x\n#+end_verse\n", READ)
    yield hostile("headings a million stars deep", "a.org", lambda: b"*" * 90_000 + b" Open.\nx\n", READ)
    yield hostile("a line of 200,000 letters", "a.org", lambda: b"=" * 200_000, Reason.CORRUPT)
    yield hostile(
        "marks that never close", "a.org", lambda: (b"=a *b /c +d _e ~f [[x [fn: <<y " * 2500 + b"\n") * 20, READ
    )
    yield hostile("10,000 columns", "a.org", lambda: (b"|" + b" x |" * 10_000 + b"\n") * 3, READ)
    yield hostile(
        "notes that refer to each other", "a.org", lambda: b"x[fn:1]\n\n[fn:1] y[fn:2]\n\n[fn:2] z[fn:1]\n", READ
    )
    yield hostile(
        "macros in a circle", "a.org", lambda: b"#+MACRO: a {{{b}}}\n#+MACRO: b {{{a}}}\n{{{a}}} is open\n", READ
    )
    yield hostile(
        "code that would run",
        "a.org",
        lambda: b"#+begin_src sh :exports results :eval yes\nrm -rf /\n#+end_src\n",
        READ,
    )


def tsv_files() -> Iterator[HostileFile]:
    yield hostile("a TSV with zero bytes", "a.tsv", lambda: b"a\tb\n1\t\x00\x00\x01\n", Reason.BINARY)
    yield hostile("100,000 columns", "a.tsv", lambda: b"a\t" * 100_000 + b"\n", Reason.TOO_LARGE)
    yield hostile("a quote that never closes", "a.tsv", lambda: b'a\tb\n"1\t2\n' + b"x\ty\n" * 20_000, READ)
    yield hostile("no tab at all", "a.tsv", lambda: b"boat;fee\ndinghy;40\n", READ)
    yield hostile("a TSV in UTF-16", "a.tsv", lambda: "船\t费用\n小船\t四十元\n".encode("utf-16"), READ)
    yield hostile("nothing but tabs", "a.tsv", lambda: b"\t\t\n\t\t\n", Reason.EMPTY)


def macro_workbooks() -> Iterator[HostileFile]:
    macros = {"xl/vbaProject.bin": b"Shell calc.exe" * 1000}
    yield hostile("a workbook with macros", "a.xlsm", lambda: with_parts(budget(), macros), READ)
    yield hostile("words that are no workbook", "a.xlsm", lambda: b"a,b", Reason.CORRUPT)
