"""Deleted vectors leave Chroma's files, and nothing else is lost over it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.store.database import Database
from knowledge.store.vector_generations import VectorGenerations
from knowledge.types import EVERY_MEMBER, OWNER
from knowledge.vectors.chroma_server import ChromaAddress, ChromaServer, RemoteServer
from knowledge.vectors.vector_eraser import VectorEraser
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD, OTHER_GUILD
from tests.knowledge.vectors.chroma_run import chroma_run

DIMENSION = 384
KILLED = """
import os, signal, sys
from pathlib import Path

import httpx

from knowledge.store.database import Database
from knowledge.store.vector_generations import VectorGenerations
from knowledge.vectors.chroma_server import ChromaServer
from knowledge.vectors.vector_eraser import VectorEraser
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings

GUILD, COUNT = sys.argv[2], int(sys.argv[3])

def erase(requests_left):
    folder = Path(sys.argv[1])
    server = ChromaServer(folder / "chroma")
    generations = VectorGenerations(Database(folder / "knowledge.db"), folder / "vector-locks")
    kept = VectorIndex(server, HashingEmbeddings(dimension=384), generations).ids(GUILD)
    assert kept == {f"c{n}" for n in range(COUNT) if n % 5}, len(kept)
    assert generations.owed()
    send = httpx.Client.request

    def request(*arguments, **options):
        nonlocal requests_left
        requests_left -= 1
        if requests_left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(*arguments, **options)

    httpx.Client.request = request
    assert VectorEraser(server, generations).erase()

kills = 0
while True:
    pid = os.fork()
    if pid == 0:
        erase(kills)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    kills += 1
