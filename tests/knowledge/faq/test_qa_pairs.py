"""Moderators' answers: what may stand in one, how they are kept, found, replaced and removed."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from knowledge.errors import QAPairError, SourceNotFound
from knowledge.library import Library
from knowledge.parsing.qa_pairs import checked_pair, normal_question, pair_name
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, Audience, IngestOutcome, QAPair, QAPairReport, Reader
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, OTHER_GUILD

TOOLS = "How long can I borrow a tool?"
MEMBER = Reader(frozenset())
STAFF = Audience("42")


async def write(
    library: Library,
    answer: str,
    *questions: str,
    audience: Audience = EVERY_MEMBER,
    guild: str = GUILD,
    by: str = "7",
    **more: str,
) -> QAPairReport:
    pair = QAPair(questions or (TOOLS,), answer)
    return await library.write_pair(pair, guild_id=guild, audience=audience, written_by=by, **more)


async def answers(
    library: Library, question: str = TOOLS, reader: Reader = MEMBER, guild: str = GUILD
) -> list[tuple[str, bool]]:
    found = await library.search(question, guild, reader)
    return [(pair.evidence.chunk.text, pair.is_same) for pair in found.pairs]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TOOLS, "how long can i borrow a TOOL"),
        (TOOLS, "  How long   can I borrow a tool ?!"),
        (TOOLS, "**How long** can I borrow a `tool`?"),
        (TOOLS, "How long can I bor\u200brow a tool?"),
        ("工具可以借多久？", "工具可以借多久"),
        ("工具可以借多久？", "工具 可以借，多久?"),
        ("ＷＩＦＩ密码", "wifi密码"),
    ],
)
def test_case_spaces_and_punctuation_make_no_other_question(one: str, other: str) -> None:
    assert normal_question(one) == normal_question(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is C?", "What is C#?"),
        ("What is C?", "What is C++?"),
        ("Is it 3.5 or less?", "Is it 35 or less?"),
        ("discord.py?", "discord.js?"),
        ("Can I bring a dog?", "Can I not bring a dog?"),
        ("怎么打开通知？", "怎么关闭通知？"),
    ],
)
def test_what_carries_meaning_makes_another_question(one: str, other: str) -> None:
    assert normal_question(one) != normal_question(other)


@pytest.mark.parametrize("question", ["", "  ", "?!", "\u200b\u200d", "👍", "**"])
def test_a_question_without_words_is_refused(question: str) -> None:
    with pytest.raises(QAPairError, match="no letters or digits"):
        checked_pair([question], "Seven days.")


@pytest.mark.parametrize("answer", ["", " \n\t ", "\u200b\u2060", "\u3164", "```\n```", "||  ||", "\u202e\u0000"])
def test_an_answer_of_which_nothing_is_seen_is_refused(answer: str) -> None:
    with pytest.raises(QAPairError, match="the answer is empty"):
        checked_pair([TOOLS], answer)


def test_text_that_is_too_long_is_refused_with_its_length_and_the_limit() -> None:
    with pytest.raises(QAPairError, match="4000 characters, limit 1500"):
        checked_pair([TOOLS], "x" * 4000)
    with pytest.raises(QAPairError, match="1001 characters, limit 1000"):
        checked_pair(["x" * 1001], "Seven days.")
    with pytest.raises(QAPairError, match="6 wordings"):
        checked_pair([f"Question {n}?" for n in range(6)], "Seven days.")


def test_what_turns_the_direction_of_writing_and_control_characters_are_taken_out() -> None:
    pair = checked_pair(["How\u202e long\x07?"], "Seven\u2066 days\x00.\r\n\r\nOr 🧑\u200d🔧 help.")
    assert pair == QAPair(("How long?",), "Seven days.\n\nOr 🧑\u200d🔧 help.")


def test_names_of_different_questions_differ_even_where_they_are_cut_or_cleaned() -> None:
    start = "word " * 40
    names = {
        pair_name(checked_pair([question], "x"))
        for question in (f"{start}one", f"{start}two", "What is a/b?", "What is a|b?", "What is a-b?", "什么是 a/b？")
    }
    assert len(names) == 6
    assert all(len(name) <= 100 and name.endswith(".qa") and "/" not in name for name in names)


async def test_a_pair_is_found_by_its_question_with_its_answer(library: Library) -> None:
    report = await write(library, "Ten days, and **never** the lathe.")
    assert report.outcome is IngestOutcome.NEW
    found = await library.search("how long can i borrow a tool", GUILD, MEMBER)
    [pair] = found.pairs
    assert (pair.is_same, pair.questions) == (True, (TOOLS,))
    assert pair.evidence.chunk.text == "Ten days, and **never** the lathe."
    assert pair.evidence.source == report.stored.source
    assert (pair.evidence.source.media, pair.evidence.source.ingested_by) == ("qa", "7")
    assert pair.evidence.cosine is not None and pair.evidence.coverage == pytest.approx(1.0)


async def test_a_near_question_finds_the_pair_but_not_as_the_same(library: Library) -> None:
    await write(library, "Ten days.")
    assert await answers(library, "How long can a guest borrow a tool?") == [("Ten days.", False)]
    assert await answers(library, "zeppelin") == [("Ten days.", False)]


async def test_a_moderators_answer_is_neither_evidence_nor_part_of_the_scores(library: Library) -> None:
    await library.ingest_bytes(
        b"# Keys\n\nThe key of the boathouse hangs behind the bar.\n",
        name="keys.md",
        guild_id=GUILD,
        audience=EVERY_MEMBER,
        ingested_by="7",
    )
    before = await library.search("Who has the key of the workshop?", GUILD, MEMBER)
    await write(library, "Sunniva Park", "Who has the key of the kayak rack?")
    after = await library.search("Who has the key of the workshop?", GUILD, MEMBER)
    assert [item.source.name for item in after.evidence] == ["keys.md"]
    assert after.top_cosines == before.top_cosines
    assert [item.fused for item in after.evidence] == [item.fused for item in before.evidence]
    assert [pair.questions for pair in after.pairs] == [("Who has the key of the kayak rack?",)]


async def test_any_number_of_pairs_takes_no_documents_place_among_the_candidates(library: Library) -> None:
    for number in range(60):
        await write(library, f"Locker {number}.", f"Where is the key of boat number {number}?")
    await library.ingest_bytes(
        b"# Keys\n\nAll of them hang in the boathouse, where each boat has a hook.\n",
        name="keys.md",
        guild_id=GUILD,
        audience=EVERY_MEMBER,
        ingested_by="7",
    )
    found = await library.search("Where is the key of boat number?", GUILD, MEMBER)
    assert [item.source.name for item in found.evidence] == ["keys.md"]
    assert found.top_cosines
    assert len(found.pairs) == 5


async def test_each_wording_finds_the_pair(library: Library) -> None:
    await write(library, "Ten days.", TOOLS, "When must a tool be back?")
    assert await answers(library, "when must a tool be back") == [("Ten days.", True)]
    assert len((await library.search("tool", GUILD, MEMBER)).pairs) == 1


async def test_the_same_question_written_again_replaces_the_pair(library: Library) -> None:
    await write(library, "Seven days.")
    report = await write(library, "Ten days.", "how long can I borrow a tool", by="8")
    assert report.outcome is IngestOutcome.CHANGED
    assert [(old.pair.answer, old.source.ingested_by) for old in report.replaced] == [("Seven days.", "7")]
    assert await answers(library) == [("Ten days.", True)]
    assert len(await library.sources(GUILD, OWNER)) == 1


async def test_writing_the_same_pair_again_leaves_it_unchanged(library: Library) -> None:
    first = await write(library, "Ten days.")
    again = await write(library, "Ten days.", by="8")
    assert (again.outcome, again.stored.source) == (IngestOutcome.UNCHANGED, first.stored.source)
    assert again.replaced == ()


async def test_correcting_one_wording_corrects_all_of_them(library: Library) -> None:
    await write(library, "Seven days.", TOOLS, "When must a tool be back?")
    report = await write(library, "Ten days.", "When must a tool be back?")
    assert report.stored.pair.questions == ("When must a tool be back?", TOOLS)
    assert await answers(library) == [("Ten days.", True)]
    assert [stored.pair.answer for stored in await library.pairs(GUILD, OWNER)] == ["Ten days."]


async def test_a_pair_that_is_edited_loses_the_wordings_that_were_taken_out(library: Library) -> None:
    first = await write(library, "Seven days.", TOOLS, "When must a tool be back?")
    await write(library, "Ten days.", "When must a boat be back?", replacing=first.stored.source.id)
    assert not any(is_same for _, is_same in await answers(library))
    assert await answers(library, "When must a boat be back?") == [("Ten days.", True)]
    assert len(await library.pairs(GUILD, OWNER)) == 1


async def test_a_pair_that_was_removed_while_it_was_edited_is_written_again(library: Library) -> None:
    first = await write(library, "Seven days.")
    await library.remove(GUILD, first.stored.source.id, OWNER)
    report = await write(library, "Ten days.", replacing=first.stored.source.id)
    assert report.outcome is IngestOutcome.NEW
    assert await answers(library) == [("Ten days.", True)]


async def test_a_removed_pair_answers_no_more(library: Library) -> None:
    report = await write(library, "Ten days.")
    await library.remove(GUILD, report.stored.source.name, OWNER)
    assert await answers(library) == []
    assert await library.pairs(GUILD, OWNER) == []


async def test_a_pair_of_a_channel_is_hidden_from_who_cannot_read_it(library: Library) -> None:
    await write(library, "Seven days.")
    await write(library, "The code is 4711.", audience=STAFF)
    assert await answers(library) == [("Seven days.", True)]
    staff = Reader(frozenset({"42"}))
    assert await answers(library, reader=staff) == [("The code is 4711.", True), ("Seven days.", True)]
    assert [stored.pair.answer for stored in await library.pairs(GUILD, MEMBER)] == ["Seven days."]


async def test_another_guilds_pair_is_never_found(library: Library) -> None:
    await write(library, "Ten days.", guild=OTHER_GUILD)
    await write(library, "Opens at ten.", "When does it open?")
    assert await answers(library) == [("Opens at ten.", False)]


async def test_what_a_pair_corrects_is_kept_while_it_is_there(library: Library) -> None:
    wrong = await library.ingest_bytes(
        b"Tools: seven days.", name="tools.txt", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )
    assert wrong.source is not None
    await write(library, "Ten days.", corrects=wrong.source.id)
    [stored] = await library.pairs(GUILD, OWNER)
    assert stored.corrects == wrong.source.id
    await library.remove(GUILD, "tools.txt", OWNER)
    [stored] = await library.pairs(GUILD, OWNER)
    assert stored.corrects is None


async def test_of_two_moderators_at_once_one_answer_stays(library: Library) -> None:
    await asyncio.gather(*(write(library, f"{n} days.", f"{TOOLS}{'?' * n}", by=str(n)) for n in range(6)))
    [(answer, is_same)] = await answers(library)
    assert is_same and answer in {f"{n} days." for n in range(6)}
    assert len(await library.sources(GUILD, OWNER)) == 1


async def test_removal_while_it_is_searched_leaves_nothing_half(library: Library) -> None:
    for n in range(5):
        report = await write(library, f"{n} days.")
        source_id = report.stored.source.id
        found, _ = await asyncio.gather(answers(library), library.remove(GUILD, source_id, OWNER))
        assert found in ([], [(f"{n} days.", True)])
    with pytest.raises(SourceNotFound):
        await library.remove(GUILD, source_id, OWNER)


async def test_pairs_survive_a_new_opening_and_a_new_embedding_model(settings: KnowledgeSettings) -> None:
    library = await Library.open(settings, HashingEmbeddings())
    await library.register_guild(GUILD, "Chess club")
    await write(library, "Ten days.")
    await library.close()
    library = await Library.open(settings, HashingEmbeddings(dimension=64, model_name="other"))
    assert await library.reindex(GUILD) == 1
    assert await answers(library) == [("Ten days.", True)]
    await library.close()


async def test_a_cut_off_writing_leaves_the_pair_as_it_was(settings: KnowledgeSettings) -> None:
    class Failing(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            if "Ten" in texts[0]:
                raise RuntimeError("killed")
            return super().embed_documents(texts)

    library = await Library.open(settings, Failing())
    await library.register_guild(GUILD, "Chess club")
    await write(library, "Seven days.")
    with pytest.raises(RuntimeError):
        await write(library, "Ten days.")
    assert await answers(library) == [("Seven days.", True)]
    await library.close()


class SlowOnParking(HashingEmbeddings):
    """Embeds everything at once, except texts on parking, which wait to be released."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.released = Event(), Event()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if any("parking" in text for text in texts):
            self.begun.set()
            assert self.released.wait(60)
        return super().embed_documents(texts)


async def test_a_pair_that_is_slow_to_embed_delays_no_other_guild(settings: KnowledgeSettings) -> None:
    encoder = SlowOnParking()
    library = await Library.open(settings, encoder)
    for guild in (GUILD, OTHER_GUILD):
        await library.register_guild(guild, guild)
    slow = asyncio.create_task(write(library, "Behind the hall.", "Where is the parking?"))
    try:
        assert await asyncio.to_thread(encoder.begun.wait, 30)
        await asyncio.wait_for(write(library, "At noon.", "When is lunch?", guild=OTHER_GUILD), 10)
        assert not slow.done()
    finally:
        encoder.released.set()
        await slow
        await library.close()
