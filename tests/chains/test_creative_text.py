"""Creative text and small talk: what is searched for, what the model reads, which model writes, and where it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.prompts import system_prompt
from chains.routing.creative_subject import subject_of
from chains.routing.question_kind import QuestionKind
from chains.small_talk import load_small_talk
from chains.types import Language, Route, SearchContext, Turn
from knowledge.models.local_embeddings import LocalEmbeddings

POEM = "Write me a short poem about our boats"


@pytest.mark.parametrize(
    ("wish", "subject"),
    [
        (POEM, "our boats"),
        ("a rap on the rules for life jackets!", "the rules for life jackets"),
        ("draft an email reminding members to bring tools back", "members to bring tools back"),
        ("compose a love letter", None),
        ("写一首关于我们船队的小诗", "我们船队"),
        ("帮我写个中文工坊日的通知", "中文工坊日"),
        ("写一段介绍我们俱乐部的话。", "我们俱乐部"),
        ("给新成员写一封欢迎信", "新成员"),
        ("编个笑话", None),
    ],
)
def test_what_a_text_is_to_be_about_is_found_in_the_wish(wish: str, subject: str | None) -> None:
    assert subject_of(wish, Language.of(wish)) == subject


async def _ask(bench, text: str, kind: QuestionKind, **changed):
    bench.embeddings.kinds[text] = kind
    return await bench.assistant.answer(bench.ask(text, Language.of(text), **changed))


async def test_a_poem_about_the_communitys_things_is_written_from_passages_by_the_model_that_draws_its_words(
    make_bench, a_passage
) -> None:
    bench = await make_bench(words=["Old ", "planks."])
    boats = a_passage("Lantern is the oldest of the three boats.", coverage=0.5)
    bench.retriever.evidence_of = lambda query: (boats,) if query == "our boats" else ()
    answer = await _ask(bench, POEM, QuestionKind.CREATIVE)
    assert (answer.route, answer.evidence) == (Route.RETRIEVAL, (boats,))
    assert answer.decision.searched == SearchContext(is_subject=True)
    [[system, asked]] = bench.sampled.prompts
    assert system.text == system_prompt(Language.EN, True, QuestionKind.CREATIVE) != system_prompt(Language.EN, True)
    assert "Lantern is the oldest" in asked.text and asked.text.endswith(POEM)
    assert bench.model.prompts == []
    explained = (await bench.assistant.explanation(answer.decision_id, Language.EN)).markdown
    assert "only what this is to be about" in explained


async def test_a_poem_about_anything_else_is_written_without_passages(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Lantern is the oldest boat.", coverage=0.1), words=["Oh, ", "moon."])
    answer = await _ask(bench, "Write a poem about the moon", QuestionKind.CREATIVE)
    assert (answer.route, answer.evidence, answer.text) == (Route.DIRECT, (), "Oh, moon.")
    [[system, asked]] = bench.sampled.prompts
    assert system.text == system_prompt(Language.EN, False, QuestionKind.CREATIVE)
    assert asked.text == "Write a poem about the moon"


async def test_small_talk_is_shown_the_examples_most_like_it_and_draws_its_words(make_bench) -> None:
    bench = await make_bench(words=["Rest ", "well!"])
    # The scripted encoder knows kinds alone: these two are of the message's kind, the third is not.
    bench.embeddings.kinds |= {"hello": QuestionKind.SMALL_TALK, "so tired": QuestionKind.SMALL_TALK}
    answer = await _ask(bench, "I had a rough climb", QuestionKind.SMALL_TALK, history=(Turn("hi", "Hello!"),))
    assert (answer.route, answer.text) == (Route.DIRECT, "Rest well!")
    [[system, *conversation]] = bench.sampled.prompts
    assert system.text == system_prompt(Language.EN, False, QuestionKind.SMALL_TALK)
    said = [message.text for message in conversation]
    assert {tuple(said[:2]), tuple(said[2:4])} == {("hello", "Hi!"), ("so tired", "Rest well!")}
    assert said[4:] == ["hi", "Hello!", "I had a rough climb"]
    assert bench.model.prompts == []


async def test_no_example_is_shown_before_anything_but_small_talk(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Lantern is the oldest boat.", coverage=0.1))
    await _ask(bench, "Write a poem about the moon", QuestionKind.CREATIVE)
    assert len(bench.sampled.prompts[0]) == 2


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("said", "replies"),
    [
        ({"en": "How are you today? I had a rough climb.", "zh": "今天爬山好累"}, ("rough", "辛苦")),
        ({"en": "you are a useless piece of junk", "zh": "你真是个废物"}, ("sorry", "对不起")),
        ({"en": "I just got the job!!", "zh": "我考上大学了！"}, ("Congratulations", "恭喜")),
    ],
)
def test_the_example_most_like_a_message_has_a_reply_that_fits_it(
    embedding_folder: Path, language: Language, said: dict[str, str], replies: tuple[str, str]
) -> None:
    embeddings = LocalEmbeddings(embedding_folder)
    shown = load_small_talk(embeddings.embed_query).examples(embeddings.embed_query(said[language]), language)
    assert len(shown) == 2
    assert any(reply in shown[-1].answer for reply in replies), shown


async def test_an_answer_from_passages_is_always_the_likeliest_one(make_bench, a_passage) -> None:
    bench = await make_bench(a_passage("Mooring costs two euros."))
    await _ask(bench, "What does mooring cost?", QuestionKind.FACTS)
    assert (len(bench.model.prompts), bench.sampled.prompts) == (1, [])


async def test_a_loop_ends_at_its_first_repetition(make_bench) -> None:
    line = "The old boats lie along the quay,\n"
    bench = await make_bench(words=[line, "Their sails are white and free,\n", *[line] * 40])
    answer = await _ask(bench, "Write a poem about the moon", QuestionKind.CREATIVE)
    assert answer.text.splitlines() == [line.strip(), "Their sails are white and free,"]


@pytest.mark.parametrize(("reason", "ends"), [("length", "The tide is out."), ("stop", "The tide is out. And then")])
async def test_a_text_that_reaches_the_limit_ends_with_its_last_whole_sentence(
    make_bench, reason: str, ends: str
) -> None:
    bench = await make_bench(words=["The tide is out. ", "And then"])
    bench.sampled.metadata = {"finish_reason": reason}
    assert (await _ask(bench, "Write a poem about the moon", QuestionKind.CREATIVE)).text == ends
