"""The second handbook's questions fit its text; whoever wrote them had not seen the bot."""

from __future__ import annotations

from benchmarks.answers.verdicts import judge
from benchmarks.datasets.rows import SECOND_HANDBOOK, CheckedQuestionRow, read_rows

_ROWS = tuple(read_rows(SECOND_HANDBOOK / "questions.jsonl", CheckedQuestionRow))


def test_a_gold_sentence_stands_in_its_file_word_for_word() -> None:
    pages = {path.name: path.read_text("utf-8") for path in (SECOND_HANDBOOK / "documents").iterdir()}
    assert [place for row in _ROWS for place in row.gold if place.text not in pages[place.file]] == []


def test_a_right_answer_in_free_words_is_judged_right() -> None:
    assert len({row.id for row in _ROWS}) == 130
    assert [row.id for row in _ROWS if not judge(row, row.example, abstained=False).is_right] == []
