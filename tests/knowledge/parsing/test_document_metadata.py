from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from knowledge.chunking.headings import Anchors, cut_at_headings
from knowledge.errors import DocumentError
from knowledge.library import Library
from knowledge.parsing.document_metadata import (
    MAX_LINK_CHARS,
    MarkdownDocument,
    checked_link,
    pdf_date,
    read_front_matter,
)
from knowledge.parsing.loader import load_document
from knowledge.types import EVERY_MEMBER, OWNER, Place, Source
from tests.knowledge.conftest import GUILD

LIMIT = 10_000_000


@pytest.mark.parametrize(
    ("raw", "link"),
    [
        ("https://club.example/rules", "https://club.example/rules"),
        (" HTTP://Club.Example:8080/a b ", "http://club.example:8080/a%20b"),
        ("https://例え.jp/文", "https://xn--r8jz45g.jp/%E6%96%87"),
        ("https://a.example/x(1)_[2]*|~`>", "https://a.example/x%281%29_%5B2%5D%2A%7C%7E%60%3E"),
    ],
)
def test_an_address_is_kept_in_a_form_that_ends_no_masked_link(raw: str, link: str) -> None:
    assert checked_link(raw) == link


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "javascript:alert(1)",
        "ftp://a.example/x",
        "//a.example/x",
        "https:///x",
        "https://user:secret@a.example/",
        "https://club.example\\@evil.example/",
        "https://a.example:99999/",
        "https://[::1]/",
        "https://a b.example/",
        "https://a.example/x\ny",
        "https://a.example/" + "x" * MAX_LINK_CHARS,
        "discord.gg/x",
    ],
)
def test_what_is_no_plain_web_address_is_no_link(raw: str) -> None:
    assert checked_link(raw) is None


def test_front_matter_gives_the_link_and_the_title_and_is_no_text() -> None:
    read = read_front_matter("---\ntitle: Tools\nurl: https://a.example/tools\n---\n\nSeven days.\n")
    assert read.link == "https://a.example/tools"
    assert read.text.split("\n") == ["", "", "", "# Tools", "", "Seven days.", ""]


def test_front_matter_leaves_a_title_of_the_texts_own() -> None:
    read = read_front_matter("---\ntitle: T\nsource: https://a.example\n---\n# Own\ntext")
    assert read.text == "\n\n\n\n# Own\ntext"


@pytest.mark.parametrize(
    "markdown",
    [
        "---\nNote: bring gloves\n---\ntext",
        "---\nsource: a book\n---\ntext",
        "---\nurl: javascript:x\n---\ntext",
        "---\nurl: https://a.example\nno end",
        "---\n- url: https://a.example\n---\n",
        "---\na: [\n---\ntext",
        "---\n" + "[" * 9000 + "\n---\ntext",
        "text\n---\nurl: https://a.example\n---\n",
        "---\nx: &x [1]\ny: &y {<<: [*x, *x]}\n---\n",
    ],
)
def test_what_gives_no_link_stays_text(markdown: str) -> None:
    assert read_front_matter(markdown) == MarkdownDocument(markdown)


def test_a_loaded_document_keeps_its_lines_below_its_front_matter() -> None:
    document = load_document(b"---\nlink: https://a.example\n---\n## Fees\nTwo pounds.", "fees.md", LIMIT)
    assert document.link == "https://a.example"
    [part] = cut_at_headings(document.sections[0].text, by_words=True)
    assert (part.heading, part.line, part.anchor) == ("Fees", 5, "fees")


def test_a_file_of_nothing_but_front_matter_is_empty() -> None:
    with pytest.raises(DocumentError, match="nothing but front matter and comments"):
        load_document(b"---\nlink: https://a.example\n---\n", "fees.md", LIMIT)


def test_anchors_are_made_of_a_headings_words_as_github_makes_them() -> None:
    anchors = Anchors(by_words=True)
    headings = ["Late fees!", "Late fees!", "借书 规则", "The [API](x) & `you`", "?!"]
    assert [anchors.of(heading)[1] for heading in headings] == [
        "late-fees",
        "late-fees-1",
        "借书-规则",
        "the-api--you",
        None,
    ]


def test_a_heading_may_name_its_anchor() -> None:
    for named in ("{#fees}", "{ #fees }", "{: #fees .late}", "{#fees .late data-x=1}"):
        assert Anchors(by_words=True).of(f"Late fees {named}") == ("Late fees", "fees")
    for words in ("Sets like {a} and {#}", "{ #fees", "f({#a} + 1)", "{ .late }"):
        assert Anchors(by_words=False).of(words) == (words, None)
    assert Anchors(by_words=False).of("Late fees") == ("Late fees", None)


