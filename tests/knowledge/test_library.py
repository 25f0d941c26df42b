from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from knowledge.errors import (
    AmbiguousGuild,
    DatabaseUnusable,
    EmbeddingMismatch,
    GuildError,
    IndexUnavailable,
    SourceNotFound,
    UnknownGuild,
)
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import (
    EVERY_MEMBER,
    OWNER,
    Audience,
    Evidence,
    IngestOutcome,
    IngestProgress,
    IngestReport,
    Reader,
)
from knowledge.vectors.chroma_server import ChromaServer
from storage.atomic_write import UNFINISHED
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, OTHER_GUILD
from tests.knowledge.pdfs import pdf

REFUNDS = "# Fees\n\n## Refunds\nThe club refunds a ticket within 14 days.\n\n## Discounts\nStudents pay half.\n"
CANTEEN = "食堂每天十一点开门。\n图书馆借书可以借三十天。\n"
STAFF = Audience("42")
MEMBER = Reader(frozenset())


async def put(
    library: Library, text: str | bytes, name: str = "fees.md", guild: str = GUILD, audience: Audience = EVERY_MEMBER
) -> IngestReport:
    data = text.encode() if isinstance(text, str) else text
    return await library.ingest_bytes(data, name=name, guild_id=guild, audience=audience, ingested_by="7")


async def find(library: Library, query: str, guild: str = GUILD, reader: Reader = MEMBER) -> tuple[Evidence, ...]:
    return (await library.search(query, guild, reader)).evidence


async def test_what_was_ingested_is_found_with_its_place_and_every_score(library: Library) -> None:
    report = await put(library, REFUNDS)
    assert (report.outcome, report.chunk_count, report.page_count) == (IngestOutcome.NEW, 2, None)
    found = await library.search("When are tickets refunded?", GUILD, MEMBER)
    best = found.evidence[0]
    assert best.chunk.text == "The club refunds a ticket within 14 days."
    assert (best.chunk.place.heading, best.chunk.place.line) == ("Fees › Refunds", 4)
    assert best.source == report.source
    assert best.keyword_rank == 1
    assert best.dense_rank is not None
    assert best.bm25 is not None and best.bm25 > 0
    assert best.cosine is not None and -1 <= best.cosine <= 1
    assert best.coverage == 1  # "when" and "are" only ask: they are no part of what is looked for
    assert found.source_count == 1
    assert list(found.top_cosines) == sorted(found.top_cosines, reverse=True)
    assert len(found.top_cosines) == 2


async def test_what_keywords_alone_found_has_a_cosine_too(settings: KnowledgeSettings) -> None:
    class Aside(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[0.6, 0.8] if "zeppelin" in text else [1.0, n / 1000] for n, text in enumerate(texts)]

        def embed_query(self, text: str) -> list[float]:
            return [1.0, 0.0]

    library = await Library.open(settings, Aside(dimension=2))
    await library.register_guild(GUILD, "Chess club")
    await put(library, "\n".join(f"# Ticket {n}\nOf the tombola." for n in range(80)))
    await put(library, "A zeppelin.", "z.txt")
    evidence = {item.source.name: item for item in await find(library, "zeppelin")}
    assert evidence["z.txt"].dense_rank is None
    assert evidence["z.txt"].keyword_rank == 1
    assert evidence["z.txt"].cosine == pytest.approx(0.6)
    await library.close()


async def test_coverage_is_one_with_every_term_and_zero_with_none(library: Library) -> None:
    await put(library, REFUNDS)
    await put(library, "Dogs stay outside.", "dogs.txt")
    by_name = {item.source.name: item.coverage for item in await find(library, "refunding students")}
    assert 0 < by_name["fees.md"] < 1
    assert by_name["dogs.txt"] == 0
    full = await find(library, "refunds tickets")
    assert full[0].coverage == pytest.approx(1.0)


