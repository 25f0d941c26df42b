"""A label of which the tuned model is too unsure is no answer, and the record says so beside the decision."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from chains.decision_log import DecisionLog
from chains.types import Delta, LabelChoice, Language, Route
from finetune.types import Champion, LabelHelp, TaskKind

ASKED = "My invoice is wrong"


@pytest.fixture
def labelling(champion: Champion) -> Champion:
    described = (LabelHelp("billing", "Write to the treasurer.", "#money"),)
    return replace(champion, kind=TaskKind.LABEL, labels=("billing", "keys"), label_help=described, label_threshold=0.6)


async def asked(make_bench, champion: Champion, probability: float, **more):
    bench = await make_bench(champions=[champion], likeness={"queue": 0.95}, label_probability=probability)
    return bench, await bench.assistant.answer(bench.ask(ASKED, **more))


async def test_an_unsure_label_is_declined_in_plain_words_and_nothing_of_it_is_shown(make_bench, labelling) -> None:
    bench = await make_bench(champions=[labelling], likeness={"queue": 0.95}, label_probability=0.4)
    events = [event async for event in bench.assistant.stream(bench.ask(ASKED))]
    answer = events[-1].answer
    assert not any(isinstance(event, Delta) for event in events)
    assert answer.route is Route.ABSTAIN
    assert (answer.model, answer.evidence, answer.tools_run) == (None, (), ("ask_specialist",))
    assert "billing" not in answer.text and "treasurer" not in answer.text
    assert "isn't sure enough which label fits" in answer.text
    assert answer.label == LabelChoice(0.4, 0.6, declined=True)
    assert bench.assistant.headline(answer) == ("the tuned model wasn't sure enough of its label (40 %, 60 % needed)")


async def test_it_is_declined_in_chinese_too(make_bench, labelling) -> None:
    bench, answer = await asked(make_bench, labelling, 0.4, language=Language.ZH)
    assert "没有足够的把握" in answer.text
    assert "把握不够（40 %，至少要 60 %）" in bench.assistant.headline(answer)
    assert "最终没有作答" in (await bench.assistant.explanation(answer.decision_id, Language.ZH)).markdown


async def test_the_decision_stays_on_record_and_the_decline_stands_beside_it_after_a_restart(
    make_bench, labelling, tmp_path: Path
) -> None:
    bench, answer = await asked(make_bench, labelling, 0.4)
    assert answer.decision.route is Route.SPECIALIST
    logged = await DecisionLog(tmp_path / "decisions.db").get(answer.decision_id)
    assert (logged.decision, logged.label) == (answer.decision, answer.label)
    said = (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown
    assert said.startswith("**No answer in the end:** the tuned model's likeliest label")
    assert "a probability of only 40 % (60 % needed" in said
    assert "**Route: tuned model**" in said
    assert (await bench.assistant.cited(answer.decision_id)).route is Route.ABSTAIN
    with closing(sqlite3.connect(tmp_path / "decisions.db")) as database:
        assert "billing" not in "".join(map(str, database.execute("SELECT * FROM decision").fetchall()))


async def test_a_sure_label_is_the_answer_and_why_says_how_sure(make_bench, labelling) -> None:
    bench, answer = await asked(make_bench, labelling, 0.6)
    assert answer.route is Route.SPECIALIST
    assert answer.text == "**billing**\nWrite to the treasurer. #money"
    said = (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown
    assert said.startswith("**The tuned model's label:** probability 60 % among all its labels (60 % needed).")


async def test_a_member_who_asks_for_the_tuned_model_gets_its_label_and_how_unsure_it_is(make_bench, labelling) -> None:
    bench, answer = await asked(make_bench, labelling, 0.4, requested_route=Route.SPECIALIST)
    assert answer.route is Route.SPECIALIST
    assert answer.text.startswith("**billing**")
    said = (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown
    assert "You asked for this route, so it is given all the same" in said


async def test_what_was_not_measured_declines_nothing_and_is_said(make_bench, labelling) -> None:
    bench, answer = await asked(make_bench, replace(labelling, label_threshold=None), 0.1)
    assert answer.text.startswith("**billing**")
    assert "wasn't measured" in (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown


async def test_a_label_that_a_model_chose_to_ask_for_is_declined_as_well(make_bench, a_passage, labelling) -> None:
    call = {"name": "ask_specialist", "args": {}, "id": "1"}
    bench = await make_bench(
        a_passage("Two euros."),
        champions=[labelling],
        likeness={"queue": 0.7},
        choice=AIMessage("", tool_calls=[call]),
        label_probability=0.4,
    )
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert answer.choice.route is Route.SPECIALIST
    assert answer.route is Route.ABSTAIN
    said = (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown
    assert said.index("No answer in the end") < said.index("The model chose “tuned model”")