def test_a_web_pages_headings_keep_the_pages_own_anchors() -> None:
    page = (
        b"<body><h2 id='a_b'>One</h2><p>1</p><section id='two'><h2>Two<a href='#two'>\xc2\xb6</a></h2>"
        b"<p>2</p></section><h2 data-anchor='x'>Three</h2><p>3</p></body>"
    )
    document = load_document(page, "x.html", LIMIT)
    parts = cut_at_headings(document.sections[0].text, by_words=False)
    assert [(part.heading, part.anchor) for part in parts] == [("One", "a_b"), ("Two", "two"), ("Three", None)]


def _source(link: str | None, media: str = "md") -> Source:
    return Source("s", "g", "x", media, "0", EVERY_MEMBER, 1, 1, datetime(2026, 1, 1, tzinfo=UTC), "m", link)


def test_a_link_leads_to_the_place_as_near_as_it_can_name_it() -> None:
    assert _source("https://a.example").link_at(Place(anchor="借书")) == "https://a.example#%E5%80%9F%E4%B9%A6"
    assert _source("https://a.example/x.pdf", "pdf").link_at(Place(page=3)) == "https://a.example/x.pdf#page=3"
    assert _source("https://a.example/#top").link_at(Place(anchor="x")) == "https://a.example/#top"
    assert _source("https://a.example").link_at(Place(anchor="x" * 500)) == "https://a.example"
    assert _source("https://a.example").link_at(Place(anchor="x)>\n[y](")) == "https://a.example#x%29%3E%0A%5By%5D%28"
    assert _source(None).link_at(Place(anchor="x")) is None


DATED_TEXTS = [
    ("---\ntitle: Fees\ndate: 2024-05-01\n---\n# Fees\n", date(2024, 5, 1)),
    ("---\ndate: 2024-05-01\nupdated: '2025-02-03T10:00:00Z'\n---\nText\n", date(2025, 2, 3)),
    ("\ufeff---\r\nlastmod: 2025-02-03\r\n---\r\nText\r\n", date(2025, 2, 3)),
    ("# Fees\n\ndate: 2024-05-01\n", None),
    ("---\ntitle: Fees: all\ndate: 2024-05-01\n---\n# Fees\n", date(2024, 5, 1)),
    ("---\ndate: soon\n---\nText\n", None),
    ("---\ndate: 2024-13-40\n---\nText\n", None),
    ("---\ndate: 9999-01-01\n---\nText\n", None),
    ("---\ndate: 1970-01-01\n---\nText\n", None),
]


@pytest.mark.parametrize(("text", "dated"), DATED_TEXTS)
def test_front_matter_dates_a_document(text: str, dated: date | None) -> None:
    assert load_document(text.encode(), "fees.md", LIMIT).dated == dated


def test_a_pdf_is_dated_by_its_last_change() -> None:
    first = b"%PDF-1.7\n/CreationDate (D:20200102030405Z)\n/ModDate(D:20210304050607+02'00')"
    assert pdf_date(first) == date(2021, 3, 4)
    assert pdf_date(first + b"\n/ModDate (D:20220304)") == date(2022, 3, 4)
    assert pdf_date(b"%PDF-1.7\n/CreationDate (D:20200102030405Z)") == date(2020, 1, 2)
    assert pdf_date(b"%PDF-1.7") is None


def test_other_files_have_no_date_of_their_own() -> None:
    assert load_document(b"---\ndate: 2024-05-01\n---\n", "fees.txt", LIMIT).dated is None


async def test_a_source_is_as_of_its_own_date_or_else_of_its_ingestion(library: Library) -> None:
    for name, text in (("dated.md", "---\ndate: 2024-05-01\n---\nFees are due.\n"), ("plain.md", "Fees are due.\n")):
        await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    dated, plain = await library.sources(GUILD, OWNER)
    assert dated.as_of.date() == dated.dated == date(2024, 5, 1)
    assert plain.dated is None
    assert plain.as_of == plain.ingested_at


def test_tomorrows_date_in_another_time_zone_counts_as_today() -> None:
    today = datetime.now(UTC).date()

    def dated(days: int) -> date | None:
        return read_front_matter(f"---\ndate: {today + timedelta(days=days)}\n---\nText\n").dated

    assert dated(1) in (today, today + timedelta(days=1))  # Midnight may pass meanwhile.
    assert dated(3) is None