@pytest.mark.parametrize("query", ["借书", "食堂几点开门", "堂", "门"])
async def test_chinese_is_found_by_words_of_one_and_two_characters(library: Library, query: str) -> None:
    await put(library, CANTEEN, "食堂.txt")
    await put(library, REFUNDS)
    best = (await find(library, query))[0]
    assert best.source.name == "食堂.txt"
    assert best.keyword_rank == 1


async def test_a_pdf_is_cited_by_page(library: Library) -> None:
    report = await put(library, pdf(["Opening hours", "Kayaks are rented by the hour"]), "boats.pdf")
    assert report.page_count == 2
    assert (await find(library, "rent a kayak"))[0].chunk.place.page == 2


async def test_a_guild_without_documents_finds_nothing(library: Library) -> None:
    found = await library.search("anything", GUILD, OWNER)
    assert (found.evidence, found.top_cosines, found.source_count) == ((), (), 0)
    assert (await library.search("anything", "unheard-of", OWNER)).evidence == ()


@pytest.mark.parametrize("query", ["", "  ", "?!", '"', "a OR", "*", "x" * 4000, "的 " * 2000])
async def test_no_question_breaks_the_search(library: Library, query: str) -> None:
    await put(library, REFUNDS)
    await library.search(query, GUILD, MEMBER)


async def test_two_guilds_never_see_each_other(library: Library) -> None:
    await put(library, REFUNDS)
    assert await find(library, "refund", OTHER_GUILD, OWNER) == ()
    await put(library, "Boats are refunded never.", "boats.txt", OTHER_GUILD)
    assert {item.source.guild_id for item in await find(library, "refund", GUILD, OWNER)} == {GUILD}
    assert {item.source.guild_id for item in await find(library, "refund", OTHER_GUILD, OWNER)} == {OTHER_GUILD}
    assert [source.name for source in await library.sources(OTHER_GUILD, OWNER)] == ["boats.txt"]
    with pytest.raises(SourceNotFound):
        await library.remove(OTHER_GUILD, "fees.md", OWNER)


async def test_a_channels_document_is_for_those_who_read_the_channel(library: Library) -> None:
    await put(library, "The salary of the trainer is 900 coins.", "salaries.txt", audience=STAFF)
    await put(library, REFUNDS)
    question = "What is the salary of the trainer?"
    assert {e.source.name for e in await find(library, question)} == {"fees.md"}
    assert {e.source.name for e in await find(library, question, reader=Reader(frozenset({"41"})))} == {"fees.md"}
    for reader in (Reader(frozenset({"42"})), OWNER):
        assert (await find(library, question, reader=reader))[0].source.name == "salaries.txt"
    hidden = await library.search(question, GUILD, MEMBER)
    assert hidden.source_count == 1
    assert len(hidden.top_cosines) == 2
    assert [source.name for source in await library.sources(GUILD, MEMBER)] == ["fees.md"]
    with pytest.raises(SourceNotFound):
        await library.remove(GUILD, "salaries.txt", MEMBER)


async def test_documents_that_one_may_not_read_take_no_place_from_those_one_may(library: Library) -> None:
    for n in range(60):
        await put(library, f"The trainer earns {n} coins.", f"secret{n}.txt", audience=STAFF)
    await put(library, "A trainer is there on Mondays, who earns our thanks and no coins.", "open.txt")
    evidence = await find(library, "What does the trainer earn in coins?")
    assert [(e.source.name, e.dense_rank, e.keyword_rank) for e in evidence] == [("open.txt", 1, 1)]


async def test_keywords_alone_rank_what_the_reader_may_read_in_any_script(library: Library) -> None:
    await put(library, "码头 14 号在维修。", "dock.md")
    await put(library, "Berth 14 is closed.", "berths.md")
    await put(library, "Number 14 is for staff.", "staff.md", audience=STAFF)
    chunks = await library.chunks(GUILD, MEMBER)
    names = {chunk.id: source.name for chunk, source in chunks}
    assert sorted(names.values()) == ["berths.md", "dock.md"]
    ranked = await library.search_by_keywords("14", GUILD, MEMBER, 5)
    assert sorted(names[id_] for id_ in ranked) == ["berths.md", "dock.md"]
    assert await library.search_by_keywords("14", OTHER_GUILD, MEMBER, 5) == []
    assert await library.search_by_keywords(" ", GUILD, MEMBER, 5) == []


