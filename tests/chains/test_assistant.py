"""The assistant through its real agent: what runs is what was decided, and what is logged holds no text."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import aclosing
from pathlib import Path

import pytest

from chains.errors import DecisionNotFound, EmptyQuestion, GenerationFailed, QuestionTooLong
from chains.routing.question_kind import QuestionKind
from chains.types import Decided, Delta, Finished, Language, Route, SearchContext, Turn, Waiting
from knowledge.types import Contradiction, Respelling, TextSpan


async def test_an_answer_from_passages_is_read_by_the_model_and_cited(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Mooring costs two euros a night."), words=["It costs ", "two euros."])
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.decision.route is Route.RETRIEVAL
    assert answer.tools_run == ("search_knowledge",)
    assert answer.text == "It costs two euros. [1]"
    assert "Mooring costs two euros" in bench.model.prompts[0][-1].text


async def test_the_documents_are_searched_once_for_decision_and_answer(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Mooring costs two euros."))
    await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert bench.retriever.queries == ["What does mooring cost?"]


async def test_a_refusal_is_written_without_the_model_and_names_what_would_help(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Dogs are welcome.", coverage=0.1))
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.decision.route is Route.ABSTAIN
    assert (answer.tools_run, answer.model, bench.model.prompts) == ((), None, [])
    assert "/ingest" in answer.text
    assert "page1.md" in answer.text


async def test_small_talk_reaches_the_model_without_tools_or_passages(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Dogs are welcome.", coverage=0.1), words=["Hello!"])
    bench.embeddings.kinds["hi there"] = QuestionKind.SMALL_TALK
    answer = await bench.assistant.answer(bench.ask("hi there"))
    assert (answer.decision.route, answer.tools_run, answer.evidence) == (Route.DIRECT, (), ())
    assert "Dogs" not in str(bench.model.prompts)


async def test_what_is_written_without_passages_is_the_answer_as_it_is(make_bench, a_passage) -> None:
    said = "Use names[0], as in [1] and `rows[12]`."
    bench = await make_bench(a_passage("Dogs are welcome.", coverage=0.1), words=[said])
    bench.embeddings.kinds["hi there"] = QuestionKind.SMALL_TALK
    answer = await bench.assistant.answer(bench.ask("hi there"))
    assert (answer.decision.route, answer.text) == (Route.DIRECT, said)


async def test_a_requested_specialist_answers_in_its_own_words(make_bench, a_passage, champion) -> None:
    bench = await make_bench(a_passage("Mooring costs two euros."), champions=[champion])
    answer = await bench.assistant.answer(bench.ask("My card is refused", requested_route=Route.SPECIALIST))
    assert answer.tools_run == ("ask_specialist",)
    assert answer.text == "queue: billing"
    assert answer.model == champion.adapter_sha256
    assert bench.model.prompts == []


async def test_combined_runs_both_tools_in_order(make_bench, a_passage, champion) -> None:
    bench = await make_bench(a_passage("Mooring costs two euros."), champions=[champion])
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?", requested_route=Route.COMBINED))
    assert answer.tools_run == ("search_knowledge", "ask_specialist")
    assert answer.text.startswith("queue: billing")


async def test_events_come_in_order_and_the_words_join_to_the_answer(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."), words=["Two ", "eu", "ros."])
    events = [event async for event in bench.assistant.stream(bench.ask("What does mooring cost?"))]
    assert isinstance(events[0], Decided)
    assert isinstance(events[1], Waiting)
    assert [event.text for event in events if isinstance(event, Delta)] == ["Two ", "eu", "ros."]
    assert isinstance(events[-1], Finished)
    assert events[-1].answer.decision_id == events[0].decision_id


async def test_one_answer_is_written_at_a_time_and_who_waits_knows_how_many_are_ahead(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    async with bench.queue.place():
        events = bench.assistant.stream(bench.ask("What does mooring cost?"))
        assert isinstance(await anext(events), Decided)
        assert await anext(events) == Waiting(1)
    rest = [event async for event in events]
    assert rest[0] == Waiting(0)
    assert isinstance(rest[-1], Finished)


async def test_giving_up_while_waiting_lets_the_next_one_move_up(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    async with bench.queue.place() as first, aclosing(first.ahead()):
        given_up = bench.assistant.stream(bench.ask("What does mooring cost?"))
        await anext(given_up)
        assert await anext(given_up) == Waiting(1)
        await given_up.aclose()
        async with bench.queue.place() as next_one:
            assert await anext(next_one.ahead()) == 1


async def test_the_explanation_of_a_logged_decision_equals_that_of_the_fresh_one(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    for language in Language:
        logged = await bench.assistant.explanation(answer.decision_id, language)
        assert logged == bench.assistant._explainer.explain(answer.decision, language)
    assert await bench.assistant.asker_of(answer.decision_id) == "member-1"
    cited = await bench.assistant.cited(answer.decision_id)
    assert cited.chunk_ids == tuple(item.chunk.id for item in answer.evidence) != ()


async def test_the_log_holds_neither_question_nor_passage_nor_answer(make_bench, a_passage, tmp_path: Path) -> None:
    bench = await make_bench(a_passage("A zyzzyva crossed the harbour."), words=["Quokkas wave."])
    await bench.assistant.answer(bench.ask("Which xylophone is it?"))
    with sqlite3.connect(tmp_path / "decisions.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    stored = (tmp_path / "decisions.db").read_bytes()
    assert all(word not in stored for word in (b"zyzzyva", b"xylophone", b"Quokkas"))


async def test_what_cannot_be_understood_alone_is_read_behind_the_question_before(make_bench, a_passage) -> None:
    parted = await make_bench(a_passage("Bus 17."))
    await parted.assistant.answer(parted.ask("Which bus goes to the shed, and how often does it run?"))
    first, second = "Which bus goes to the shed?", "how often does it run?"
    assert parted.retriever.read_for == [first, f"{first} {second}"]

    followed = await make_bench(a_passage("Bus 17."))
    earlier = (Turn(first, "Bus 17."),)
    await followed.assistant.answer(followed.ask("Where does it start?", history=earlier))
    assert followed.retriever.read_for == [None, f"{first} Where does it start?"]


async def test_a_follow_up_is_also_searched_behind_the_question_before(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    earlier = (Turn("What does mooring cost?", "Two euros."),)
    await bench.assistant.answer(bench.ask("And in winter?", history=earlier))
    assert bench.retriever.queries == ["And in winter?", "And in winter? What does mooring cost?"]


async def test_what_counts_of_two_searches_is_on_record_and_said_in_both_languages(make_bench, a_passage) -> None:
    bench = await make_bench()
    found = {"What does mooring cost?": 0.9}
    earlier = (Turn("Hello there?", "Hi."), Turn("What does mooring cost?", "Two euros."))
    bench.retriever.evidence_of = lambda query: (
        a_passage("Two euros.", coverage=max((found[part] for part in found if part in query), default=0.1)),
    )
    answer = await bench.assistant.answer(bench.ask("And in winter?", history=earlier))
    assert bench.retriever.queries == ["And in winter?", "And in winter? What does mooring cost? Hello there?"]
    assert answer.decision.searched == SearchContext(behind=2)
    for language, said in ((Language.EN, "together with the 2 before it"), (Language.ZH, "和前 2 个问题合在一起搜索")):
        explained = await bench.assistant.explanation(answer.decision_id, language)
        assert said in explained.markdown
        assert explained.behind == 2
    found["And in winter?"] = 0.95
    alone = await bench.assistant.answer(bench.ask("And in winter?", history=earlier))
    assert alone.decision.searched == SearchContext()
    assert "Searched for" not in (await bench.assistant.explanation(alone.decision_id, Language.EN)).markdown


async def test_words_searched_for_in_another_spelling_are_told_in_the_answer_and_counted_on_record(
    make_bench, a_passage, tmp_path: Path
) -> None:
    bench = await make_bench(a_passage("Two euros."))
    bench.retriever.respelled = (Respelling("xylofone", "xylophone"), Respelling("zyzyva", "zyzzyva"))
    answer = await bench.assistant.answer(bench.ask("What does it cost?"))
    assert answer.respelled == bench.retriever.respelled
    assert answer.decision.searched == SearchContext(respelled=2)
    for language, said in (
        (Language.EN, "2 words of the question are in none of the documents"),
        (Language.ZH, "问题里有 2 个词在文档里找不到"),
    ):
        assert said in (await bench.assistant.explanation(answer.decision_id, language)).markdown
    bench.retriever.respelled = bench.retriever.respelled[:1]
    one = await bench.assistant.answer(bench.ask("What does it cost?"))
    assert "one word of the question is" in (await bench.assistant.explanation(one.decision_id, Language.EN)).markdown
    with sqlite3.connect(tmp_path / "decisions.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    stored = (tmp_path / "decisions.db").read_bytes()
    assert all(word not in stored for word in (b"xylo", b"zyz"))


async def test_what_is_polite_or_markup_in_a_question_is_not_measured(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Mooring costs two euros."))
    earlier = (Turn("Hi there! Could you please tell me what mooring costs? Thanks", "Two euros."),)
    await bench.assistant.answer(bench.ask("Thank you! What about winter <@12>?", history=earlier))
    assert bench.retriever.queries == [
        "Thank you! What about winter <@12>?",
        "What about winter? what mooring costs?",
    ]


async def test_only_differences_between_passages_that_are_read_are_on_record(make_bench, a_passage) -> None:
    bench = await make_bench(*(a_passage(f"It costs {number} euros.", number) for number in (1, 2, 3)))
    both, unread = (Contradiction(TextSpan("c1", 0, 17), TextSpan(other, 0, 17)) for other in ("c2", "c3"))
    bench.retriever.contradictions = (both, unread)
    bench.retriever.reranker = "hf:mine"
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.decision.contradictions == (both,)
    explained = (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown
    assert "**Sources disagree:**" in explained
    assert "**Order of the passages:** by hf:mine" in explained


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_an_empty_question_is_told_so(make_bench, text: str) -> None:
    bench = await make_bench()
    with pytest.raises(EmptyQuestion, match="empty"):
        await bench.assistant.answer(bench.ask(text))


async def test_a_question_over_the_limit_is_told_both_figures(make_bench) -> None:
    bench = await make_bench()
    with pytest.raises(QuestionTooLong, match=r"4,000 characters; the limit is 2,000"):
        await bench.assistant.answer(bench.ask("x" * 4000))


async def test_a_failing_model_is_said_and_leaves_the_queue_free(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    bench.model.fails = True
    with pytest.raises(GenerationFailed, match="scripted"):
        await bench.assistant.answer(bench.ask("What does mooring cost?"))
    bench.model.fails = False
    async with asyncio.timeout(10):
        assert (await bench.assistant.answer(bench.ask("What does mooring cost?"))).text


async def test_an_unknown_decision_is_not_explained(make_bench) -> None:
    bench = await make_bench()
    with pytest.raises(DecisionNotFound, match="Ask"):
        await bench.assistant.explanation("nothing", Language.EN)


async def test_latency_is_stated_only_after_five_answers(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Two euros."))
    for expected in (False, False, False, False, True):
        await bench.assistant.answer(bench.ask("What does mooring cost?"))
        assert (await bench.log.latency("g", Route.RETRIEVAL) is not None) is expected
    assert await bench.log.latency("other", Route.RETRIEVAL) is None
