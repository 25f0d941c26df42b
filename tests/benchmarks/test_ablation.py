"""Each arm of the ablation leaves out what it says; its answers are kept by what they depend on, and summed up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.answers.ablation import Cell, Given, asked_of, given_of, table
from benchmarks.answers.arms import ARMS, BY_NAME, MeasuredOnly, confidence_of, in_search_order
from benchmarks.answers.handbook import Asked
from benchmarks.answers.verdicts import judge
from benchmarks.datasets.answerability import COMMUNITIES
from benchmarks.datasets.made_evidence import evidence_of
from benchmarks.datasets.question_sets import Doc
from benchmarks.datasets.rows import CheckedQuestionRow
from benchmarks.fit.calibration import READING, SearchExample, unread_confidence
from benchmarks.harness.answer_cache import AnswerCache, digest_of
from benchmarks.report.ablation import ablation_section
from benchmarks.report.markdown import Provenance
from chains.quoting import quote
from chains.routing.confidence import Confidence, Logistic, SearchFeatures
from chains.types import AnswerForm, Language, Route
from knowledge.types import Evidence, PassageReading, ReadSentence, Retrieval, Support

_READ = Logistic(("cosine", "answerable"), (0.5, 0.0), (0.2, 1.0), (1.0, 2.0), 0.0)
_SHIPPED = Confidence(_READ, _READ, 0.72, "encoder")
_UNREAD = replace(_SHIPPED, threshold=0.4)


def _passage(number: int, text: str, fused: float, answerable: float | None) -> Evidence:
    (item,) = evidence_of([Doc(str(number), "", "", text)])
    if answerable is None:
        return replace(item, fused=fused)
    sentence = ReadSentence(0, len(text), 0.9)
    return replace(
        item,
        fused=fused,
        reading=PassageReading(answerable, (0, 4), 3.0, (sentence,), Support(0.2, 0.2, 0.6)),
    )


_FOUND = Retrieval(
    "Who keeps the key?",
    (
        _passage(1, "Ann keeps the key.", 0.5, 3.0),
        _passage(2, "The key is old.", 0.9, -2.0),
        _passage(3, "钥匙由安保管。", 0.7, 1.0),
        _passage(4, "Keys are cut in town.", 0.6, None),
    ),
    (0.9, 0.8),
    4,
    0.0,
    foreign_cosines=(0.8,),
)


def test_the_reader_measures_orders_and_is_quoted_one_after_the_other() -> None:
    whole, holds = _SHIPPED.in_likelier_language(_FOUND)
    for name, order in (("probability", ["2", "4", "1", "3"]), ("order", ["1", "2", "4", "3"])):
        left, measured = confidence_of(BY_NAME[name], _SHIPPED, _UNREAD).in_likelier_language(_FOUND)
        assert measured == holds
        assert [item.chunk.id for item in left.evidence] == order
        assert quote(_FOUND.query, left.evidence, Language.EN) is None
    assert quote(_FOUND.query, whole.evidence, Language.EN) is not None
    assert confidence_of(BY_NAME["quoting"], _SHIPPED, _UNREAD) is _SHIPPED
    assert confidence_of(BY_NAME["check"], _SHIPPED, _UNREAD) is _SHIPPED
    assert confidence_of(BY_NAME["none"], _SHIPPED, _UNREAD) is _UNREAD


def test_the_arms_decide_by_the_threshold_that_belongs_to_their_probability() -> None:
    assert [confidence_of(arm, _SHIPPED, _UNREAD).threshold for arm in ARMS] == [0.4, 0.72, 0.72, 0.72, 0.72]
    assert isinstance(confidence_of(BY_NAME["order"], _SHIPPED, _UNREAD), MeasuredOnly)


def test_of_nothing_found_nothing_is_ordered() -> None:
    assert in_search_order(replace(_FOUND, evidence=())) == ()


def test_each_arm_has_more_than_the_one_before_it_or_another_style() -> None:
    parts = [(arm.reads, arm.orders, arm.composes, arm.answer_style == "quote") for arm in ARMS]
    assert [sum(each[:3]) for each in parts] == [0, 1, 2, 3, 3]
    assert len(set(parts)) == len(parts)


def test_the_probability_without_the_reader_reads_none_of_its_figures() -> None:
    def example(number: int, community: bool) -> SearchExample:
        answerable = number % 2 == 0
        high = 0.1 * answerable + 0.01 * (number % 3)
        figures = SearchFeatures(0.8 + high, high, high, high, high, high, number % 4 < 2, 5.0, 5.0, 0.9)
        return SearchExample(figures, answerable, "gold" if answerable else "neighbour", "en", community)

    parts = {"fit": False, "judge": False, **dict.fromkeys(COMMUNITIES, True)}
    examples = {part: [example(number, community) for number in range(24)] for part, community in parts.items()}
    fitted = unread_confidence("embedding", "encoder:0", examples)
    for regression in (fitted.same_language, fitted.across_languages):
        assert not set(READING) & set(regression.reads)
    assert "coverage" in fitted.same_language.reads
    assert "coverage" not in fitted.across_languages.reads
    assert fitted.embedding_model == "encoder:0"
    low, high = (SearchFeatures(0.8 + x, x, x, x, x, x, True) for x in (0.0, 0.12))
    assert fitted.same_language.probability(low) < fitted.threshold < fitted.same_language.probability(high)


def test_an_answer_is_asked_again_where_what_it_depends_on_is_another() -> None:
    cell = Cell(BY_NAME["check"], "small", _SHIPPED, "reader-1")
    row = _row("q1")
    others = [
        replace(cell, arm=BY_NAME["quoting"]).key(row),
        replace(cell, writer="large").key(row),
        replace(cell, reader="reader-2").key(row),
        replace(cell, confidence=replace(_SHIPPED, threshold=0.5)).key(row),
        cell.key(row.model_copy(update={"question": "Who keeps the other key?"})),
    ]
    assert len({cell.key(row), *others}) == len(others) + 1
    # What a right answer must hold is judged anew, and the name of a question means nothing.
    assert cell.key(row.model_copy(update={"id": "q2", "must": (("Bob",),)})) == cell.key(row)
    none = Cell(BY_NAME["none"], "small", _UNREAD, "reader-1")
    assert replace(none, reader="reader-2").key(row) == none.key(row)


def test_a_kept_answer_outlasts_the_process_and_is_judged_anew(tmp_path: Path) -> None:
    row = _row("q1")
    asked = _asked(row, "Ann keeps it.", form=AnswerForm.QUOTED)
    given = given_of(asked, "abc1234")
    assert given is not None
    first = AnswerCache("trial", Given, tmp_path)
    assert first.get("key") is None
    first.put("key", given)
    first.close()
    again = AnswerCache("trial", Given, tmp_path)
    kept = again.get("key")
    again.close()
    assert kept == given
    assert asked_of(row, kept) == asked
    assert not asked_of(row.model_copy(update={"must": (("Bob",),)}), kept).verdict.is_right


def test_a_failure_of_the_model_is_not_kept() -> None:
    assert given_of(_asked(_row("q1"), "", route=None), "abc1234") is None


def test_a_folders_hash_follows_its_files_and_not_pythons_own(tmp_path: Path) -> None:
    (tmp_path / "search.py").write_text("one")
    before = digest_of([tmp_path])
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "search.pyc").write_text("compiled")
    assert digest_of([tmp_path]) == before
    (tmp_path / "search.py").write_text("two")
    assert digest_of([tmp_path]) != before


def test_the_table_sets_each_arm_beside_the_one_before_it() -> None:
    rows = [_row("q1"), _row("q2"), _row("q3", split="report"), _row("q4", split="report")]
    written = [_asked(row, "Bob keeps it.") for row in rows]
    quoted = [
        *(_asked(row, "Ann keeps it.", form=AnswerForm.QUOTED) for row in rows[:3]),
        _asked(rows[3], "I found nothing on this.", route=Route.ABSTAIN),
    ]
    cells = [
        (Cell(BY_NAME[name], "small", _SHIPPED, "reader"), asked)
        for name, asked in (("order", written), ("quoting", quoted))
    ]
    found: dict[str, Any] = table(cells)
    assert found["order"]["small"]["all"]["right, less than before"] is None
    assert found["quoting"]["small"]["all"]["right, less than before"]["difference"] == 0.75
    halves = found["quoting"]["small"]
    assert {half: halves[half]["right"]["share"] for half in halves} == {"all": 0.75, "development": 1.0, "report": 0.5}
    assert halves["all"]["from documents"] == {"quoted": 3}
    assert found["order"]["small"]["all"]["from documents"] == {"written unchecked": 4}
    assert halves["report"]["outcomes"] == {"q3": "right", "q4": "refused"}

    meanings = {name: BY_NAME[name].meaning for name in found}
    figures = {"reader": "abc", "arms": found, "meanings": meanings, "probability without the reader": None}
    made: Provenance = {"command": "python -m x", "commit": "abc", "date": "today", "python": "3.11", "machine": "m"}
    page = "\n".join(ablation_section({"figures": figures, "provenance": made}))
    assert "The reported half, 2 questions" in page
    assert "| quoting | `small` | 0.50" in page
    assert "4 written unchecked" in page


def _row(id_: str, split: str = "development") -> CheckedQuestionRow:
    return CheckedQuestionRow.model_validate(
        {
            "id": id_,
            "kind": "plain_fact",
            "lang": "en",
            "question": "Who keeps the key?",
            "answerable": True,
            "gold": [],
            "must": [["Ann"]],
            "must_not": [],
            "split": split,
        }
    )


def _asked(
    row: CheckedQuestionRow, text: str, *, route: Route | None = Route.RETRIEVAL, form: AnswerForm | None = None
) -> Asked:
    verdict = judge(row, text, abstained=route is Route.ABSTAIN)
    return Asked(row, text, verdict, route, 0.8, None, 0.5, 1.0, form)