async def test_an_unchanged_file_costs_no_embedding(library: Library, embeddings: HashingEmbeddings) -> None:
    first = await put(library, REFUNDS)
    embedded = len(embeddings.embedded)
    again = await put(library, REFUNDS)
    assert again.outcome is IngestOutcome.UNCHANGED
    assert again.source == first.source
    assert len(embeddings.embedded) == embedded


async def test_a_changed_file_replaces_the_last_version_whole(library: Library) -> None:
    await put(library, REFUNDS)
    changed = await put(library, "# Fees\nNothing is refunded.")
    assert changed.outcome is IngestOutcome.CHANGED
    assert [e.chunk.text for e in await find(library, "refund students half")] == ["Nothing is refunded."]
    assert len(await library.sources(GUILD, OWNER)) == 1


async def test_the_same_name_for_another_audience_is_another_source(library: Library) -> None:
    await put(library, REFUNDS)
    await put(library, "Staff pay nothing.", audience=STAFF)
    assert len(await library.sources(GUILD, OWNER)) == 2
    with pytest.raises(SourceNotFound, match="2 documents"):
        await library.remove(GUILD, "fees.md", OWNER)
    await library.remove(GUILD, "fees.md", MEMBER)
    (left,) = await library.sources(GUILD, OWNER)
    assert (await library.remove(GUILD, left.id, OWNER)).audience == STAFF


async def test_a_removed_source_is_found_no_more(library: Library) -> None:
    await put(library, REFUNDS)
    removed = await library.remove(GUILD, "fees.md", MEMBER)
    assert removed.name == "fees.md"
    found = await library.search("refund", GUILD, OWNER)
    assert (found.evidence, found.source_count) == ((), 0)
    assert (await put(library, REFUNDS)).outcome is IngestOutcome.NEW


async def test_progress_is_reported_up_to_the_end(library: Library) -> None:
    told: list[IngestProgress] = []
    text = "\n\n".join(f"# Rule {n}\nBe kind, {n} times." for n in range(40))
    await library.ingest_bytes(
        text.encode(), name="r.md", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7", on_progress=told.append
    )
    assert told[0] == IngestProgress("reading", 0, 0)
    assert [p.done for p in told if p.stage == "embedding"] == [0, 16, 32]
    assert told[-1] == IngestProgress("storing", 40, 40)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.md", b"", "empty"),
        ("x.txt", b"\0\1\2", "binary"),
        ("x.pdf", b"%PDF-nonsense", "corrupt"),
        ("x.pdf", pdf(["secret"], password="p"), "encrypted"),
        ("x.pdf", pdf([""]), "no_text"),
        ("x.md", b"x" * (30 * 1024**2), "too_large"),
        ("x.exe", b"MZ", "unsupported"),
    ],
)
async def test_a_bad_file_is_reported_and_leaves_nothing(library: Library, name: str, data: bytes, reason: str) -> None:
    report = await put(library, data, name)
    assert (report.outcome, report.reason, report.source) == (IngestOutcome.FAILED, reason, None)
    assert report.detail
    assert await library.sources(GUILD, OWNER) == []


async def test_a_bad_new_version_leaves_the_last_one(library: Library) -> None:
    await put(library, REFUNDS)
    assert (await put(library, b"\0")).outcome is IngestOutcome.FAILED
    assert (await find(library, "refund"))[0].source.name == "fees.md"


