"""Which passages the reader is trained on with a question of an invented community, and what it is told of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.rows import (
    COMMUNITY_TRAINING,
    CommunityClaimRow,
    CommunityQuestionRow,
    GoldRow,
    read_rows,
)
from benchmarks.fit.community_examples import Passage, examples_of, passages_of
from knowledge.models.reading_network import Relation
from knowledge.types import Chunk, Place

_COMMUNITIES = [each for each in sorted(COMMUNITY_TRAINING.iterdir()) if each.is_dir()]


def passage(text: str, heading: str | None = None) -> Passage:
    return Passage("page.md", Chunk("page:0", "page", 0, text, Place(heading=heading)))


def row(question: str, *, gold: str = "", near: str = "", **more: str) -> CommunityQuestionRow:
    places = {name: (GoldRow(file="page.md", text=text),) for name, text in (("gold", gold), ("near", near)) if text}
    kind = "same_language" if gold else "close"
    return CommunityQuestionRow.model_validate(
        {
            "id": "1",
            "lang": "en",
            "kind": kind,
            "question": question,
            "answerable": bool(gold),
            "gold": (),
            **places,
            **more,
        }
    )


HOURS = passage("The shed opens at nine. It is closed on Sunday.", "Shed > Hours")
PRICES = passage("A day costs 4 euros.")
BARN = passage("The barn opens at ten.")


def test_an_answering_passage_is_marked_below_its_heading() -> None:
    (first, *_) = examples_of(row("when does it open", gold="The shed opens at nine."), [HOURS], "community x")
    assert first.passage == "Shed > Hours\nThe shed opens at nine. It is closed on Sunday."
    assert first.answerable
    assert [first.passage[start:end] for start, end in first.spans or ()] == ["The shed opens at nine."]


def test_what_looks_like_the_answer_is_read_before_what_is_only_near() -> None:
    asked = row("when does the shed open", gold="The shed opens at nine.", near="The barn opens at ten.")
    found = list(examples_of(asked, [PRICES, HOURS, BARN], "community x"))
    assert [(each.passage, each.answerable) for each in found] == [(BARN.text, False), (HOURS.text, True)]


def test_a_passage_that_says_no_contradicts_and_another_says_neither() -> None:
    asked = row("is the shed open on Sunday?", gold="It is closed on Sunday.", says="no")
    found = {each.passage: each.relation for each in examples_of(asked, [HOURS, PRICES], "community x")}
    assert found == {HOURS.text: Relation.CONTRADICTED, PRICES.text: Relation.NEITHER}


def test_a_follow_up_is_read_behind_what_was_asked_before() -> None:
    (found,) = examples_of(row("and what does it cost?", before="Where is the shed?"), [HOURS], "community x")
    assert (found.question, found.answerable) == ("Where is the shed? and what does it cost?", False)


@pytest.mark.parametrize("folder", _COMMUNITIES, ids=lambda each: each.name)
def test_every_sentence_that_a_question_names_stands_in_a_passage(folder: Path) -> None:
    passages = list(passages_of(folder / "documents"))
    rows = [each for name in ("questions", "followups") for each in _rows(folder / f"{name}.jsonl")]
    places = {place for each in rows for place in (*each.gold, *each.near)}
    places |= {
        GoldRow(file=each.file, text=each.text) for each in read_rows(folder / "claims.jsonl", CommunityClaimRow)
    }
    assert [place for place in places if not any(each.spans_of([place]) for each in passages)] == []
    assert len({each.id for each in rows}) == len(rows)
    assert all(bool(each.gold) is each.answerable for each in rows)


def _rows(path: Path) -> list[CommunityQuestionRow]:
    return list(read_rows(path, CommunityQuestionRow)) if path.exists() else []
