"""Questions as people ask them are searched for as they are meant, in the words of documents that they may read."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, Audience, QAPair, Reader, Respelling, Retrieval
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD

ENGINE = "\n\n".join(
    f"Code E-{4000 + number}: the {part} of engine {number % 4} is at fault. Wait {number + 3} minutes."
    for number, part in enumerate(("filter", "battery", "shaft", "rudder", "gearbox", "gauge", "belt") * 6)
)
CHANGES = "# Plotter\n\n" + "\n\n".join(
    f"## Version {version}\n\n{news}"
    for version, news in (
        ("2.1", "The map is drawn faster."),
        ("2.10", "Tracks can be sent by mail."),
        ("2.11", "The unit of depth can be changed."),
        ("10.2", "The whole menu was redone."),
        ("1.2.10", "The start takes half the time."),
    )
)
CLUB = """# Club

## Wi-Fi

The network is called Heron.

## E-mail lists

Write to the office to be put on the e-mail list.

## Life jackets

They hang in the shed and are lent for a day.

## IT

Write to IT when it is broken; it does not matter when. IT answers within a day.

## Pumps

A hose of 10 mm fits the bilge. Put ✅ on the sheet, and 🚩 where it leaks.
"""
GATE = "# Gate\n\nThe gate is locked at 22:15 and opened at 06:30. A new key costs 8 euros."


async def put(library: Library, text: str, name: str, audience: Audience = EVERY_MEMBER) -> None:
    await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=audience, ingested_by="7")


@pytest.fixture
async def club(library: Library) -> Library:
    for name, text in (("engine.md", ENGINE), ("changes.md", CHANGES), ("club.md", CLUB), ("gate.md", GATE)):
        await put(library, text, name)
    return library


async def keyword_best(library: Library, question: str, reader: Reader = OWNER) -> tuple[str, float]:
    """The text of the passage that the keyword index ranks first, and its coverage."""
    found = await library.search(question, GUILD, reader)
    best = next(item for item in found.evidence if item.keyword_rank == 1)
    return best.chunk.text, best.coverage


async def search(library: Library, question: str, reader: Reader = OWNER) -> Retrieval:
    return await library.search(question, GUILD, reader)


@pytest.mark.parametrize("question", ["What does error E-4017 mean?", "E4017", 'It says "E 4017", what now?', "e-4017"])
async def test_a_code_is_one_term_however_it_is_spelled(club: Library, question: str) -> None:
    text, coverage = await keyword_best(club, question)
    assert "E-4017" in text
    assert coverage >= 0.5


async def test_a_code_that_no_document_has_stays_uncovered(club: Library) -> None:
    found = await search(club, "What does code E-4999 mean?")
    assert max(item.coverage for item in found.evidence) <= 0.5


@pytest.mark.parametrize(
    ("version", "news"), [("2.10", "Tracks"), ("10.2", "whole menu"), ("1.2.10", "half the time"), ("v2.1", "map")]
)
async def test_a_version_is_one_term_and_its_heading_is_searched(club: Library, version: str, news: str) -> None:
    text, coverage = await keyword_best(club, f"What changed in version {version}?")
    assert news in text
    assert coverage >= 0.5


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Is there WiFi?", "Heron"),
        ("Is there wi fi?", "Heron"),
        ("Where are the lifejackets?", "lent for a day"),
        ("Where is the life-jacket?", "lent for a day"),
        ("Which email list?", "e-mail list"),
        ("Which hose: 10mm?", "bilge"),
        ("What does 🚩 mean?", "where it leaks"),
        ("What does ✅️ mean?", "where it leaks"),
    ],
)
async def test_joined_and_parted_spellings_and_emoji_find_each_other(club: Library, question: str, words: str) -> None:
    text, coverage = await keyword_best(club, question)
    assert words in text
    assert coverage > 0.5


async def test_documents_that_join_words_are_found_by_parted_ones(library: Library) -> None:
    await put(library, "Lifejackets hang in the boathouse. The login is on the board.", "a.txt")
    await put(library, "Jackets are long.", "b.txt")
    for question in ("Where are life jackets?", "How do I log in?", "What is in the boat house?"):
        text, coverage = await keyword_best(library, question)
        assert "Lifejackets" in text, question
        assert coverage == pytest.approx(1.0)


async def test_a_name_in_capitals_is_told_from_the_pronoun(club: Library) -> None:
    text, coverage = await keyword_best(club, "How do I reach IT?")
    assert "Write to IT" in text
    assert coverage > 0.3
    assert max(item.coverage for item in (await search(club, "How do I reach it?")).evidence) < 0.3


@pytest.mark.parametrize(
    ("question", "asked", "respelled"),
    [
        ("When is the gat lokced?", "When is the gate locked?", [("gat", "gate"), ("lokced", "locked")]),
        ("When is the gaet locked?", "When is the gate locked?", [("gaet", "gate")]),
        ("How much does a new kye cost?", "How much does a new key cost?", [("kye", "key")]),
        (
            "hi! Is the newtork caled Heron?",
            "Is the network called Heron?",
            [("newtork", "network"), ("caled", "called")],
        ),
        ("WHEN IS THE GAET LOCKED?", "WHEN IS THE GATE LOCKED?", [("GAET", "GATE")]),
        ("Gaet: when is it locked?", "Gate: when is it locked?", [("Gaet", "Gate")]),
        ("Which hose fits the bilg of 10 mm?", "Which hose fits the bilge of 10 mm?", [("bilg", "bilge")]),
        ("大门gaet几点锁？", "大门gate几点锁？", [("gaet", "gate")]),
    ],
)
async def test_typing_errors_are_bridged_and_told(
    club: Library, question: str, asked: str, respelled: list[tuple[str, str]]
) -> None:
    found = await search(club, question)
    assert found.query == question
    assert found.asked == asked
    assert found.respelled == tuple(Respelling(*pair) for pair in respelled)


@pytest.mark.parametrize(
    "question",
    [
        "Which bank does the club use?",  # a word of the language
        "Does E-4071 stop the engine?",  # a code is no word
        "Is Jan at the gate?",  # a name
        "Is the VHS at the gate?",  # an abbreviation
        "Where are the lockers and gates?",  # another form of a word
        "Wann wird das Tor abgeschlosen und wo ist der Schlüssel?",  # another language
        "What does gaet.example.org say?",  # an address
        "大门几点锁？",
    ],
)
async def test_what_is_no_typing_error_is_searched_for_as_it_is(club: Library, question: str) -> None:
    found = await search(club, question)
    assert (found.asked, found.respelled) == (question, ())


async def test_a_word_of_a_document_that_the_asker_may_not_read_is_never_suggested(club: Library) -> None:
    hidden, member = Audience("5"), Reader(channel_ids=frozenset())
    moderator = Reader(channel_ids=frozenset({"5"}))
    await put(club, "The gangplank is rotten. Do not tell the newspapers.", "secret.md", hidden)
    question = "When is the gangplnk locked?"
    assert (await search(club, question, member)).respelled == ()
    assert (await search(club, question, moderator)).respelled == (Respelling("gangplnk", "gangplank"),)
    # And a hidden document does not make a typing error a known word.
    await put(club, "The gaet is not here.", "typo.md", hidden)
    assert (await search(club, "When is the gaet locked?", member)).respelled == (Respelling("gaet", "gate"),)
    assert (await search(club, "When is the gaet locked?", moderator)).respelled == ()


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Where are the lifejackets?", "Where are the life jackets?"),
        ("What is the net work called?", "What is the network called?"),
        ("Which net work and lifejackets?", "Which network and life jackets?"),
    ],
)
async def test_words_are_joined_and_parted_as_the_documents_have_them(club: Library, question: str, asked: str) -> None:
    found = await search(club, question)
    assert (found.asked, found.respelled) == (asked, ())


async def test_of_several_near_words_the_one_that_fits_the_question_is_taken(library: Library) -> None:
    await put(library, "A guest pays twelve pounds a trip.", "guests.txt")
    await put(library, "Whoever is late gets nothing. Nobody gets two. He gets one.", "gets.txt")
    found = await search(library, "What does a gest pay for a trip?")
    assert found.respelled == (Respelling("gest", "guest"),)


async def test_a_word_is_suggested_only_while_a_document_has_it(club: Library) -> None:
    await put(club, "The gangplank is rotten.", "plank.md")
    await put(club, "The gangplank is new.", "other.md")
    question = "When is the gangplnk locked?"
    for name, suggested in (("plank.md", True), ("other.md", False)):
        await club.remove(GUILD, name, OWNER)
        assert bool((await search(club, question)).respelled) is suggested


@pytest.mark.parametrize(
    "sign", ["🤔", "<:thinking:112233445566778899>", "<a:thinking:112233445566778899>", ":thinking:", "\u200b"]
)
async def test_an_emoji_that_no_document_has_changes_nothing(club: Library, sign: str) -> None:
    plain = await search(club, "When is the gate locked?")
    with_sign = await search(club, f"When is the gate locked? {sign}")
    assert with_sign.evidence == plain.evidence
    assert with_sign.top_cosines == plain.top_cosines


async def test_an_emoji_named_in_a_document_is_searched_for(club: Library) -> None:
    await put(club, "Use :redflag: for a leak.", "flags.md")
    found = await search(club, "What is <:redflag:112233445566778899>?")
    assert found.asked == "What is redflag?"
    assert found.evidence[0].source.name == "flags.md"


@pytest.mark.parametrize(
    ("polite", "plain"),
    [
        ("hey bot, good morning, when is the gate locked please? thanks :)", "when is the gate locked?"),
        ("大家好，请问大门几点锁？谢谢", "大门几点锁？"),
    ],
)
async def test_a_courtesy_changes_no_figure(club: Library, polite: str, plain: str) -> None:
    courteous, bare = await search(club, polite), await search(club, plain)
    assert courteous.evidence == bare.evidence
    assert courteous.top_cosines == bare.top_cosines


async def test_a_moderators_answer_is_found_with_or_without_a_courtesy(library: Library) -> None:
    for question in ("Hello, can you tell me when the fees are due?", "When is the gate locked?"):
        pair = QAPair((question,), "In March.")
        await library.write_pair(pair, guild_id=GUILD, audience=EVERY_MEMBER, written_by="7")
    for asked in (
        "when the fees are due?",
        "Hello, can you tell me when the fees are due?",
        "hi! When is the gate locked, please? Thanks",
    ):
        assert (await library.search(asked, GUILD, OWNER)).pairs[0].is_same, asked


async def test_asking_words_do_not_dilute_what_is_covered(library: Library) -> None:
    await put(library, "The gate opens at six.", "gate.txt")
    found = await search(library, "When does the gate open?")
    assert found.evidence[0].coverage == pytest.approx(1.0)
    await put(library, "大门六点开。", "zh.txt")
    assert max(item.coverage for item in (await search(library, "请问大门几点开？")).evidence) > 0.3


async def test_an_index_from_before_identifiers_is_rebuilt_with_its_words(
    settings: KnowledgeSettings, embeddings: HashingEmbeddings
) -> None:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await put(library, ENGINE, "engine.md")
    await put(library, GATE, "gate.md")
    await library.close()
    with closing(sqlite3.connect(settings.data_dir / "knowledge.db")) as old:
        old.execute("DELETE FROM vocabulary")
        old.execute("DROP TABLE keywords_1")
        old.execute("CREATE VIRTUAL TABLE keywords_1 USING fts5 (terms, content = '', tokenize = 'porter unicode61')")
        old.execute("UPDATE guilds SET terms_form = 1")
        old.commit()

    library = await Library.open(settings, embeddings)
    assert "E-4017" in (await keyword_best(library, "E4017"))[0]
    assert (await search(library, "When is the gaet locked?")).respelled == (Respelling("gaet", "gate"),)
    for name in ("engine.md", "gate.md"):
        await library.remove(GUILD, name, OWNER)
    await library.close()
    with closing(sqlite3.connect(settings.data_dir / "knowledge.db")) as left:
        assert left.execute("SELECT count(*) FROM vocabulary").fetchone() == (0,)


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("hw mutch does a new key cost", "how much does a new key cost"),
        ("wehn is the gate locked", "when is the gate locked"),
        ("whre do the life jackets hang", "where do the life jackets hang"),
    ],
)
async def test_a_misspelled_word_by_which_one_asks_is_read_as_meant_and_not_told(
    club: Library, question: str, asked: str
) -> None:
    found = await search(club, question)
    assert (found.asked, found.respelled) == (asked, ())