async def test_a_file_is_read_from_disk_under_a_safe_name(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "fees.md"
    path.write_text(REFUNDS)
    report = await library.ingest(
        path, name="../../x.md", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="terminal"
    )
    assert report.name == "x.md"
    missing = await library.ingest(tmp_path / "no.md", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="terminal")
    assert (missing.outcome, missing.reason) == (IngestOutcome.FAILED, "not_found")
    folder = await library.ingest(tmp_path, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="terminal")
    assert (folder.outcome, folder.reason) == (IngestOutcome.FAILED, "unreadable")


async def test_a_question_is_answered_while_a_document_is_being_embedded(
    settings: KnowledgeSettings,
) -> None:
    gate = threading.Event()
    waiting = threading.Event()

    class Slow(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            waiting.set()
            gate.wait()
            return super().embed_documents(texts)

    library = await Library.open(settings, Slow())
    await library.register_guild(GUILD, "Chess club")
    gate.set()
    await put(library, REFUNDS)
    gate.clear()
    waiting.clear()
    ingesting = asyncio.create_task(put(library, CANTEEN, "c.txt"))
    await asyncio.to_thread(waiting.wait)
    assert (await find(library, "refund"))[0].source.name == "fees.md"
    assert len(await library.sources(GUILD, OWNER)) == 1
    gate.set()
    assert (await ingesting).outcome is IngestOutcome.NEW
    await library.close()


async def test_documents_are_there_again_after_a_restart(
    settings: KnowledgeSettings, embeddings: HashingEmbeddings
) -> None:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    first = await put(library, REFUNDS)
    await library.close()
    library = await Library.open(settings, embeddings)
    found = await find(library, "refund")
    assert found[0].source == first.source
    assert found[0].dense_rank is not None
    assert (await put(library, REFUNDS)).outcome is IngestOutcome.UNCHANGED
    await library.close()


async def test_another_embedding_model_is_refused_until_everything_is_reindexed(
    settings: KnowledgeSettings, embeddings: HashingEmbeddings
) -> None:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await put(library, REFUNDS)
    await library.close()
    library = await Library.open(settings, HashingEmbeddings("other", 64))
    with pytest.raises(EmbeddingMismatch, match="reindex"):
        await find(library, "refund")
    with pytest.raises(EmbeddingMismatch):
        await put(library, CANTEEN, "c.txt")
    assert len(await library.sources(GUILD, OWNER)) == 1
    assert await library.reindex(GUILD) == 2
    assert (await find(library, "refund"))[0].dense_rank is not None
    assert await library.reindex(GUILD) == 0
    await library.close()


async def test_a_source_can_be_removed_whatever_the_embedding_model(
    settings: KnowledgeSettings, embeddings: HashingEmbeddings
) -> None:
    library = await Library.open(settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    await put(library, REFUNDS)
    await library.close()
    library = await Library.open(settings, HashingEmbeddings("other", 64))
    await library.remove(GUILD, "fees.md", OWNER)
    assert (await library.search("refund", GUILD, OWNER)).evidence == ()
    await library.close()


async def test_guilds_are_found_by_id_or_name(library: Library) -> None:
    assert await library.resolve_guild(GUILD) == GUILD
    assert await library.resolve_guild("rowing CLUB") == OTHER_GUILD
    with pytest.raises(UnknownGuild, match="known: Chess club, Rowing club"):
        await library.resolve_guild("Tennis club")
    await library.register_guild(OTHER_GUILD, "Chess club")
    with pytest.raises(AmbiguousGuild, match="100, 200"):
        await library.resolve_guild("Chess club")


@pytest.mark.parametrize("guild_id", ["", "../x", "a b", "x" * 65, "-x"])
async def test_a_guilds_id_is_checked(library: Library, guild_id: str) -> None:
    with pytest.raises(GuildError):
        await library.register_guild(guild_id, "x")


async def test_an_unregistered_guild_takes_no_document(library: Library) -> None:
    with pytest.raises(UnknownGuild):
        await put(library, REFUNDS, guild="300")


async def test_a_guild_has_no_more_passages_than_it_may(settings: KnowledgeSettings) -> None:
    library = await Library.open(settings.model_copy(update={"max_guild_passages": 2}), HashingEmbeddings())
    for guild in (GUILD, OTHER_GUILD):
        await library.register_guild(guild, guild)
    for name, outcome in (("a.txt", "new"), ("b.txt", "new"), ("c.txt", "failed"), ("a.txt", "changed")):
        report = await library.ingest_bytes(
            f"{name} in version {outcome}".encode(),
            name=name,
            guild_id=GUILD,
            audience=EVERY_MEMBER,
            ingested_by="7",
        )
        assert report.outcome == outcome
        assert (report.reason == "guild_full") is (outcome == "failed")
    report = await library.ingest_bytes(
        b"another guild's", name="c.txt", guild_id=OTHER_GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )
    assert report.outcome == "new"
    await library.close()


async def test_a_remote_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    settings = KnowledgeSettings(data_dir=tmp_path, chroma_url="http://127.0.0.1:9")
    library = await Library.open(settings, HashingEmbeddings())
    await library.register_guild(GUILD, "Chess club")
    with pytest.raises(IndexUnavailable, match="CHROMA_URL"):
        await put(library, REFUNDS)
    assert await library.sources(GUILD, OWNER) == []
    await library.close()


async def test_across_languages_a_shared_number_does_not_outdo_the_meaning(library: Library) -> None:
    for number in range(3):
        await library.ingest_bytes(
            f"第 308 号规定：第 {number} 条，场地需要提前预订。".encode(),
            name=f"r{number}.md",
            guild_id=GUILD,
            audience=EVERY_MEMBER,
            ingested_by="7",
        )
    found = await library.search("What does rule 308 say?", GUILD, OWNER)
    assert all(item.bm25 is not None for item in found.evidence)
    ranks = [item.dense_rank for item in found.evidence]
    assert ranks == sorted(ranks)


async def test_an_opening_that_fails_lets_go_of_the_folder(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    first = await Library.open(own_settings, HashingEmbeddings())
    await first.warm_up()
    # A folder, which cannot be deleted as the unfinished file that its name says.
    (own_settings.data_dir / "originals" / f"{'1' * 64}.gone.0{UNFINISHED}").mkdir(parents=True)
    with pytest.raises(OSError, match="gone"):
        await Library.open(own_settings, HashingEmbeddings())
    await first.close()
    assert server.pid is None
    assert list((own_settings.data_dir / "owners").iterdir()) == []


async def test_a_database_that_cannot_be_opened_leaves_no_owner(settings: KnowledgeSettings) -> None:
    settings.data_dir.mkdir(parents=True)
    (settings.data_dir / "knowledge.db").write_bytes(b"no database " * 1000)
    with pytest.raises(DatabaseUnusable, match=r"knowledge\.db is damaged"):
        await Library.open(settings, HashingEmbeddings())
    assert list((settings.data_dir / "owners").iterdir()) == []


async def test_an_ingestion_that_is_cancelled_before_it_is_published_stays_invisible(
    settings: KnowledgeSettings,
) -> None:
    settings.data_dir.mkdir(parents=True)
    writing = sqlite3.connect(settings.data_dir / "knowledge.db", isolation_level=None, check_same_thread=False)

    class Blocking(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            writing.execute("BEGIN IMMEDIATE")
            return super().embed_documents(texts)

    library = await Library.open(settings, Blocking())
    await library.register_guild(GUILD, "Chess club")
    embedded = asyncio.Event()

    def note(progress: IngestProgress) -> None:
        if progress.stage == "storing":
            embedded.set()

    ingesting = asyncio.create_task(
        library.ingest_bytes(
            pdf(["The shed is locked at ten."]),
            name="shed.pdf",
            guild_id=GUILD,
            audience=EVERY_MEMBER,
            ingested_by="7",
            on_progress=note,
        )
    )
    await embedded.wait()
    for _ in range(20):  # Until the publishing waits for the lock.
        await asyncio.sleep(0)
    ingesting.cancel()
    await asyncio.sleep(0)
    writing.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await ingesting
    await library.close()
    await asyncio.get_running_loop().shutdown_default_executor()  # Whatever thread still runs has ended then.
    (visible,) = writing.execute("SELECT count(*) FROM sources").fetchone()
    owed = writing.execute("SELECT owner FROM stray_vectors").fetchall()
    writing.close()
    assert (visible, owed) == (0, [(None,)])
    assert list((settings.data_dir / "originals").iterdir()) == []
