"""What a moderator answered: when a question is the same, and that the answer is then the moderator's own words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from chains.routing.explain import Explainer, deciding_reason
from chains.routing.guidance import load_guidance
from chains.routing.same_question import load_same_question
from chains.types import Answer, Gate, Language, Route, Turn
from finetune.types import Champion
from knowledge.types import Evidence, FoundQAPair
from tests.chains.conftest import Bench

RULE = load_same_question("embedding:1571fc982750")
EXPLAINER = Explainer(load_guidance())
WORDS = "Ten days [sic], and **never** the lathe."

MakeBench = Callable[..., Awaitable[Bench]]
Passage = Callable[..., Evidence]


def pair_of(passage: Evidence, *questions: str, is_same: bool = False) -> FoundQAPair:
    source = replace(passage.source, media="qa", name="question.qa")
    place = replace(passage.chunk.place, heading="\n".join(questions))
    return FoundQAPair(
        replace(passage, source=source, chunk=replace(passage.chunk, place=place)), questions, is_same=is_same
    )


async def ask(bench: Bench, text: str, *pairs: FoundQAPair, **changed: Any) -> Answer:
    bench.retriever.pairs = pairs
    return await bench.assistant.answer(bench.ask(text, **changed))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I cancel my subscription?", "How can I cancel a subscription"),
        ("Can I bring my dog to the meeting?", "Am I allowed to bring my dog to the meeting?"),
        ("When does the workshop open?", "when is the workshop opening"),
        ("Does the kiln reach 1200 degrees?", "Can the kiln reach 1200 degrees?"),
        ("怎么打开夜间模式？", "夜间模式怎么打开"),
        ("怎么成为管理员？", "请问如何成为管理员"),
    ],
)
def test_fillers_and_a_moved_part_make_no_other_question(one: str, other: str) -> None:
    assert RULE.has_same_content(one, other)
    assert RULE.has_same_content(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("When does the workshop open?", "When does the workshop close?"),
        ("Does the kiln reach 1200 degrees?", "Does the kiln reach 1300 degrees?"),
        ("Can members invite guests?", "Can guests invite members?"),
        ("Can guests vote?", "Can guests not vote?"),
        ("Can guests vote?", "Must guests vote?"),
        ("Is there a meeting on Friday?", "Was there a meeting on Friday?"),
        ("Who is the treasurer?", "What does the treasurer do?"),
        ("What is a treasurer?", "What does a treasurer do?"),
        ("What is sunburn?", "What to do for sunburn?"),
        ("Can I change my nickname?", "Can you change my nickname?"),
        ("How do I move from A to B?", "How do I move from B to A?"),
        ("怎么打开夜间模式？", "怎么关闭夜间模式？"),
        ("会员可以邀请访客吗？", "访客可以邀请会员吗？"),
        ("可以带狗吗？", "不可以带狗吗？"),
        ("How do I open GitHub?", "GitHub 怎么打开"),
    ],
)
def test_one_telling_word_or_another_order_makes_another_question(one: str, other: str) -> None:
    assert not RULE.has_same_content(one, other)


def test_for_other_vectors_only_the_same_question_counts() -> None:
    assert load_same_question("somebody's:0").threshold == 1.0


async def test_the_same_question_is_answered_in_the_moderators_own_words(
    make_bench: MakeBench, a_passage: Passage
) -> None:
    bench = await make_bench(a_passage("Tools are lent for seven days.", 2))
    pair = pair_of(a_passage(WORDS), "How long can I borrow a tool?", is_same=True)
    answer = await ask(bench, "how long can i borrow a tool", pair)
    assert (answer.text, answer.route, answer.evidence) == (WORDS, Route.RETRIEVAL, (pair.evidence,))
    assert (answer.model, answer.tools_run) == (None, ())
    assert bench.model.prompts == []
    assert deciding_reason(answer.decision) == Gate("moderators_answer", Route.RETRIEVAL, True, 1.0, 0.9)
    assert bench.assistant.headline(answer).startswith("a moderator answered this very question")
    logged = await bench.log.get(answer.decision_id)
    assert logged.evidence_ids == (pair.evidence.chunk.id,)


async def test_what_says_the_same_is_answered_so_and_told_with_its_similarity(
    make_bench: MakeBench, a_passage: Passage
) -> None:
    bench = await make_bench()
    pair = pair_of(a_passage(WORDS), "How long a loan?", "How the loan lasts?")
    answer = await ask(bench, "the loan lasts", pair)
    assert answer.text == WORDS
    reason = deciding_reason(answer.decision)
    assert isinstance(reason, Gate) and reason.name == "moderators_answer_alike"
    assert reason.figure == pytest.approx(0.999)
    assert "match >99 %, 90 % needed" in bench.assistant.headline(answer)


async def test_what_is_only_near_is_no_answer_by_itself(make_bench: MakeBench, a_passage: Passage) -> None:
    bench = await make_bench(a_passage("Tools are lent for seven days."))
    answer = await ask(bench, "How long can I borrow a boat?", pair_of(a_passage(WORDS), "How long a tool?"))
    assert answer.text.startswith("Two euros.")
    [signal] = [s for s in answer.decision.signals if s.name == "moderators_answer"]
    assert (signal.value, signal.missing) == (None, "no_moderators_answer")


async def test_it_goes_before_the_tuned_model(make_bench: MakeBench, a_passage: Passage, champion: Champion) -> None:
    bench = await make_bench(champions=[champion], likeness={"queue": 0.99})
    without = await ask(bench, "My invoice is wrong")
    assert without.route is Route.SPECIALIST
    answer = await ask(bench, "My invoice is wrong", pair_of(a_passage(WORDS), "My invoice is wrong", is_same=True))
    assert (answer.text, answer.route) == (WORDS, Route.RETRIEVAL)
    turned = answer.decision.counterfactual
    assert turned is not None and turned.change is not None
    assert (turned.route, turned.change.signal, turned.change.value) == (Route.SPECIALIST, "moderators_answer", 1.0)
    assert turned.change.said_value < 0.9
    said = await bench.assistant.explanation(answer.decision_id, Language.EN)
    assert "if the match with a question that a moderator answered had been 89 % instead of 100 %" in said.markdown
    assert "the route would have been “tuned model”" in said.markdown


async def test_an_abstention_that_was_corrected_would_be_one_without_it(
    make_bench: MakeBench, a_passage: Passage
) -> None:
    bench = await make_bench(a_passage("Tea at four.", coverage=0.0))
    assert (await ask(bench, "How much is a permit?")).route is Route.ABSTAIN
    answer = await ask(bench, "How much is a permit?", pair_of(a_passage(WORDS), "How much is a permit?", is_same=True))
    assert answer.text == WORDS
    assert answer.decision.counterfactual is not None
    assert answer.decision.counterfactual.route is Route.ABSTAIN
    said = EXPLAINER.explain(answer.decision, Language.ZH).markdown
    assert "管理员答过这个问题" in said
    assert "就不会作答" in said
    assert "关闭：找到的内容" not in said.split("微调模型加文档")[0]


async def test_small_talk_that_a_moderator_answered_is_answered_so(make_bench: MakeBench, a_passage: Passage) -> None:
    bench = await make_bench()
    answer = await ask(bench, "hi", pair_of(a_passage("Ahoy!"), "hi", is_same=True))
    assert answer.text == "Ahoy!"


async def test_a_route_that_the_member_named_is_obeyed(
    make_bench: MakeBench, a_passage: Passage, champion: Champion
) -> None:
    bench = await make_bench(champions=[champion])
    pair = pair_of(a_passage(WORDS), "My invoice is wrong", is_same=True)
    answer = await ask(bench, "My invoice is wrong", pair, requested_route=Route.SPECIALIST)
    assert answer.text == "queue: billing"
    assert deciding_reason(answer.decision) == Gate("requested", Route.SPECIALIST, True)
    answer = await ask(bench, "My invoice is wrong", pair, requested_route=Route.RETRIEVAL)
    assert answer.text == WORDS
    assert deciding_reason(answer.decision).name == "moderators_answer"


async def test_no_model_chooses_otherwise(make_bench: MakeBench, a_passage: Passage) -> None:
    bench = await make_bench(a_passage("Seven days."), choice=AIMessage("DIRECT"))
    answer = await ask(bench, "How long?", pair_of(a_passage(WORDS), "How long?", is_same=True))
    assert (answer.text, answer.choice) == (WORDS, None)


async def test_in_a_conversation_the_question_itself_counts(make_bench: MakeBench, a_passage: Passage) -> None:
    bench = await make_bench(a_passage("Seven days."))
    pair = pair_of(a_passage(WORDS), "And the lathe?", is_same=True)
    answer = await ask(bench, "And the lathe?", pair, history=(Turn("How long can I borrow a tool?", "Seven days."),))
    assert answer.text == WORDS


async def test_what_no_model_wrote_is_not_measured_as_retrievals_speed(
    make_bench: MakeBench, a_passage: Passage
) -> None:
    bench = await make_bench()
    for _ in range(6):
        await ask(bench, "hi", pair_of(a_passage("Ahoy!"), "hi", is_same=True))
    assert await bench.log.latency("g", Route.RETRIEVAL) is None
    assert (await bench.log.spent("g", Route.RETRIEVAL)).answers == 0


async def test_what_an_answer_rests_on_is_known_from_its_record(make_bench: MakeBench, a_passage: Passage) -> None:
    bench = await make_bench()
    refused = await ask(bench, "How much is a permit?")
    cited = await bench.assistant.cited(refused.decision_id)
    assert (cited.guild_id, cited.chunk_ids, cited.route) == ("g", (), Route.ABSTAIN)


async def test_of_moderators_answers_only_one_to_the_same_question_is_read_by_a_route_that_was_named(
    make_bench: MakeBench, a_passage: Passage, champion: Champion
) -> None:
    document = a_passage("Tools are lent for seven days.", 2)
    bench = await make_bench(document, champions=[champion])
    same = pair_of(a_passage(WORDS), "How long a tool?", is_same=True)
    answer = await ask(bench, "How long a tool?", same, requested_route=Route.COMBINED)
    assert [item.chunk.text for item in answer.evidence] == [WORDS, document.chunk.text]
    other = pair_of(a_passage(WORDS), "How long a boat?")
    answer = await ask(bench, "How long a tool?", other, requested_route=Route.COMBINED)
    assert [item.chunk.text for item in answer.evidence] == [document.chunk.text]
