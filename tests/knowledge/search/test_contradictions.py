"""What counts as two sources that differ: invented passages, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from knowledge.search.contradictions import find_contradictions
from knowledge.types import EVERY_MEMBER, Chunk, Evidence, Place, Source


def passage(id_: str, text: str, heading: str | None = None, dated: date | None = None, name: str = "") -> Evidence:
    taken = datetime(2026, 1, 1, tzinfo=UTC)
    source = Source(id_, "g", name or f"{id_}.md", "md", id_, EVERY_MEMBER, 1, 1, taken, "m", dated=dated)
    return Evidence(Chunk(id_, id_, 0, text, Place(heading=heading)), source, 0.9, 1, 5.0, 1, 0.9, 0.03)


def told(question: str, one: str, other: str, heading: str | None = None) -> list[tuple[str, str]]:
    both = [passage("a", one, heading, date(2025, 1, 1)), passage("b", other, heading, date(2026, 1, 1))]
    texts = {"a": one, "b": other}
    return [
        tuple(texts[said.chunk_id][said.start : said.end] for said in (found.newer, found.older))
        for found in find_contradictions(question, both)
    ]


DIFFERING = [
    (
        "When does the workshop close?",
        "Bring a mask. The workshop is open until 18:00 on weekdays.",
        "The workshop is open until 20:00 on weekdays. Bring a mask.",
    ),
    ("How long may I borrow a tool?", "Members borrow tools for seven days.", "Members may borrow a tool for 10 days."),
    ("How much is the yearly fee?", "The yearly fee is 20 euros.", "The yearly fee for members is 25 euros."),
    ("Can I bring guests?", "Members may bring guests to the boat.", "Members may not bring guests to the boat."),
    ("Are dogs allowed in the hall?", "Dogs are allowed in the club hall.", "Dogs aren't allowed in the club hall."),
    ("When is the crew meeting?", "The crew meeting is on Monday evening.", "The crew meeting is on Tuesday evening."),
    ("工坊几点关门？", "工坊工作日开放到18:00。", "工坊工作日开放到20:00。"),
    ("工具可以借多久？", "会员最多可以借工具七天。", "会员最多可以借工具十天。"),
    ("船上可以带客人吗？", "会员可以带客人上船参观。", "会员不可以带客人上船参观。"),
    ("例会在星期几？", "船队例会每周三晚上在大厅举行。", "船队例会每周五晚上在大厅举行。"),
]


@pytest.mark.parametrize(("question", "one", "other"), DIFFERING)
def test_another_quantity_or_a_negation_is_reported_with_the_newer_first(question: str, one: str, other: str) -> None:
    [(newer, older)] = told(question, one, other)
    assert newer in other
    assert older in one


AGREEING = [
    ("the same time, written otherwise", "When does the workshop close?",
     "The workshop is open until 18:00 on weekdays.", "The workshop is open until 6 pm on weekdays."),
    ("the same number, in words", "How long may I borrow a tool?",
     "Members borrow tools for ten days.", "Members borrow tools for 10 days."),
    ("the same number, in Chinese", "工具可以借多久？", "会员最多可以借工具十天。", "会员最多可以借工具10天。"),
    ("another thing", "When does the workshop close?",
     "The workshop is open until 18:00 on weekdays.", "The library is open until 20:00 on weekdays."),
    ("which thing, by a number that is asked for", "Who keeps the key of room 5?",
     "The key of room 5 is kept by the crew.", "The key of room 6 is kept by the crew."),
    ("two figures, one of which says which thing", "When is the hall open?",
     "The hall on floor 2 is open until 18:00.", "The hall on floor 3 is open until 20:00."),
    ("another unit of measure", "When is the crew meeting?",
     "The crew meeting is on Monday evening.", "The crew meeting is at 19:00 in the evening."),
    ("nothing of the question", "Who repairs the sails?",
     "The workshop is open until 18:00 on weekdays.", "The workshop is open until 20:00 on weekdays."),
    ("code", "How is the timeout set?",
     "Set the timeout with `timeout=30` in the client.", "Set the timeout with `timeout=60` in the client."),
    ("a question", "Can I bring guests?",
     "May members bring guests to the boat?", "Members may not bring guests to the boat."),
    ("no later than", "When must the form be sent?",
     "The form must be sent no later than ten days before.", "The form must be sent later than ten days before."),
    ("two languages", "When does the workshop close?",
     "The workshop is open until 18:00 on weekdays.", "工坊工作日开放到20:00。"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "one", "other"), [row[1:] for row in AGREEING], ids=[row[0] for row in AGREEING])
def test_nothing_is_reported_of_passages_that_agree_or_are_about_other_things(
    question: str, one: str, other: str
) -> None:
    assert told(question, one, other) == []


def test_what_only_one_of_the_headings_names_is_another_thing() -> None:
    text = "It is open until {} on each weekday evening."
    library = passage("a", text.format("18:00"), "Library › Opening hours")
    workshop = passage("b", text.format("20:00"), "Workshop › Opening hours")
    assert find_contradictions("What are the opening hours of the library?", [library, workshop]) == ()
    again = passage("c", text.format("20:00"), "Library › Opening hours")
    [found] = find_contradictions("What are the opening hours of the library?", [library, again])
    assert {found.newer.chunk_id, found.older.chunk_id} == {"a", "c"}


def test_one_document_does_not_differ_from_itself() -> None:
    one = passage("a", "The yearly fee is 20 euros.")
    other = Evidence(Chunk("a2", "a", 1, "The yearly fee is 25 euros.", Place()), one.source, 0.9, 2, 5.0, 2, 0.9, 0.02)
    assert find_contradictions("How much is the yearly fee?", [one, other]) == ()


def test_a_sentence_that_is_wrapped_is_one() -> None:
    found = told("How much is the yearly fee?", "The yearly fee\nis 20 euros.", "The yearly fee is 25 euros.")
    assert found == [("The yearly fee is 25 euros.", "The yearly fee\nis 20 euros.")]


@pytest.mark.parametrize("word", ["FRİDAY", "Frıday", "sıx", "FİVE", "APRİL"])
def test_letters_that_only_look_like_a_number_are_no_quantity(word: str) -> None:
    assert told(f"Open {word}?", f"We open {word} at ten.", f"We open {word} at ten.") == []
