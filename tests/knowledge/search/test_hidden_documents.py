"""Nothing that a member sees tells what stands in documents that they may not read."""

from __future__ import annotations

from knowledge.library import Library
from knowledge.types import EVERY_MEMBER, Audience, IngestFile, Reader
from tests.knowledge.conftest import GUILD

STAFF, MEMBER = Audience("42"), Reader(frozenset())
QUESTION = "Is the trainer's salary paid in coins, or who will log in?"


async def put(library: Library, texts: list[str], audience: Audience) -> None:
    files = [
        IngestFile(f"{audience.key[:3]}{n}.txt", len(text), lambda text=text: text.encode())
        for n, text in enumerate(texts)
    ]
    await library.ingest_all(files, guild_id=GUILD, audience=audience, ingested_by="7")


async def figures(library: Library) -> dict[str, tuple[float, float | None]]:
    """What the shown probability is computed from; equal passages may change places."""
    found = await library.search(QUESTION, GUILD, MEMBER)
    return {item.chunk.text: (item.coverage, item.cosine) for item in found.evidence}


async def test_what_hidden_documents_say_moves_no_figure(library: Library) -> None:
    shown = ["Coins are kept in the box.", "The trainer is there on Mondays.", "Members log in at the desk."]
    await put(library, shown, EVERY_MEMBER)
    before = await figures(library)
    assert len(before) == 3
    await put(library, [f"The trainer's salary is {n} coins; use the login." for n in range(20)], STAFF)
    assert await figures(library) == before
