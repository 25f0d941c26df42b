from __future__ import annotations

from datetime import UTC, datetime

import pytest

from knowledge.chunking.anchors import Anchors
from knowledge.chunking.headings import cut_at_headings
from knowledge.errors import DocumentError
from knowledge.parsing.front_matter import without_front_matter
from knowledge.parsing.loader import load_document
from knowledge.parsing.source_link import MAX_LINK_CHARS, checked_link
from knowledge.types import EVERY_MEMBER, Place, Source

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
    text, link = without_front_matter("---\ntitle: Tools\nurl: https://a.example/tools\n---\n\nSeven days.\n")
    assert link == "https://a.example/tools"
    assert text.split("\n") == ["", "", "", "# Tools", "", "Seven days.", ""]


def test_front_matter_leaves_a_title_of_the_texts_own() -> None:
    text, _ = without_front_matter("---\ntitle: T\nsource: https://a.example\n---\n# Own\ntext")
    assert text == "\n\n\n\n# Own\ntext"


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
    assert without_front_matter(markdown) == (markdown, None)


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


def test_a_web_pages_headings_have_the_anchors_that_stand_in_it() -> None:
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
