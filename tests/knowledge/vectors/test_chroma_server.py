from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import Database
from knowledge.types import EVERY_MEMBER, OWNER
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, catalog_of

TEXT = b"The club refunds a ticket within 14 days."

CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER
from tests.fakes.hashing_embeddings import HashingEmbeddings

class Fatal(HashingEmbeddings):
    def embed_documents(self, texts):
        if sys.argv[2] == "while-embedding" and self.embedded:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed_documents(texts)

async def main():
    library = await Library.open(KnowledgeSettings(data_dir=Path(sys.argv[1])), Fatal())
    await library.register_guild("100", "Chess club")
    data = sys.stdin.buffer.read()
    await library.ingest_bytes(data, name="fees.txt", guild_id="100", audience=EVERY_MEMBER, ingested_by="7")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""

EARLIER_SERVER = """
import fcntl, json, os, sys, time
lock = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR, 0o600)
fcntl.flock(lock, fcntl.LOCK_EX)
os.pwrite(lock, json.dumps({"pid": os.getpid(), "port": 8000}).encode(), 0)
print("ready", flush=True)
time.sleep(600)
"""


def ingest_and_be_killed(own_settings: KnowledgeSettings, data: bytes, when: str) -> None:
    """Another process opens the library, ingests, and is killed before it can close anything."""
    command = [sys.executable, "-c", CHILD, str(own_settings.data_dir), when]
    done = subprocess.run(command, input=data, env=os.environ | {"PYTHONPATH": str(Path.cwd())}, check=False)
    assert done.returncode == -signal.SIGKILL


def count_vectors(server: ChromaServer) -> int:
    index = VectorIndex(server, HashingEmbeddings())
    try:
        return index.count(GUILD)
    finally:
        index.close()


async def put(library: Library, data: bytes = TEXT, name: str = "fees.txt") -> None:
    await library.register_guild(GUILD, "Chess club")
    await library.ingest_bytes(data, name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")


async def texts(library: Library, query: str = "refund") -> list[str]:
    return [evidence.chunk.text for evidence in (await library.search(query, GUILD, OWNER)).evidence]


async def test_a_killed_server_is_started_again_by_the_next_search(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await put(library)
    first = server.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert await texts(library) == [TEXT.decode()]
    assert server.pid not in (None, first)
    found = await library.search("refund", GUILD, OWNER)
    assert found.evidence[0].dense_rank == 1
    await library.close()


async def test_a_killed_server_is_started_again_by_the_next_document(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await put(library)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await put(library, b"Dogs stay outside.", "dogs.txt")
    assert (await library.search("dogs", GUILD, OWNER)).evidence[0].dense_rank == 1
    await library.close()


async def test_many_searches_at_once_outlive_the_server(own_settings: KnowledgeSettings, server: ChromaServer) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await put(library)
    for _ in range(2):
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        found = await asyncio.gather(*(texts(library) for _ in range(12)))
        assert found == [[TEXT.decode()]] * 12
    await library.close()


async def test_the_last_to_close_ends_the_server(own_settings: KnowledgeSettings, server: ChromaServer) -> None:
    starter = await Library.open(own_settings, HashingEmbeddings())
    await put(starter)
    joined = await Library.open(own_settings, HashingEmbeddings())
    assert await texts(joined) == [TEXT.decode()]
    first = server.pid
    await starter.close()
    assert server.pid == first
    assert await texts(joined) == [TEXT.decode()]
    await joined.close()
    assert server.pid is None


async def test_many_that_start_at_once_share_one_server(own_settings: KnowledgeSettings, server: ChromaServer) -> None:
    libraries = [await Library.open(own_settings, HashingEmbeddings()) for _ in range(4)]
    await asyncio.gather(*(library.warm_up() for library in libraries))
    pid = server.pid
    assert pid is not None
    for library in libraries:
        await put(library)
        assert await texts(library) == [TEXT.decode()]
    assert server.pid == pid
    for library in libraries:
        await library.close()
    assert server.pid is None


async def test_an_orphaned_server_is_adopted_and_ended(own_settings: KnowledgeSettings, server: ChromaServer) -> None:
    await asyncio.to_thread(ingest_and_be_killed, own_settings, TEXT, "after")
    orphan = server.pid
    assert orphan is not None
    library = await Library.open(own_settings, HashingEmbeddings())
    assert await texts(library) == [TEXT.decode()]
    assert server.pid == orphan
    await library.close()
    assert server.pid is None


async def test_a_kill_while_embedding_leaves_the_last_version_and_no_half_one(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    embeddings = HashingEmbeddings()
    library = await Library.open(own_settings, embeddings)
    await put(library)
    await library.close()
    longer = "\n\n".join(f"Refund number {n}: " + "paid in coins. " * 50 for n in range(40)).encode()
    await asyncio.to_thread(ingest_and_be_killed, own_settings, longer, "while-embedding")
    library = await Library.open(own_settings, embeddings)
    assert await texts(library) == [TEXT.decode()]
    assert count_vectors(server) == 1
    await put(library, longer)
    assert all(text.startswith("Refund number") for text in await texts(library))
    await library.close()


async def test_a_kill_before_old_vectors_are_deleted_is_made_up_for(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await put(library)
    await put(library, b"Dogs stay outside.", "dogs.txt")
    # A removal that is cut off here has deleted the text, and left the vectors.
    database = Database(own_settings.data_dir / "knowledge.db")
    catalog = catalog_of(database)
    catalog.remove(catalog.find_source(GUILD, "fees.txt", OWNER))
    database.close()
    assert count_vectors(server) == 2
    assert await texts(library) == ["Dogs stay outside."]
    await library.close()
    library = await Library.open(own_settings, HashingEmbeddings())
    assert count_vectors(server) == 1
    await library.close()


async def test_a_library_opens_where_chroma_lost_its_files(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    library = await Library.open(own_settings, HashingEmbeddings())
    await put(library)
    await library.close()
    (own_settings.data_dir / "chroma").rename(own_settings.data_dir / "lost")
    library = await Library.open(own_settings, HashingEmbeddings())
    (evidence,) = (await library.search("refund", GUILD, OWNER)).evidence
    assert (evidence.dense_rank, evidence.keyword_rank) == (None, 1)
    assert await library.reindex(GUILD) == 1
    (evidence,) = (await library.search("refund", GUILD, OWNER)).evidence
    assert evidence.dense_rank == 1
    await library.close()


async def test_a_document_that_the_disk_has_no_room_for_fails_alone(small_disk: Path) -> None:
    settings = KnowledgeSettings(data_dir=small_disk / "data", chroma_url=None)
    library = await Library.open(settings, HashingEmbeddings())
    await put(library)
    report = await library.ingest_bytes(
        TEXT * 50_000, name="large.txt", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )
    assert report.reason == "disk_full"
    assert await texts(library) == [TEXT.decode()]
    await library.close()


def test_a_server_of_an_earlier_version_that_asks_for_no_secret_is_replaced(
    own_settings: KnowledgeSettings, server: ChromaServer
) -> None:
    own_settings.data_dir.mkdir(parents=True)
    lock_file = own_settings.data_dir / "chroma.lock"
    with subprocess.Popen([sys.executable, "-c", EARLIER_SERVER, str(lock_file)], stdout=subprocess.PIPE) as earlier:
        assert earlier.stdout is not None
        assert earlier.stdout.readline() == b"ready\n"
        url = server.ensure()
        assert earlier.wait() == -signal.SIGTERM
    assert url.startswith("unix://")
    server.stop()
