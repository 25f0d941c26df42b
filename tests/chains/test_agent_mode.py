"""`ROUTING=agent`: the model chooses each route, the policy's decision stays as it is, and both are shown."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from chains.agent_mode import Chooser
from chains.errors import GenerationFailed, ToolsUnknown
from chains.routing.explain import Explainer
from chains.routing.guidance import load_guidance
from chains.types import Chosen, Decided, Delta, Finished, Language, Route, Turn, Waiting
from finetune.serving.local_model import LocalChatModel

ASKED = "What does mooring cost?"
DIRECT = AIMessage("Direct.")


def calls(*names: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": {}, "id": name} for name in names])


SEARCH, SPECIALIST = calls("search_knowledge"), calls("ask_specialist")
BOTH, DECLINE = calls("search_knowledge", "ask_specialist"), calls("decline")
BROKEN = AIMessage(
    "", invalid_tool_calls=[{"name": None, "args": '"search', "id": "1", "error": None, "type": "invalid_tool_call"}]
)


@pytest.mark.parametrize(
    ("choice", "route", "tools", "text"),
    [
        (SEARCH, Route.RETRIEVAL, ("search_knowledge",), "Two euros. [1]"),
        (SPECIALIST, Route.SPECIALIST, ("ask_specialist",), "queue: billing"),
        (BOTH, Route.COMBINED, ("search_knowledge", "ask_specialist"), "queue: billing"),
        (DIRECT, Route.DIRECT, (), "Two euros."),
        (DECLINE, Route.ABSTAIN, (), "I don't know this"),
    ],
)
async def test_the_model_chooses_each_route(make_bench, a_passage, champion, choice, route, tools, text) -> None:
    likeness = {"queue": 0.6}
    bench = await make_bench(a_passage("Two euros."), champions=[champion], choice=choice, likeness=likeness)
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert (answer.route, answer.tools_run) == (route, tools)
    assert answer.text.startswith(text)
    assert answer.decision.route is Route.RETRIEVAL
    assert answer.choice is not None
    assert (answer.choice.route, answer.choice.fell_back, answer.choice.model) == (route, False, "scripted")
    assert bool(answer.evidence) == ("search_knowledge" in tools)
    assert (answer.model is None) == (route is Route.ABSTAIN)
    assert len(bench.model.prompts) == (2 if route in {Route.RETRIEVAL, Route.DIRECT} else 1)


async def test_the_model_is_shown_the_figures_in_words_and_the_offered_choices(make_bench, a_passage, champion) -> None:
    bench = await make_bench(
        a_passage("Two euros."), champions=[champion], likeness={champion.skill: 0.9}, choice=SEARCH
    )
    await bench.assistant.answer(bench.ask(ASKED))
    system, asked = (message.text for message in bench.model.prompts[0])
    assert "probability that the passages hold the answer: 98 %" in system
    assert all(name in system for name in ("search_knowledge", "ask_specialist", "decline", "DIRECT"))
    assert asked == f"Question: {ASKED}"
    assert "Two euros." not in system
    assert bench.model.offered[-1] == ["search_knowledge", "ask_specialist", "decline"]


async def test_a_tuned_model_is_not_offered_for_a_question_unlike_its_training(make_bench, a_passage, champion) -> None:
    bench = await make_bench(
        a_passage("Two euros."), champions=[champion], likeness={champion.skill: 0.1}, choice=SPECIALIST
    )
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert bench.model.offered[-1] == ["search_knowledge", "decline"]
    assert (answer.route, answer.choice.fell_back) == (Route.RETRIEVAL, True)


@pytest.mark.parametrize(
    "choice",
    [
        BROKEN,
        AIMessage(""),
        AIMessage('{"name": "search_knowledge"}'),
        AIMessage("It costs two euros."),
        calls("shell"),
        SPECIALIST,
        BOTH,
        calls("decline", "shell"),
    ],
)
async def test_a_choice_that_is_not_offered_or_not_readable_falls_back_and_says_so(
    make_bench, a_passage, choice
) -> None:
    bench = await make_bench(a_passage("Two euros."), choice=choice)
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert bench.model.offered[-1] == ["search_knowledge", "decline"]
    assert (answer.route, answer.tools_run) == (Route.RETRIEVAL, ("search_knowledge",))
    assert answer.choice is not None
    assert answer.choice.fell_back
    assert "chose no available route, so the policy's was taken: chance" in bench.assistant.headline(answer)
    told = (await bench.assistant.explanation(answer.decision_id, Language.ZH)).markdown
    assert told.startswith("**模型没有选出可用的方式，改用策略的选择。**")


async def test_what_is_not_there_is_not_offered(make_bench) -> None:
    bench = await make_bench(choice=SEARCH)
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert bench.model.offered[-1] == ["decline"]
    assert answer.choice is not None
    assert answer.choice.offered == (Route.DIRECT, Route.ABSTAIN)
    assert (answer.route, answer.choice.fell_back) == (Route.ABSTAIN, True)
    assert "There are no documents yet" in answer.text


async def test_weak_passages_may_be_chosen_and_both_views_are_shown(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros.", coverage=0.1), choice=SEARCH)
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert (answer.route, answer.decision.route) == (Route.RETRIEVAL, Route.ABSTAIN)
    assert answer.text == "Two euros. [1]"
    assert bench.assistant.headline(answer).startswith(
        "the model chose “documents”; the policy would have chosen “no answer” (chance that the text found"
    )
    english, chinese = [
        (await bench.assistant.explanation(answer.decision_id, language)).markdown for language in Language
    ]
    assert english.startswith("**The model chose “documents”.** scripted saw the figures below")
    assert "The policy would have chosen “no answer”" in english
    assert "**Route: no answer**" in english
    assert chinese.startswith("**模型选了“查文档”。**scripted")
    assert "策略原本会选“不作答”" in chinese
    assert "**回答方式：不作答**" in chinese


@pytest.mark.parametrize(
    ("language", "headline", "report"),
    [
        (Language.EN, "the model and the policy agree: chance", "**The model and the policy agree.**"),
        (Language.ZH, "模型和策略意见一致：找到的内容", "**模型和策略意见一致。**"),
    ],
)
async def test_agreement_is_said_in_one_line(make_bench, a_passage, language, headline, report) -> None:
    bench = await make_bench(a_passage("Two euros."), choice=SEARCH)
    answer = await bench.assistant.answer(bench.ask(ASKED, language))
    assert bench.assistant.headline(answer).startswith(headline)
    told = (await bench.assistant.explanation(answer.decision_id, language)).markdown
    assert told.splitlines()[0].startswith(report)


async def test_the_decision_on_record_is_that_of_the_policy_alone(make_bench, a_passage) -> None:
    weak = a_passage("Two euros.", coverage=0.1)
    bench = await make_bench(weak)
    policy = await bench.assistant.answer(bench.ask(ASKED))
    bench = await make_bench(weak, choice=SEARCH)
    answer = await bench.assistant.answer(bench.ask(ASKED))
    logged = await bench.log.get(answer.decision_id)
    assert logged.decision == answer.decision == policy.decision
    assert (logged.choice, logged.evidence_ids) == (answer.choice, ("c1",))
    assert (await bench.log.get(policy.decision_id)).choice is None


async def test_without_agent_mode_the_model_is_called_once_and_shown_no_tool(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    answer = await bench.assistant.answer(bench.ask(ASKED))
    assert (answer.choice, len(bench.model.prompts), bench.model.offered) == (None, 1, [])


async def test_a_members_request_goes_before_the_models_choice(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."), choice=DECLINE)
    answer = await bench.assistant.answer(bench.ask(ASKED, requested_route=Route.RETRIEVAL))
    assert (answer.route, answer.choice, len(bench.model.prompts)) == (Route.RETRIEVAL, None, 1)


async def test_the_choice_is_made_in_the_answers_turn_and_told_before_the_first_word(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."), choice=SEARCH)
    decided, waiting, chosen, *words, finished = [event async for event in bench.assistant.stream(bench.ask(ASKED))]
    assert isinstance(decided, Decided)
    assert decided.evidence == ()
    assert waiting == Waiting(0)
    assert isinstance(chosen, Chosen)
    assert len(chosen.evidence) == 1
    assert all(isinstance(word, Delta) for word in words)
    assert isinstance(finished, Finished)


async def test_a_model_that_fails_to_choose_is_said_and_leaves_the_queue_free(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."), choice=SEARCH)
    bench.model.fails = True
    with pytest.raises(GenerationFailed, match="scripted"):
        await bench.assistant.answer(bench.ask(ASKED))
    bench.model.fails = False
    async with asyncio.timeout(10):
        assert (await bench.assistant.answer(bench.ask(ASKED))).text


async def test_a_follow_up_is_chosen_for_behind_the_question_before(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."), choice=SEARCH)
    await bench.assistant.answer(bench.ask("And in winter?", history=(Turn(ASKED, "Two euros."),)))
    assert bench.model.prompts[0][-1].text == f"Earlier question: {ASKED}\n\nQuestion: And in winter?"


def test_a_model_without_tools_is_refused_at_load(small_model_folder: Path) -> None:
    model = LocalChatModel(folder=small_model_folder)
    try:
        with pytest.raises(ToolsUnknown, match="Set ROUTING=policy"):
            Chooser(model, model.title, (), Explainer(load_guidance()))
    finally:
        model.close()


async def test_the_measured_time_counts_for_the_route_that_was_taken(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros.", coverage=0.1), choice=SEARCH)
    for _ in range(5):
        await bench.assistant.answer(bench.ask(ASKED))
    assert await bench.log.latency("g", Route.RETRIEVAL) is not None
    assert await bench.log.latency("g", Route.ABSTAIN) is None
