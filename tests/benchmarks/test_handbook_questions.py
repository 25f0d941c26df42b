"""The questions over the handbook fit its text, and the rules by which they were divided hold."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from benchmarks.answers.verdicts import judge
from benchmarks.datasets.rows import HANDBOOK_ANSWERS, CheckedQuestionRow, GoldRow, read_rows
from benchmarks.harness.phrases import holds, says_missing
from benchmarks.harness.results import ROOT

_HANDBOOK = ROOT / "examples" / "handbook"
_ROWS = tuple(read_rows(HANDBOOK_ANSWERS, CheckedQuestionRow))
_README = (HANDBOOK_ANSWERS.parent / "README.md").read_text("utf-8")
_THIRD = "third_language"


def test_a_gold_sentence_stands_in_its_file_word_for_word() -> None:
    assert [place for row in _ROWS for place in row.gold if place.text not in _page(place.file)] == []


def test_an_answerable_question_has_gold_and_phrases_and_no_other_has_them() -> None:
    assert [row.id for row in _ROWS if {bool(row.gold), bool(row.must)} != {row.answerable is not False}] == []


def test_what_an_answer_must_hold_stands_in_its_gold() -> None:
    lacking = {
        row.id: [group for group in row.must if not any(holds(_derivable(row), phrase) for phrase in group)]
        for row in _ROWS
    }
    assert {name: groups for name, groups in lacking.items() if groups} == {}


def test_a_right_answer_in_free_words_is_judged_right() -> None:
    assert all(row.example for row in _ROWS)
    assert [row.id for row in _ROWS if not judge(row, row.example, abstained=False).is_right] == []


def test_nothing_that_only_a_wrong_answer_holds_stands_in_the_sections_of_its_gold() -> None:
    hits = {
        row.id: phrase
        for row in _ROWS
        for place in row.gold
        for phrase in row.must_not
        if holds(_section(place), phrase)
    }
    assert hits == {}


def test_few_questions_take_a_line_about_something_else_for_a_right_answer() -> None:
    fooled = {row.id for row in _ROWS if row.answerable is True for line in _lines() if _is_wrongly_right(row, line)}
    assert len(fooled) == 8, fooled
    assert "eight questions accept a line" in _README


def test_the_handbook_itself_never_sounds_like_a_refusal() -> None:
    assert len(_lines()) > 200
    assert [line for line in _lines() if says_missing(line)] == []


def test_ids_are_unique_and_questions_too() -> None:
    assert len({row.id for row in _ROWS}) == len(_ROWS)
    assert len({(row.question, row.history) for row in _ROWS}) == len(_ROWS)


def test_questions_that_share_a_gold_sentence_lie_in_one_split() -> None:
    splits = defaultdict(set)
    for row in _ROWS:
        for place in row.gold:
            splits[place].add(row.split)
    assert [place for place, found in splits.items() if len(found) > 1] == []


def test_each_kind_is_divided_evenly_in_each_language() -> None:
    counts = Counter((row.kind, row.lang, row.answerable, row.split) for row in _ROWS if row.kind != _THIRD)
    for kind, lang, answerable, _ in counts:
        assert counts[kind, lang, answerable, "development"] == counts[kind, lang, answerable, "report"], kind
    third = Counter(row.split for row in _ROWS if row.kind == _THIRD)
    assert third["development"] == third["report"]


def test_half_of_the_questions_are_chinese_and_each_kind_has_its_number() -> None:
    languages = Counter(row.lang for row in _ROWS)
    assert languages["en"] == languages["zh"]
    kinds = Counter((row.kind, row.lang) for row in _ROWS if row.kind != _THIRD)
    assert min(kinds.values()) >= 6
    assert {kind for kind, lang in kinds if lang == "en"} == {kind for kind, lang in kinds if lang == "zh"}
    assert len({row.kind for row in _ROWS}) == 15
    assert Counter(row.lang for row in _ROWS if row.kind == _THIRD) == {"de": 4, "es": 4, "fr": 4}


def test_a_question_across_languages_has_its_gold_in_the_other_one() -> None:
    across = [row for row in _ROWS if row.kind == "across_languages"]
    assert across
    assert [
        row.id for row in across for place in row.gold if place.file.startswith("zh-") is not (row.lang == "en")
    ] == []


def test_follow_ups_have_one_or_two_turns_and_nothing_else_has_any() -> None:
    assert {len(row.history) for row in _ROWS if row.kind == "follow_up"} == {1, 2}
    assert [row.id for row in _ROWS if row.history and row.kind != "follow_up"] == []


def test_the_readme_says_how_many_of_each_kind_there_are() -> None:
    told = {
        kind: tuple(int(cell or 0) for cell in cells)
        for kind, *cells in re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d*) ?\| (\d*) ?\| (\d*) ?\|$", _README, re.MULTILINE)
    }
    counts = Counter((row.kind, row.lang if row.lang in ("en", "zh") else "third") for row in _ROWS)
    assert told == {row.kind: tuple(counts[row.kind, lang] for lang in ("en", "zh", "third")) for row in _ROWS}
    languages = Counter(row.lang for row in _ROWS)
    assert f"{len(_ROWS)} questions of our own" in _README
    assert f"{languages['en']} in English, {languages['zh']} in Chinese" in _README


def _derivable(row: CheckedQuestionRow) -> str:
    """Return the text from which a right answer follows."""
    gold = " ".join(place.text for place in row.gold)
    # What is missing has to be named, and only the question can name it.
    return f"{gold} {row.question}" if row.answerable == "part" else gold


def _lines() -> list[str]:
    """Return the handbook's lines without headings and empty ones."""
    lines = [line for path in sorted(_HANDBOOK.glob("*.md")) for line in _page(path.name).splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _is_wrongly_right(row: CheckedQuestionRow, line: str) -> bool:
    return not any(place.text in line for place in row.gold) and judge(row, line, abstained=False).is_right


def _page(name: str) -> str:
    return (_HANDBOOK / name).read_text("utf-8")


def _section(place: GoldRow) -> str:
    """Return the section of the page that holds the gold text."""
    return next(each for each in re.split(r"(?m)^(?=## )", _page(place.file)) if place.text in each)
