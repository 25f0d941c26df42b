"""What is pinned, and what becomes of a file that cannot be turned into a model."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from weights.catalog import CATALOG, CHAT_MODELS, EMBEDDING_MODELS, find_entry
from weights.errors import ConversionError, UnknownModelError
from weights.store import Weights
from weights.types import Entry, Form, PinnedFile


@pytest.mark.parametrize("entry", CATALOG.values(), ids=CATALOG.keys())
def test_every_file_is_pinned_by_its_hash_and_every_publisher_by_a_commit(entry: Entry) -> None:
    assert entry.licence
    for file in entry.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.hub is None or re.fullmatch(r"[0-9a-f]{40}", file.hub.revision)
        assert file.hub is not None or file.mirror
        assert sum(part.size_bytes for part in file.mirror) == file.size_bytes


def test_a_file_without_an_official_publisher_says_so() -> None:
    for entry in CATALOG.values():
        if any(file.hub is None for file in entry.files):
            assert entry.note is not None
            assert "no official hash" in entry.note


def test_what_the_settings_name_is_in_the_catalog() -> None:
    assert {*CHAT_MODELS.values(), *EMBEDDING_MODELS.values()} == set(CATALOG)
    assert all(find_entry(name).embedding is not None for name in EMBEDDING_MODELS.values())
    with pytest.raises(UnknownModelError, match="embedded-small"):
        find_entry("gpt")


def test_one_file_is_both_the_folder_for_transformers_and_what_llama_cpp_runs() -> None:
    assert CATALOG["embedded-gguf"].files == CATALOG["embedded"].files
    assert CATALOG["embedded-gguf"].form is CATALOG["embedded-large"].form is Form.GGUF_FILE


@pytest.mark.parametrize("name", ["embedded-small", "embedding"])
def test_a_file_that_is_no_model_is_not_prepared_and_leaves_no_folder(tmp_path: Path, name: str) -> None:
    content = b"not a model"
    real = CATALOG[name]
    file = PinnedFile("model.bin", hashlib.sha256(content).hexdigest(), len(content), None, ())
    (tmp_path / "model.bin").write_bytes(content)
    weights = Weights(tmp_path, {name: replace(real, files=(file,))}, ())
    with pytest.raises(ConversionError, match="couldn't be prepared"):
        weights.ensure(name)
    assert not weights.folder(name).exists()
    assert not weights.is_ready(name)