assert status == 0
print(kills)
"""


def drawn(count: int, seed: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION)).astype(np.float32)
    normal: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normal


def containing(folder: Path, vectors: np.ndarray) -> set[str]:
    """The files that contain one of these vectors: sixteen of its numbers, as they are written."""
    wanted = [vector[32:48].astype("<f4").tobytes() for vector in vectors]
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.name for path in files for data in [path.read_bytes()] if any(part in data for part in wanted)}


class Store:
    """The vectors of a data folder, without a library."""

    def __init__(self, folder: Path, server: ChromaAddress) -> None:
        self.database = Database(folder / "knowledge.db")
        self.generations = VectorGenerations(self.database, folder / "vector-locks")
        self.index = VectorIndex(server, HashingEmbeddings(dimension=DIMENSION), self.generations)
        self.eraser = VectorEraser(server, self.generations)

    def fill(self, guild_id: str, vectors: np.ndarray) -> None:
        numbers = range(len(vectors))
        self.index.upsert(
            guild_id, "guild", [f"s{n % 5}" for n in numbers], [f"c{n}" for n in numbers], vectors.tolist()
        )

    def close(self) -> None:
        self.eraser.close()
        self.index.close()
        self.database.close()


@contextmanager
def store(folder: Path, server: ChromaAddress) -> Iterator[Store]:
    opened = Store(folder, server)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path / "chroma")
    yield server
    server.stop()


# Chroma keeps up to a thousand vectors in its database alone; from there on they are in the files of an index.
@pytest.mark.parametrize("count", [40, 1200])
def test_a_deleted_vector_leaves_every_file(tmp_path: Path, own_server: ChromaServer, count: int) -> None:
    vectors, others = drawn(count), drawn(20, seed=2)
    removed = vectors[::5]
    with store(tmp_path, own_server) as opened:
        opened.fill(GUILD, vectors)
        opened.fill(OTHER_GUILD, others)
        before = opened.index.query(GUILD, [vectors[1].tolist()], 10, None)
        opened.index.delete_sources(GUILD, ["s0"])
        kept = opened.index.query(GUILD, [vectors[1].tolist()], 8, None)
        assert containing(tmp_path, removed) != set()
        assert opened.eraser.erase()
        assert containing(tmp_path, removed) == set()
        assert containing(tmp_path, vectors[1::5]) != set()
        assert opened.index.ids(GUILD) == {f"c{n}" for n in range(count) if n % 5}
        assert opened.index.count(OTHER_GUILD) == 20
        found = opened.index.query(GUILD, [vectors[1].tolist()], 8, ["guild"])
        assert [[id_ for id_, _ in row] for row in found] == [[id_ for id_, _ in row] for row in kept]
        assert [c for _, c in found[0]] == pytest.approx([c for _, c in kept[0]], abs=1e-6)
        assert dict(before[0])["c1"] == pytest.approx(dict(found[0])["c1"], abs=1e-6)
        assert opened.generations.owed() == {}


def test_what_is_dropped_with_its_model_leaves_every_file(tmp_path: Path, own_server: ChromaServer) -> None:
    vectors = drawn(1100)
    with store(tmp_path, own_server) as opened:
        opened.fill(GUILD, vectors)
        opened.index.drop(GUILD)
        opened.fill(GUILD, drawn(30, seed=2))
        assert containing(tmp_path, vectors) != set()
        assert opened.eraser.erase()
        assert containing(tmp_path, vectors) == set()
        assert opened.index.count(GUILD) == 30


def test_erasing_again_and_again_leaves_one_collection_and_one_index(tmp_path: Path, own_server: ChromaServer) -> None:
    with store(tmp_path, own_server) as opened:
        opened.fill(GUILD, drawn(1100))
        for number in range(3):
            opened.index.delete_sources(GUILD, [f"s{number}"])
            assert opened.eraser.erase()
        assert opened.index.count(GUILD) == 440
    own_server.stop()
    with closing(sqlite3.connect(tmp_path / "chroma" / "chroma.sqlite3")) as database:
        assert database.execute("SELECT name FROM collections").fetchall() == [(f"guild-{GUILD}.3",)]
    assert len([path for path in (tmp_path / "chroma").iterdir() if path.is_dir()]) <= 1


def test_a_kill_before_any_request_loses_nothing_and_is_made_up_for(tmp_path: Path, own_server: ChromaServer) -> None:
    vectors = drawn(520)
    with store(tmp_path, own_server) as opened:
        opened.fill(GUILD, vectors)
        opened.index.delete_sources(GUILD, ["s0"])
    command = [sys.executable, "-c", KILLED, str(tmp_path), GUILD, "520"]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 12
    with store(tmp_path, own_server) as opened:
        assert opened.index.ids(GUILD) == {f"c{n}" for n in range(520) if n % 5}
        assert containing(tmp_path, vectors[::5]) == set()
        assert opened.generations.owed() == {}


def test_a_server_that_is_killed_meanwhile_is_made_up_for(tmp_path: Path, own_server: ChromaServer) -> None:
    vectors = drawn(1500)
    with store(tmp_path, own_server) as opened:
        opened.fill(GUILD, vectors)
        opened.index.delete_sources(GUILD, ["s0"])
        erasing = threading.Thread(target=opened.eraser._run, args=(0.01,))
        erasing.start()
        while opened.generations.current(GUILD) == 0 and opened.generations.owed():
            pid = own_server.pid
            if pid is not None and opened.index.count(GUILD) == 1200:
                os.kill(pid, signal.SIGKILL)
                break
        while opened.generations.owed():
            assert opened.index.count(GUILD) == 1200
        opened.eraser.close()
        erasing.join()
        assert containing(tmp_path, vectors[::5]) == set()


def test_others_search_and_write_while_vectors_are_erased(tmp_path: Path, own_server: ChromaServer) -> None:
    vectors, late = drawn(1100), drawn(60, seed=3)
    with store(tmp_path, own_server) as opened, store(tmp_path, own_server) as other:
        opened.fill(GUILD, vectors)
        opened.fill(OTHER_GUILD, drawn(20, seed=2))
        opened.index.delete_sources(GUILD, ["s0"])
        erasing = threading.Thread(target=opened.eraser.erase)
        erasing.start()
        written = 0
        while erasing.is_alive() or written == 0:
            for each in (opened, other):
                assert each.index.query(GUILD, [vectors[1].tolist()], 1, None)[0][0][0] == "c1"
                assert len(each.index.query(OTHER_GUILD, [vectors[1].tolist()], 3, None)[0]) == 3
            if written < len(late):
                other.index.upsert(GUILD, "guild", ["late"], [f"late{written}"], [late[written].tolist()])
                written += 1
        erasing.join()
        for each in (opened, other):
            assert each.index.ids(GUILD) == {f"c{n}" for n in range(1100) if n % 5} | {
                f"late{n}" for n in range(written)
            }


def test_what_is_deleted_while_others_are_copied_stays_deleted_and_owed(
    tmp_path: Path, own_server: ChromaServer
) -> None:
    vectors = drawn(1100)
    with store(tmp_path, own_server) as opened, store(tmp_path, own_server) as other:
        opened.fill(GUILD, vectors)
        opened.index.delete_sources(GUILD, ["s0"])
        erasing = threading.Thread(target=opened.eraser.erase)
        erasing.start()
        other.index.delete_sources(GUILD, ["s1"])
        erasing.join()
        assert other.index.ids(GUILD) == {f"c{n}" for n in range(1100) if n % 5 > 1}
        while opened.generations.owed():
            assert opened.eraser.erase()
        assert containing(tmp_path, np.concatenate([vectors[::5], vectors[1::5]])) == set()


def test_chromas_own_server_gets_a_new_collection_and_is_not_asked_for_more(tmp_path: Path) -> None:
    vectors = drawn(40)
    with chroma_run(tmp_path / "elsewhere") as url, store(tmp_path, RemoteServer(url)) as opened:
        opened.fill(GUILD, vectors)
        opened.index.delete_sources(GUILD, ["s0"])
        assert opened.eraser.erase()
        assert opened.index.ids(GUILD) == {f"c{n}" for n in range(40) if n % 5}
        assert (opened.generations.current(GUILD), opened.generations.owed()) == (1, {})


async def test_a_removed_document_is_erased_in_the_background(own_settings: KnowledgeSettings) -> None:
    embeddings = HashingEmbeddings()
    library = await Library.open(own_settings, embeddings)
    await library.register_guild(GUILD, "Chess club")
    for name, text in (("dogs.txt", b"Dogs stay outside."), ("fees.txt", b"A ticket is refunded within 14 days.")):
        await library.ingest_bytes(text, name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    source = await library.remove(GUILD, "dogs.txt", OWNER)
    assert source.name == "dogs.txt"
    assert await library.erase_vectors()
    (evidence,) = (await library.search("refund", GUILD, OWNER)).evidence
    assert (evidence.source.name, evidence.dense_rank) == ("fees.txt", 1)
    report = await library.ingest_bytes(
        b"Boats lie in the harbour.", name="boats.txt", guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7"
    )
    assert report.reason is None
    assert await library.reindex(GUILD) == 0
    await library.close()
    # What a stopped program still owes, the next one erases.
    database = Database(own_settings.data_dir / "knowledge.db")
    generations = VectorGenerations(database, own_settings.data_dir / "vector-locks")
    generations.record_deletion(GUILD)
    library = await Library.open(own_settings, embeddings)
    assert await asyncio.to_thread(generations.owed) != {}
    library._eraser.close()
    assert generations.current(GUILD) == 1
    database.close()
    await library.close()
