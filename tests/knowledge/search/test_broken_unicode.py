"""Half of a surrogate pair, which JSON can hold and nothing can store, breaks no search."""

from __future__ import annotations

from knowledge.library import Library
from knowledge.parsing.document_metadata import checked_link
from knowledge.types import EVERY_MEMBER, OWNER
from knowledge.viewing.highlighting import highlight
from tests.knowledge.conftest import GUILD
from text.normalization import without_surrogates


async def test_a_question_with_half_a_pair_is_searched_for(library: Library) -> None:
    await library.ingest_bytes(
        b"Tickets are refunded.", name="fees.txt", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )
    found = await library.search("Are tickets refunded \ud83d?", GUILD, OWNER)
    assert [item.chunk.text for item in found.evidence] == ["Tickets are refunded."]
    assert await library.search_by_keywords("tickets \ud83d", GUILD, OWNER, 3) == [found.evidence[0].chunk.id]


def test_the_other_ways_in_are_as_safe() -> None:
    assert highlight("Tickets are refunded.", ["tickets \udc00"]) == ((0, 7),)
    assert checked_link("https://club.example/\ud83d") is None
    assert without_surrogates("\ud83d\ude00 \ud83d") == "\U0001f600 \ufffd"
