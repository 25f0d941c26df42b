"""What the bot relies on where moderators' answers are kept: the fake and the real library keep it alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.ports import DocumentsPort
from knowledge.errors import QAPairError
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER, Audience, IngestOutcome, QAPair, QAPairReport, Reader
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.fakes.listed_documents import ListedDocuments

GUILD = "100"
QUESTION = "How long can I borrow a tool?"
MEMBER = Reader(frozenset())


@pytest.fixture(params=["listed", "library"])
async def documents(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DocumentsPort]:
    if request.param == "listed":
        yield ListedDocuments()
        return
    library = await Library.open(KnowledgeSettings(data_dir=tmp_path, chroma_url=None), HashingEmbeddings())
    await library.register_guild(GUILD, "Chess club")
    yield library
    await library.close()


async def write(documents: DocumentsPort, answer: str, *questions: str, **more: str) -> QAPairReport:
    pair = QAPair(questions or (QUESTION,), answer)
    return await documents.write_pair(pair, guild_id=GUILD, audience=EVERY_MEMBER, written_by="7", **more)


async def answers(documents: DocumentsPort, reader: Reader = MEMBER) -> list[str]:
    return [stored.pair.answer for stored in await documents.pairs(GUILD, reader)]


async def test_what_is_written_is_listed_and_replaced_and_removed(documents: DocumentsPort) -> None:
    first = await write(documents, "Seven days.", QUESTION, "When must it be back?")
    assert first.outcome is IngestOutcome.NEW
    assert first.stored.source.media == "qa"
    assert (await write(documents, "Seven days.")).outcome is IngestOutcome.UNCHANGED
    second = await write(documents, "Ten days.", "when must it be back")
    assert second.outcome is IngestOutcome.CHANGED
    assert [stored.source.id for stored in second.replaced] == [first.stored.source.id]
    assert second.stored.pair.questions == ("when must it be back", QUESTION)
    assert await answers(documents) == ["Ten days."]
    assert [source.id for source in await documents.sources(GUILD, MEMBER)] == [second.stored.source.id]
    await documents.remove(GUILD, second.stored.source.id, OWNER)
    assert await answers(documents) == []


async def test_the_latest_is_listed_first_and_what_it_replaces_by_its_id_is_gone(documents: DocumentsPort) -> None:
    await write(documents, "Seven days.")
    kept = await write(documents, "At ten.", "When does it open?")
    await write(documents, "At noon.", "When does it close?", replacing=kept.stored.source.id)
    assert await answers(documents) == ["At noon.", "Seven days."]


async def test_only_readers_of_its_channel_see_a_pair(documents: DocumentsPort) -> None:
    pair = QAPair((QUESTION,), "Ten days.")
    await documents.write_pair(pair, guild_id=GUILD, audience=Audience("42"), written_by="7")
    assert await answers(documents) == []
    assert await answers(documents, Reader(frozenset({"42"}))) == ["Ten days."]


async def test_what_is_empty_or_too_long_is_refused_and_changes_nothing(documents: DocumentsPort) -> None:
    await write(documents, "Seven days.")
    for question, answer in ((QUESTION, "\u200b \n"), (QUESTION, "x" * 4000), ("?!", "Ten days.")):
        with pytest.raises(QAPairError):
            await write(documents, answer, question)
    assert await answers(documents) == ["Seven days."]
