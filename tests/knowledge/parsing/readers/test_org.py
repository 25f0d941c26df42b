"""Org files as their authors export them, and each line's place in the file."""

from __future__ import annotations

from knowledge.chunking.splitter import split_document
from knowledge.parsing.loader import load_document
from knowledge.parsing.readers.org import read_org
from tests.knowledge.parsing.readers.reading import Reading, read

HANDBOOK = """\
#+TITLE: 工坊手册
#+OPTIONS: toc:nil
# The treasurer must not read this.

* TODO [#A] Fees :money:boats:
:PROPERTIES:
:CUSTOM_ID: fees
:END:
A *berth* costs /forty/ pounds[fn:1], see [[https://club.example/][the site]].

| Boat   | Fee |
|--------+-----|
| Dinghy | 40  |
| <5>    |     |

** Refunds
- [X] ask the ~treasurer~
- wait :: an hour
  1. at least
     [[file:quay.png]]

#+BEGIN_SRC python
,* no heading
#+END_SRC

* COMMENT Private
not for members
** below
* 规则
: fixed *width*
#+begin_quote
Be kind.
#+end_quote
#+begin_verse
Two lines
#+end_verse
* Old :noexport:
gone
* Last
[fn:1] Half in winter.
"""


def org(text: str) -> Reading:
    return read(read_org, text.encode())


def numbered(text: str) -> list[tuple[str, int]]:
    (part,) = org(text).parts
    assert part.numbers is not None
    return [(line, number) for line, number in zip(part.text.split("\n"), part.numbers, strict=True) if line]


def test_each_line_is_as_it_is_exported_and_keeps_its_number() -> None:
    assert numbered(HANDBOOK) == [
        ("# 工坊手册", 1),
        ("## TODO Fees {#fees}", 5),
        ("(money, boats)", 5),
        ("A **berth** costs *forty* pounds (Half in winter.), see [the site](https://club.example/).", 9),
        ("| Boat | Fee |", 11),
        ("| --- | --- |", 11),
        ("| Dinghy | 40 |", 13),
        ("### Refunds", 16),
        ("- ☒ ask the `treasurer`", 17),
        ("- **wait**: an hour", 18),
        ("  1. at least", 19),
        ("```python", 22),
        ("* no heading", 23),
        ("```", 23),
        ("## 规则", 29),
        ("```", 30),
        ("fixed *width*", 30),
        ("```", 30),
        ("> Be kind.", 32),
        ("Two lines", 35),
        ("## Last", 39),
    ]


def test_what_is_kept_to_oneself_is_told() -> None:
    assert org(HANDBOOK).left_out == {"hidden_text": 4, "picture": 1}
    kept = '#+begin_comment\nsecret\n#+end_comment\n#+INCLUDE: "/etc/passwd"\n:LOGBOOK:\n- note\n:END:\nShown.\n'
    found = org(kept)
    assert "Shown." in found.text and "secret" not in found.text and "note" not in found.text
    assert found.left_out == {"hidden_text": 2, "embedded_file": 1}


def test_a_passage_is_cited_by_its_heading_and_anchor() -> None:
    document = load_document(HANDBOOK.encode(), "a.org", 10**7)
    chunks = list(split_document(document, "s"))
    assert (chunks[0].place.heading, chunks[0].place.anchor) == ("工坊手册 › TODO Fees", "fees")
    assert all(chunk.place.line is not None for chunk in chunks)


def test_marks_that_are_no_markup_stay() -> None:
    text = "2*3*4 and a/b/c, /usr/bin/x =a*b= snake_case_name x^{2} H_{2}O +1+2 https://club.example/a/b\n:tag: none\n"
    assert org(text).text == (
        "2*3*4 and a/b/c, /usr/bin/x `a*b` snake_case_name x^2 H2O +1+2 https://club.example/a/b\n:tag: none\n"
    )


def test_text_that_looks_like_markdown_is_only_text() -> None:
    assert org("# no comment? yes\n#hash\n<b>x</b>\n===\n").text == "#hash\n\\<b>x</b>\n\\===\n"


def test_blocks_and_drawers_that_never_end_are_text() -> None:
    assert org("#+begin_src sh\nls\n:NOTES:\nmore\n").text == "#+begin_src sh\nls\n:NOTES:\nmore\n"
