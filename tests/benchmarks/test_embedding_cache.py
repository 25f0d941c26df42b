"""What a benchmark embedded once, it does not embed again, and the vectors stay the encoder's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness.embedding_cache import CachedEmbeddings
from knowledge.models.local_embeddings import LocalEmbeddings

TEXTS = ["The jetty has two lamps.", "码头有两盏灯。"]


def test_vectors_are_the_encoders_own_and_outlast_the_process(embedding_folder: Path, tmp_path: Path) -> None:
    plain = LocalEmbeddings(embedding_folder)
    first = CachedEmbeddings("embedding", tmp_path)
    assert np.array(first.embed_documents(TEXTS)) == pytest.approx(np.array(plain.embed_documents(TEXTS)), abs=1e-6)
    assert first.embed_query(TEXTS[0]) == pytest.approx(plain.embed_query(TEXTS[0]), abs=1e-6)
    assert first.embed_query(TEXTS[0]) != first.embed_documents(TEXTS)[0]

    again = CachedEmbeddings("embedding", tmp_path)
    assert again.embed_documents(TEXTS) == first.embed_documents(TEXTS)
    assert again.embedded == 0
    again.prepare(["How many lamps?", "How many lamps?", TEXTS[0]])
    assert again.embedded == 1
