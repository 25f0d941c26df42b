"""Who may use the vectors: nobody but this program, and nothing that is stored with them is ever run."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import chromadb
import httpx
import numpy as np
import pytest
from chromadb.utils.embedding_functions import register_embedding_function

from knowledge.vectors.chroma_client import COLLECTIONS, HEARTBEAT, ChromaClient, ServerReplaced
from knowledge.vectors.chroma_server import ChromaServer, RemoteServer
from knowledge.vectors.vector_index import VectorIndex
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.vectors.chroma_run import chroma_run

_BUILT: list[object] = []


@register_embedding_function
class NamedByAStranger(chromadb.EmbeddingFunction[chromadb.Documents]):
    """Stands for a sentence-transformer with `trust_remote_code`."""

    def __init__(self) -> None:
        pass

    def __call__(self, input: chromadb.Documents) -> chromadb.Embeddings:  # noqa: A002 - Chroma's own name
        return [np.zeros(8, dtype=np.float32) for _ in input]

    @staticmethod
    def name() -> str:
        return "named_by_a_stranger"

    @staticmethod
    def build_from_config(config: dict[str, object]) -> NamedByAStranger:
        _BUILT.append(config)
        return NamedByAStranger()

    def get_config(self) -> dict[str, object]:
        return {}


def test_no_embedding_function_of_a_stored_collection_is_built(tmp_path: Path) -> None:
    embeddings = HashingEmbeddings()
    with chroma_run(tmp_path / "chroma") as url:
        stranger = chromadb.HttpClient(port=urlsplit(url).port, settings=chromadb.Settings(anonymized_telemetry=False))
        stranger.create_collection(
            "guild-100",
            embedding_function=NamedByAStranger(),
            metadata={"embedding_model": embeddings.model_name, "dimension": embeddings.dimension},
        )
        _BUILT.clear()
        index = VectorIndex(RemoteServer(url), embeddings)
        vectors = embeddings.embed_documents(["dogs stay outside"])
        index.upsert("100", "guild", ["s"], ["a"], vectors)
        assert [[id_ for id_, _ in found] for found in index.query("100", vectors, 1, None)] == [["a"]]
        index.delete_sources("100", ["s"])
        assert index.count("100") == 0
        index.close()
    assert _BUILT == []


@pytest.mark.parametrize("password", [None, "", "wrong"])
def test_a_request_without_the_secret_is_refused(shared_server: ChromaServer, password: str | None) -> None:
    parts = urlsplit(shared_server.ensure())
    transport = httpx.HTTPTransport(uds=unquote(parts.path))
    auth = None if password is None else ("routewise", password)
    with httpx.Client(base_url="http://chroma", transport=transport, auth=auth) as stranger:
        for method, path in (("GET", HEARTBEAT), ("POST", COLLECTIONS), ("DELETE", f"{COLLECTIONS}/guild-100")):
            assert stranger.request(method, path).status_code == httpx.codes.UNAUTHORIZED


def test_each_start_has_a_secret_of_its_own_that_only_the_owner_reads(tmp_path: Path) -> None:
    server = ChromaServer(tmp_path / "chroma")
    first = server.ensure()
    record, socket_file = tmp_path / "chroma.lock", Path(unquote(urlsplit(first).path))
    assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (record, socket_file)] == [0, 0]
    server.stop()
    assert not socket_file.exists()
    second = server.ensure()
    server.stop()
    assert urlsplit(first).password != urlsplit(second).password


def test_a_connection_to_a_server_that_was_replaced_is_made_anew(tmp_path: Path) -> None:
    server = ChromaServer(tmp_path / "chroma")
    index = VectorIndex(server, HashingEmbeddings())
    assert index.count("club") == 0
    former = ChromaClient(server.ensure())
    server.stop()
    server.ensure()
    with pytest.raises(ServerReplaced):
        former.check()
    former.close()
    assert index.count("club") == 0
    index.close()
    server.stop()


def test_another_user_of_the_machine_reaches_nothing(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    server = ChromaServer(tmp_path / "chroma")
    path = unquote(urlsplit(server.ensure()).path)
    script = (
        "import os, socket, sys; os.setgid(65534); os.setuid(65534); socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    server.stop()
    assert done.returncode != 0
    assert "PermissionError" in done.stderr


def test_a_folder_with_a_long_path_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 30) / "chroma"
    server = ChromaServer(folder)
    index = VectorIndex(server, HashingEmbeddings())
    index.upsert("100", "guild", ["s"], ["a"], HashingEmbeddings().embed_documents(["dogs"]))
    assert index.count("100") == 1
    path = Path(unquote(urlsplit(server.ensure()).path))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    index.close()
    server.stop()
    assert not path.parent.exists()
