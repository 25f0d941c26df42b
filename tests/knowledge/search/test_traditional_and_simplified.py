from __future__ import annotations

import sqlite3

import pytest

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import _MIGRATIONS
from knowledge.types import EVERY_MEMBER, OWNER, IngestOutcome, QAPair
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD

TRADITIONAL = "圖書館借書證可以借閱三十天，遺失要繳罰款。"
SIMPLIFIED = "图书馆借书证可以借阅三十天，遗失要缴罚款。"
COASTAL = "颱風警報發布後，巴士停駛。"


async def put(library: Library, text: str, name: str) -> None:
    report = await library.ingest_bytes(
        text.encode(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )
    assert report.outcome is IngestOutcome.NEW


@pytest.mark.parametrize(
    ("document", "question"),
    [(TRADITIONAL, "借书证遗失怎么办？"), (SIMPLIFIED, "借書證遺失怎麼辦？"), (COASTAL, "台风警报后有巴士吗")],
)
async def test_a_question_in_one_script_finds_a_passage_in_the_other(
    library: Library, document: str, question: str
) -> None:
    await put(library, document, "answer.txt")
    await put(library, "食堂每天十一点开门。", "other.txt")
    best = (await library.search(question, GUILD, OWNER)).evidence[0]
    assert (best.source.name, best.keyword_rank) == ("answer.txt", 1)
    assert best.coverage > 0


async def test_a_moderators_answer_is_found_in_either_script(library: Library) -> None:
    pair = QAPair(("借書證遺失怎麼辦？",), "請到櫃檯補辦。")
    await library.write_pair(pair, guild_id=GUILD, audience=EVERY_MEMBER, written_by="7")
    [found] = (await library.search("借书证遗失怎么办", GUILD, OWNER)).pairs
    assert found.is_same
    again = QAPair(("借书证遗失怎么办？",), "请到柜台补办。")
    report = await library.write_pair(again, guild_id=GUILD, audience=EVERY_MEMBER, written_by="7")
    assert report.outcome is IngestOutcome.CHANGED
    assert len(await library.pairs(GUILD, OWNER)) == 1


async def test_an_index_of_an_earlier_form_is_rebuilt(settings: KnowledgeSettings) -> None:
    settings.data_dir.mkdir(parents=True)
    old = sqlite3.connect(settings.data_dir / "knowledge.db")
    for script in _MIGRATIONS[:4]:
        old.executescript(script)
    old.execute("PRAGMA user_version = 4")
    old.execute("INSERT INTO guilds (id, name) VALUES (?, 'Chess club')", (GUILD,))
    old.execute("CREATE VIRTUAL TABLE keywords_1 USING fts5 (terms, content = '', tokenize = 'porter unicode61')")
    columns = "id, guild_id, name, media, sha256, audience, size_bytes, chunk_count, ingested_at, ingested_by"
    for id_, media in (("s", "txt"), ("p", "qa")):
        values = (id_, GUILD, f"{id_}.{media}", media, "x", "guild", 9, 1, "2026-01-01T00:00:00+00:00", "7")
        old.execute(f"INSERT INTO sources ({columns}) VALUES ({','.join('?' * len(values))})", values)
    chunk = "INSERT INTO chunks (id, source_id, ordinal, text, heading) VALUES (?, ?, 0, ?, ?)"
    old.execute(chunk, ("s:0", "s", TRADITIONAL, None))
    old.execute(chunk, ("p:0", "p", "請到櫃檯補辦。", "借書證遺失怎麼辦？"))
    old.execute("INSERT INTO keywords_1 (rowid, terms) VALUES (1, 'x'), (2, 'x')")
    old.execute("INSERT INTO pair_questions VALUES ('outdated', 'p')")
    old.commit()
    old.close()

    library = await Library.open(settings, HashingEmbeddings())
    found = await library.search("借书证遗失怎么办", GUILD, OWNER)
    assert [(item.source.name, item.keyword_rank) for item in found.evidence] == [("s.txt", 1)]
    assert [pair.is_same for pair in found.pairs] == [True]
    for name in ("s", "p"):
        await library.remove(GUILD, name, OWNER)
    await library.close()

    left = sqlite3.connect(settings.data_dir / "knowledge.db")
    left.execute("CREATE VIRTUAL TABLE left_terms USING fts5vocab(keywords_1, row)")
    assert left.execute("SELECT term FROM left_terms").fetchall() == []
    assert left.execute("SELECT count(*) FROM pair_questions").fetchone() == (0,)
    left.close()
