"""What every room's tests share: the small models, fetched once, their threads, and the memory that they give back."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from weights.catalog import CATALOG
from weights.settings import WeightsSettings
from weights.store import Weights
from weights.types import Form

# Two test processes share two cores, and a training on a tiny base takes several times as long with two threads, which
# wait for each other at each small step. It has to be set before torch is imported; child processes inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_MUCH_BYTES = 2**30
_MORE_BYTES = 300 * 2**20
_after_release = pytest.StashKey[int]()

# The files that train for minutes: begun first, so that at the end no process waits alone for one of them.
_LONGEST_FIRST = (
    "tests/journeys/test_tuned_answers.py",
    "tests/finetune/training/test_tuner.py",
    "tests/journeys/test_real_answers.py",
    "tests/finetune/test_finetune_terminal.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first; all others keep their order."""
    places = {config.rootpath / name: place for place, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, bool, bool]:
    """Give back the memory of models that nobody needs any more: half a gigabyte each.

    A model refers to itself, so only the garbage collector frees it, and seldom comes to it; and the allocator keeps
    what was freed. Both take a moment, so it is done where much was taken since, or where a file of tests ends.
    After the teardown a test still holds its fixtures: so it is done after all of it.
    """
    done = yield
    used, before = psutil.Process().memory_info().rss, item.config.stash.get(_after_release, 0)
    ends = nextitem is None or nextitem.path != item.path
    if used > (_MUCH_BYTES if ends else max(_MUCH_BYTES, before + _MORE_BYTES)):
        gc.collect()
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)
        item.config.stash[_after_release] = psutil.Process().memory_info().rss
    return done


@pytest.fixture(scope="session")
def weights() -> Weights:
    return Weights(WeightsSettings().model_dir)


@pytest.fixture(scope="session")
def small_model_folder(weights: Weights) -> Path:
    """The chat model `embedded-small`."""
    return weights.ensure("embedded-small")


@pytest.fixture(scope="session")
def small_gguf_file() -> Path:
    """The same model as llama.cpp runs it: its file, unconverted."""
    kept = replace(CATALOG["embedded-small"], name="embedded-small-gguf", form=Form.GGUF_FILE, prepared_bytes=0)
    return Weights(WeightsSettings().model_dir, {kept.name: kept}).ensure_file(kept.name)


@pytest.fixture(scope="session")
def embedding_folder(weights: Weights) -> Path:
    """The multilingual sentence encoder."""
    return weights.ensure("embedding")
