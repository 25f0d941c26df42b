"""Questions about the bot: answered from facts at that moment, without a model, and recorded like any other."""

from __future__ import annotations

import sqlite3
import string
import tomllib
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from chains.bot_facts import BotFacts, ModelFact, SelfDescription
from chains.routing.question_kind import QuestionKind
from chains.types import AskedIn, BotTopic, Decided, Delta, Finished, Language, Question, Right, Route, Turn, Waiting
from knowledge.types import Reader
from tests.chains.conftest import FACTS

TOLD = [topic for topic in BotTopic if topic is not BotTopic.WHY]
EVERYTHING = frozenset(Right)


def describe(topic: BotTopic, facts: BotFacts = FACTS, language: Language = Language.EN, **changed: object) -> str:
    question = Question("?", "g", "m", Reader(frozenset()), language)
    return SelfDescription().describe(topic, facts, replace(question, **changed))


@pytest.mark.parametrize("topic", TOLD)
@pytest.mark.parametrize("language", list(Language))
async def test_a_question_about_the_bot_is_answered_from_facts_and_no_model_is_asked(
    make_bench, a_passage, language: Language, topic: BotTopic
) -> None:
    bench = await make_bench(a_passage("Dogs are welcome.", coverage=0.1))
    asked = bench.ask(bench.embeddings.ask_about_bot("a question about you", topic), language)
    events = [event async for event in bench.assistant.stream(asked)]
    assert [type(event) for event in events] == [Decided, Finished]
    answer = events[-1].answer
    assert (answer.route, answer.model, answer.evidence, answer.tools_run) == (Route.DIRECT, None, (), ())
    assert answer.text == describe(topic, language=language, text=asked.text)
    assert (bench.model.prompts, bench.sampled.prompts) == ([], [])
    assert bench.facts.asked == [asked]  # Whoever reads the answer decides what may be in it.


@pytest.mark.parametrize("language", list(Language))
async def test_the_small_line_and_why_say_that_it_was_computed_from_facts(make_bench, language: Language) -> None:
    bench = await make_bench()
    text = bench.embeddings.ask_about_bot("a question about you", BotTopic.MODELS)
    answer = await bench.assistant.answer(bench.ask(text, language))
    explained = await bench.assistant.explanation(answer.decision_id, language)
    said = {Language.EN: "computed from facts", Language.ZH: "事实算出"}[language]
    assert said in bench.assistant.headline(answer)
    assert said in explained.headline and said in explained.markdown
    assert (await bench.log.get(answer.decision_id)).decision.bot_topic is BotTopic.MODELS


async def test_what_was_asked_before_is_not_searched_for_a_question_about_the_bot(make_bench, a_passage) -> None:
    bench = await make_bench()
    bench.retriever.evidence_of = lambda query: (a_passage("Two euros.", coverage=0.9 if "mooring" in query else 0.1),)
    text = bench.embeddings.ask_about_bot("why did you say that?", BotTopic.WHY)
    history = (Turn("What does mooring cost?", "Two euros."),)
    answer = await bench.assistant.answer(bench.ask(text, history=history))
    assert (bench.retriever.queries, answer.route) == ([text], Route.DIRECT)


