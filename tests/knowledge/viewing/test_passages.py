from __future__ import annotations

import sqlite3

import pytest

from knowledge.errors import PassageGone, PassageHidden
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import _MIGRATIONS
from knowledge.types import EVERY_MEMBER, OWNER, Audience, IngestOutcome, IngestReport, Reader
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, OTHER_GUILD

TOOLS = "# Tools\n\n## Borrowing\nMembers borrow tools for seven days.\n"
MEMBER = Reader(frozenset())


async def put(library: Library, text: str, audience: Audience = EVERY_MEMBER, link: str | None = None) -> IngestReport:
    return await library.ingest_bytes(
        text.encode(), name="tools.md", guild_id=GUILD, audience=audience, ingested_by="7", link=link
    )


async def cited(library: Library) -> str:
    return (await library.search("borrow tools", GUILD, OWNER)).evidence[0].chunk.id


async def test_a_passage_is_shown_with_its_words_marked(library: Library) -> None:
    await put(library, TOOLS)
    passage = await library.passage(GUILD, await cited(library), MEMBER, ["How long may I borrow a tool?"])
    assert [passage.chunk.text[start:end] for start, end in passage.marks] == ["borrow tools"]
    assert passage.chunk.place.heading == "Tools › Borrowing"


async def test_a_passage_is_for_those_who_may_read_its_source_now(library: Library) -> None:
    await put(library, TOOLS, Audience("42"))
    chunk_id = await cited(library)
    with pytest.raises(PassageHidden) as caught:
        await library.passage(GUILD, chunk_id, MEMBER, ["borrow"])
    assert "tools" not in str(caught.value)
    assert (await library.passage(GUILD, chunk_id, Reader(frozenset({"42"})), [])).chunk.id == chunk_id


async def test_another_guild_has_no_such_passage(library: Library) -> None:
    await put(library, TOOLS)
    with pytest.raises(PassageGone):
        await library.passage(OTHER_GUILD, await cited(library), OWNER, [])


async def test_a_passage_of_what_was_replaced_or_removed_is_gone(library: Library) -> None:
    await put(library, TOOLS)
    first = await cited(library)
    await put(library, TOOLS.replace("seven", "ten"))
    second = await cited(library)
    with pytest.raises(PassageGone):
        await library.passage(GUILD, first, OWNER, [])
    await library.remove(GUILD, "tools.md", OWNER)
    with pytest.raises(PassageGone):
        await library.passage(GUILD, second, OWNER, [])


async def test_a_link_is_kept_and_leads_to_the_heading(library: Library) -> None:
    report = await put(library, TOOLS, link="https://club.example/tools.md")
    assert report.source is not None
    assert report.source.link == "https://club.example/tools.md"
    [evidence] = (await library.search("borrow tools", GUILD, OWNER)).evidence
    assert evidence.source.link_at(evidence.chunk.place) == "https://club.example/tools.md#borrowing"


async def test_a_given_link_goes_before_the_one_in_the_file(library: Library) -> None:
    text = f"---\nurl: https://club.example/own\n---\n{TOOLS}"
    assert [(await put(library, text)).source.link] == ["https://club.example/own"]
    report = await put(library, text, link="https://club.example/given")
    assert (report.outcome, report.source.link) == (IngestOutcome.UNCHANGED, "https://club.example/given")
    assert (await library.sources(GUILD, OWNER))[0].link == "https://club.example/given"


async def test_an_invalid_link_is_reported_and_nothing_is_ingested(library: Library) -> None:
    report = await put(library, TOOLS, link="javascript:alert(1)")
    assert (report.outcome, report.reason) == (IngestOutcome.FAILED, "bad_link")
    assert await library.sources(GUILD, OWNER) == []


async def test_documents_from_before_links_and_originals_are_still_there(settings: KnowledgeSettings) -> None:
    settings.data_dir.mkdir(parents=True)
    old = sqlite3.connect(settings.data_dir / "knowledge.db")
    old.executescript(_MIGRATIONS[0])
    old.execute("PRAGMA user_version = 1")
    old.execute("INSERT INTO guilds (id, name) VALUES (?, 'Chess club')", (GUILD,))
    old.execute("CREATE VIRTUAL TABLE keywords_1 USING fts5 (terms, content = '', tokenize = 'porter unicode61')")
    source = ("s", GUILD, "tools.pdf", "pdf", "x", "guild", 9, 1, 1, "2026-01-01T00:00:00+00:00", "m")
    old.execute(f"INSERT INTO sources VALUES ({', '.join('?' * len(source))})", source)
    old.execute("INSERT INTO chunks VALUES (1, 's:0', 's', 0, 'Borrow tools.', 1, NULL, NULL)")
    old.execute("INSERT INTO stray_vectors VALUES ('t', ?, 'dead')", (GUILD,))
    old.commit()
    old.close()
    library = await Library.open(settings, HashingEmbeddings())
    passage = await library.passage(GUILD, "s:0", OWNER, ["tool"])
    assert (passage.source.link, passage.chunk.place.anchor) == (None, None)
    assert await library.page_image(passage) is None
    await library.close()
