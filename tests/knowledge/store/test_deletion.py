from __future__ import annotations

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import Database
from knowledge.types import EVERY_MEMBER, OWNER
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD

SECRET = "Zanzibarian marmalade is hidden below the staircase. 密码是紫色长颈鹿。"
TRACES = [b"Zanzibar", b"zanzibar", b"marmalade", b"staircas", "紫色".encode(), "长颈".encode(), "密码".encode()]


def stored(settings: KnowledgeSettings) -> bytes:
    """All bytes of the database, its write-ahead log and its index."""
    return b"".join(path.read_bytes() for path in sorted(settings.data_dir.glob("knowledge.db*")))


async def put(library: Library, text: str, name: str) -> None:
    await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")


async def test_a_removed_document_leaves_no_byte_in_the_database(library: Library, settings: KnowledgeSettings) -> None:
    for n in range(30):
        await put(library, f"# Rule {n}\nMembers number {n} water the plants.", f"rule{n}.md")
    await put(library, SECRET, "secret.txt")
    assert SECRET.encode() in stored(settings)
    await library.remove(GUILD, "secret.txt", OWNER)
    assert [trace for trace in TRACES if trace in stored(settings)] == []
    assert (await library.search("water the plants", GUILD, OWNER)).evidence[0].keyword_rank == 1


async def test_a_replaced_version_leaves_no_byte_in_the_database(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, SECRET, "secret.txt")
    await put(library, "Nothing to see here.", "secret.txt")
    assert [trace for trace in TRACES if trace in stored(settings)] == []


async def test_text_is_stored_once(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, SECRET, "secret.txt")
    database = Database(settings.data_dir / "knowledge.db")
    database.purge()
    database.close()
    assert stored(settings).count(SECRET.encode()) == 1


async def test_chroma_holds_no_text(own_settings: KnowledgeSettings) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await library.register_guild(GUILD, "Chess club")
    await put(library, SECRET, "secret.txt")
    await library.close()
    kept = b"".join(path.read_bytes() for path in (own_settings.data_dir / "chroma").rglob("*") if path.is_file())
    assert kept
    assert [trace for trace in TRACES if trace in kept] == []