async def test_passages_that_share_its_words_do_not_answer_a_question_about_the_bot(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Moderators err too. When they do, they say so.", coverage=0.9))
    text = bench.embeddings.ask_about_bot("why did you say that?", BotTopic.WHY)
    assert (await bench.assistant.answer(bench.ask(text))).route is Route.DIRECT


async def test_small_talk_on_the_same_route_is_written_by_the_model(make_bench) -> None:
    bench = await make_bench(words=["Hello!"])
    bench.embeddings.kinds["hi there"] = QuestionKind.SMALL_TALK
    answer = await bench.assistant.answer(bench.ask("hi there"))
    assert (answer.route, answer.text, answer.model) == (Route.DIRECT, "Hello!", "scripted")
    assert answer.decision.bot_topic is None
    assert "facts" not in bench.assistant.headline(answer).replace("facts to look up", "")


async def test_passages_that_answer_it_go_before_facts_about_the_bot_only_if_they_are_asked_for(
    make_bench, a_passage
) -> None:
    bench = await make_bench(a_passage("Routewise was set up by the committee.", coverage=0.99), words=["Them."])
    text = bench.embeddings.ask_about_bot("who set you up?", BotTopic.GENERAL)
    requested = await bench.assistant.answer(bench.ask(text, requested_route=Route.RETRIEVAL))
    assert (requested.route, requested.model) == (Route.RETRIEVAL, "scripted")
    assert "computed from facts" not in bench.assistant.headline(requested)
    direct = await bench.assistant.answer(bench.ask(text, requested_route=Route.DIRECT))
    assert (direct.route, direct.model) == (Route.DIRECT, None)


async def test_a_model_that_chooses_routes_is_not_asked_about_the_bot(make_bench) -> None:
    bench = await make_bench(choice=AIMessage("DIRECT"))
    text = bench.embeddings.ask_about_bot("what can you do?", BotTopic.ABILITIES)
    answer = await bench.assistant.answer(bench.ask(text))
    assert (answer.choice, answer.model, bench.model.prompts) == (None, None, [])


async def test_a_direct_answer_that_the_model_chose_is_filled_with_facts_too(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("The bot is called Routewise.", coverage=0.99), choice=AIMessage("DIRECT"))
    text = bench.embeddings.ask_about_bot("what is your name?", BotTopic.GENERAL)
    bench.assistant._router._policy = _preferring_retrieval(bench)
    answer = await bench.assistant.answer(bench.ask(text))
    assert answer.decision.route is Route.RETRIEVAL
    assert (answer.route, answer.model) == (Route.DIRECT, None)
    assert answer.text == describe(BotTopic.GENERAL)


def _preferring_retrieval(bench):
    policy = bench.assistant._router._policy
    return replace(policy, terms=tuple(t for t in policy.terms if t.route is not Route.DIRECT))


async def _ask_for_the_price(bench, a_passage):
    found = a_passage("Mooring costs two euros a night.")
    bench.retriever.evidence_of = lambda query: (found,) if "mooring" in query else ()
    answer = await bench.assistant.answer(bench.ask("What does mooring cost?"))
    assert answer.route is Route.RETRIEVAL
    return answer


async def _ask_why(bench, previous: str | None, **changed: str) -> str:
    text = bench.embeddings.ask_about_bot("why did you say that?", BotTopic.WHY)
    asked = replace(bench.ask(text, previous_decision=previous), **changed)
    answer = await bench.assistant.answer(asked)
    assert (answer.route, answer.model) == (Route.DIRECT, None)
    return answer.text


async def test_why_is_answered_from_the_record_of_the_answer_before(make_bench, a_passage) -> None:
    bench = await make_bench()
    answer = await _ask_for_the_price(bench, a_passage)
    said = await _ask_why(bench, answer.decision_id)
    assert "**Route: documents**" in said
    assert bench.assistant.headline(answer) in said
    assert "**What would have changed it:**" in said
    assert "回答方式：查文档" in await _ask_why(bench, answer.decision_id, language=Language.ZH)
    assert bench.facts.asked == []


async def test_why_tells_nothing_of_an_answer_to_somebody_else_or_of_another_server(make_bench, a_passage) -> None:
    bench = await make_bench()
    answer = await _ask_for_the_price(bench, a_passage)
    another_member = await _ask_why(bench, answer.decision_id, asker_id="member-2")
    assert "only they can see its reasons" in another_member
    another_server = await _ask_why(bench, answer.decision_id, guild_id="other")
    assert "I don't know which of my answers you mean" in another_server
    assert "**Route:" not in another_member + another_server


@pytest.mark.parametrize(("previous", "said"), [(None, "Reply to it"), ("gone", "no longer have the record")])
async def test_why_without_a_record_says_what_to_do_and_how_the_bot_decides(make_bench, previous, said: str) -> None:
    answer = await _ask_why(await make_bench(), previous)
    assert said in answer
    assert "the reasons are computed from the figures" in answer


async def test_the_last_decision_is_the_askers_own_and_never_the_question_for_its_reasons(
    make_bench, a_passage
) -> None:
    bench = await make_bench()
    assert await bench.assistant.last_decision("g", "member-1") is None
    for _ in range(2):
        answer = await _ask_for_the_price(bench, a_passage)
    await _ask_why(bench, answer.decision_id)
    await _ask_why(bench, None, asker_id="member-2")
    assert await bench.assistant.last_decision("g", "member-1") == answer.decision_id
    assert await bench.assistant.last_decision("g", "member-2") is None
    assert await bench.assistant.last_decision("other", "member-1") is None


async def test_neither_the_question_nor_the_facts_are_in_the_log(make_bench, tmp_path: Path) -> None:
    bench = await make_bench()
    text = bench.embeddings.ask_about_bot("Which xylophone are you?", BotTopic.DOCUMENTS)
    await bench.assistant.answer(bench.ask(text))
    with sqlite3.connect(tmp_path / "decisions.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    stored = (tmp_path / "decisions.db").read_bytes()
    assert all(word not in stored for word in (b"xylophone", b"page1.md"))


def test_documents_are_counted_and_the_latest_are_named_with_their_dates() -> None:
    lines = describe(BotTopic.DOCUMENTS).splitlines()
    assert lines[0] == (
        "I can use 11 documents here (1,234 passages): what everyone who can read this channel can see."
    )
    assert lines[1] == "- `page1.md`, 2026-11-29"
    assert lines[9] == "- and 3 more"
    assert "latest is from 2026-11-29, the oldest from 2026-11-19" in lines[10]
    assert "Moderators have answered 1 question themselves" in lines[11]
    of_one_day = tuple(replace(each, as_of=FACTS.documents[0].as_of) for each in FACTS.documents[:2])
    assert "All of them are from 2026-11-29" in describe(BotTopic.DOCUMENTS, replace(FACTS, documents=of_one_day))
    one = replace(FACTS, documents=FACTS.documents[:1], passage_count=1, moderators_answers=0)
    assert describe(BotTopic.DOCUMENTS, one).splitlines()[1:] == ["- `page1.md`, 2026-11-29"]


@pytest.mark.parametrize(
    ("asked_in", "said"),
    [
        (AskedIn.CHANNEL, "none that everyone who can read this channel can see"),
        (AskedIn.PRIVATE, "none on this server that you can see"),
        (AskedIn.DIRECT_MESSAGE, "none on this server that you can see"),
        (AskedIn.TERMINAL, "python -m knowledge ingest"),
    ],
)
def test_no_documents_is_said_for_those_who_read_the_answer(asked_in: AskedIn, said: str) -> None:
    nothing = replace(FACTS, documents=(), passage_count=0, moderators_answers=0)
    assert said in describe(BotTopic.DOCUMENTS, nothing, asked_in=asked_in)


def test_a_documents_name_formats_nothing() -> None:
    odd = replace(FACTS, documents=(replace(FACTS.documents[0], name="**all** <@1> `x`.md"),))
    assert "- `**all** <@1> 'x'.md`, " in describe(BotTopic.DOCUMENTS, odd)


def test_models_are_named_with_where_they_run_how_good_they_are_and_what_was_measured() -> None:
    said = describe(BotTopic.MODELS)
    assert "**Tiny-0.5B** writes what I say in my own words, on this machine." in said
    assert "often stumbles over lists" in said
    assert "of the kind `help desk`: it scored 91% on test examples, its base 40%" in said
    assert "took 3.2 s or less" in said
    models = replace(
        FACTS.models, chat=ModelFact("openai:gpt", is_external=True), chat_quality="other", reranker="mine"
    )
    provider = describe(BotTopic.MODELS, replace(FACTS, models=models, tuned=(), seconds_p50=None))
    assert "**openai:gpt** writes what I say in my own words, but not on this machine" in provider
    assert "**mine** puts the best passages in order" in provider
    assert "No tuned model answers here yet" in provider
    assert "s or less" not in provider


def test_what_one_can_do_depends_on_ones_permissions_and_on_the_place() -> None:
    member = describe(BotTopic.ABILITIES)
    assert "You can't add documents" in member and "You can't train a model" in member
    moderator = describe(BotTopic.ABILITIES, rights=frozenset({Right.MANAGE_DOCUMENTS}))
    assert "Add documents with `/ingest` (Markdown and PDF)" in moderator and "You can't train a model" in moderator
    admin = describe(BotTopic.ABILITIES, rights=EVERYTHING)
    assert "can't" not in admin.rpartition("\n")[0]
    alone = describe(BotTopic.ABILITIES, rights=EVERYTHING, asked_in=AskedIn.DIRECT_MESSAGE)
    assert "On the server you can add documents" in alone and "On the server you can train" in alone
    terminal = describe(BotTopic.ABILITIES, rights=EVERYTHING, asked_in=AskedIn.TERMINAL)
    assert "python -m knowledge ingest" in terminal and "/ingest" not in terminal


def test_what_is_kept_follows_the_settings_and_the_models() -> None:
    assert "keep a record for 1 day:" in describe(BotTopic.PRIVACY, replace(FACTS, kept_days=1))
    assert "Nothing that you ask leaves my machine" in describe(BotTopic.PRIVACY)
    both = replace(
        FACTS.models, chat=ModelFact("openai:a", is_external=True), search=ModelFact("openai:b", is_external=True)
    )
    said = describe(BotTopic.PRIVACY, replace(FACTS, models=both))
    assert "Nothing that you ask leaves" not in said
    assert "**openai:a** doesn't run on my machine" in said and "**openai:b** doesn't run on my machine" in said


def test_both_languages_have_the_same_sentences_with_the_same_fields() -> None:
    tables = [
        tomllib.loads(resources.files("chains").joinpath(f"bot_facts_{language}.toml").read_text("utf-8"))
        for language in Language
    ]
    fields = [
        {
            (chapter, key): {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for chapter, texts in table.items()
            for key, text in texts.items()
        }
        for table in tables
    ]
    assert fields[0] == fields[1]


async def test_the_answer_of_a_model_is_still_streamed(make_bench) -> None:
    bench = await make_bench(words=["Hel", "lo!"])
    bench.embeddings.kinds["hi there"] = QuestionKind.SMALL_TALK
    events = [event async for event in bench.assistant.stream(bench.ask("hi there"))]
    assert [event.text for event in events if isinstance(event, Delta)] == ["Hel", "lo!"]
    assert any(isinstance(event, Waiting) for event in events)
