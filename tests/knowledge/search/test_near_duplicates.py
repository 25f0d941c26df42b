from __future__ import annotations

from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, OWNER, Audience, Reader
from tests.knowledge.conftest import GUILD

TEXT = "# Tools\n\nMembers borrow tools for seven days. Whoever is late pays one euro a day to the crew.\n"
QUESTION = "How long may members borrow tools?"
MEMBER = Reader(frozenset())


async def put(library: Library, name: str, text: str, audience: Audience = EVERY_MEMBER) -> None:
    await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=audience, ingested_by="7")


async def test_a_copy_takes_no_place_and_its_document_is_named(library: Library) -> None:
    await put(library, "tools.md", TEXT)
    await put(library, "tools-old.md", TEXT.replace("Whoever", "Who ever").upper())
    await put(library, "late.md", "# Late\n\nTools that members borrow come back clean.\n")
    found = await library.search(QUESTION, GUILD, OWNER, 2)
    assert {item.source.name for item in found.evidence} > {"late.md"}
    [twice] = [item for item in found.evidence if item.also_in]
    assert {twice.source.name, *(source.name for source in twice.also_in)} == {"tools.md", "tools-old.md"}


async def test_a_copy_that_the_reader_may_not_read_is_not_named(library: Library) -> None:
    await put(library, "tools.md", TEXT)
    await put(library, "crew.md", TEXT, Audience("42"))
    [item] = (await library.search(QUESTION, GUILD, MEMBER)).evidence
    assert (item.source.name, item.also_in) == ("tools.md", ())
    [item] = (await library.search(QUESTION, GUILD, Reader(frozenset({"42"})))).evidence
    assert len(item.also_in) == 1


async def test_passages_with_different_numbers_are_no_near_duplicates(library: Library) -> None:
    await put(library, "old.md", f"---\ndate: 2024-05-01\n---\n{TEXT}")
    await put(library, "new.md", TEXT.replace("seven", "ten"))
    found = await library.search(QUESTION, GUILD, OWNER)
    assert {item.source.name for item in found.evidence} == {"old.md", "new.md"}
    [difference] = found.contradictions
    texts = {item.chunk.id: item.chunk.text for item in found.evidence}
    newer, older = (texts[said.chunk_id][said.start : said.end] for said in (difference.newer, difference.older))
    assert newer == "Members borrow tools for ten days."
    assert older == "Members borrow tools for seven days."


async def test_a_passage_twice_in_one_document_is_read_once_and_names_no_other(library: Library) -> None:
    await put(library, "tools.md", TEXT + TEXT.replace("# Tools", "# Tools again"))
    [item] = (await library.search(QUESTION, GUILD, OWNER)).evidence
    assert item.also_in == ()


async def test_the_same_words_below_another_heading_of_another_document_are_no_copy(library: Library) -> None:
    await put(library, "tools.md", TEXT)
    await put(library, "boats.md", TEXT.replace("# Tools", "# Boats"))
    found = await library.search(QUESTION, GUILD, OWNER)
    assert {(item.source.name, item.also_in) for item in found.evidence} == {("tools.md", ()), ("boats.md", ())}
