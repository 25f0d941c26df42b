"""The registry of adapters: whose they are, which is champion, and what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from finetune.bases import Bases
from finetune.errors import (
    AdapterUnknownError,
    AmbiguousGuildError,
    NothingToRollBackError,
    RegistryTooNewError,
    RegistryUnusableError,
)
from finetune.registry import Registry, adapter_sha256
from finetune.serving.generation import Busy
from finetune.serving.specialists import LocalSpecialists
from finetune.types import Card, Evaluation, Interval, RouteComparison, TaskKind
from knowledge.types import OWNER, Reader
from tests.query_plans import Statements
from weights.store import Weights

EVALUATION = Evaluation(10, 0.9, 0.4, Interval(0.5, 0.3, 0.7), 2.0, 1.9, 0.1, 0.2)
EXAMPLES = b"Zanzibarian marmalade"
Register = Callable[..., Card]


def card_of(
    sha256: str,
    guild_id: str = "1",
    skill: str = "billing",
    audience_key: str = "guild",
    created_at: str = "2026-11-01T00:00:00",
) -> Card:
    return Card(
        sha256, guild_id, skill, TaskKind.LABEL, "embedded-small", audience_key, "0" * 64, 100, ("a", "b"), (),
        EVALUATION, 40, 60.0, 300.0, 2000, created_at,
    )  # fmt: skip


@pytest.fixture
def register(registry: Registry, tmp_path: Path) -> Register:
    """Registers an adapter of a few bytes."""

    def make(name: str, guild_id: str = "1", skill: str = "billing", audience_key: str = "guild") -> Card:
        folder = tmp_path / "trained" / name
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text("{}")
        (folder / "adapter_model.safetensors").write_bytes(name.encode())
        sha256 = adapter_sha256(folder)
        card = card_of(sha256, guild_id, skill, audience_key, f"2026-11-01T00:00:{len(name):02}")
        registry.register(card, folder, EXAMPLES, EXAMPLES)
        return card

    return make


def test_a_guild_sees_its_own_adapters_and_no_others(registry: Registry, register: Register) -> None:
    mine, other = register("one"), register("three", skill="tools")
    theirs = register("theirs", guild_id="2")
    for card in (mine, other, theirs):
        registry.promote(card.guild_id, card.adapter_sha256)
    assert [champion.skill for champion in registry.champions("1")] == ["billing", "tools"]
    assert [listed.card for listed in registry.adapters("2")] == [theirs]
    with pytest.raises(AdapterUnknownError):
        registry.promote("1", theirs.adapter_sha256)
    with pytest.raises(AdapterUnknownError):
        registry.remove("1", theirs.adapter_sha256)


async def test_a_champion_answers_only_those_who_may_read_its_data_set(
    registry: Registry, register: Register, weights: Weights
) -> None:
    card = register("one", audience_key="channel:5")
    registry.promote("1", card.adapter_sha256)
    specialists = LocalSpecialists(registry, Bases(weights), Busy(), 16, {})
    assert await specialists.champions("1", Reader(frozenset({"6"}))) == ()
    assert len(await specialists.champions("1", Reader(frozenset({"5"})))) == 1
    assert len(await specialists.champions("1", OWNER)) == 1


def test_the_beginning_of_a_hash_is_enough_where_it_names_one(registry: Registry, register: Register) -> None:
    card = register("one")
    assert registry.promote("1", card.adapter_sha256[:6].upper()) == card
    for unclear in ("", "zz"):
        with pytest.raises(AdapterUnknownError, match="Registered here"):
            registry.card("1", unclear)


def test_rolling_back_undoes_one_promotion_after_the_other(registry: Registry, register: Register) -> None:
    first, second = register("one"), register("three")
    for card in (first, second, second):
        registry.promote("1", card.adapter_sha256)
    assert [listed.is_champion for listed in registry.adapters("1")] == [True, False]
    assert registry.roll_back("1", "billing") == (second, first)
    assert registry.roll_back("1", "billing") == (first, None)
    with pytest.raises(NothingToRollBackError, match="Skills with adapters: billing"):
        registry.roll_back("1", "billing")


def test_removing_a_champion_lets_the_one_before_it_answer(registry: Registry, register: Register) -> None:
    first, second = register("one"), register("three")
    registry.promote("1", first.adapter_sha256)
    registry.promote("1", second.adapter_sha256)
    registry.remove("1", second.adapter_sha256)
    assert registry.champions("1")[0].adapter_sha256 == first.adapter_sha256
    assert not registry.folder(second.adapter_sha256).exists()


def test_what_a_comparison_found_stands_with_the_champion(registry: Registry, register: Register) -> None:
    card = register("one")
    registry.promote("1", card.adapter_sha256)
    assert registry.champions("1")[0].wins is None
    registry.note_comparison("1", card.adapter_sha256, RouteComparison(True, 0.75, Interval(0.1, 0.05, 0.2)))
    (champion,) = registry.champions("1")
    assert (champion.reads_passages, champion.wins) == (True, 0.75)


def test_champions_whose_files_are_gone_do_not_answer(registry: Registry, register: Register) -> None:
    card = register("one")
    registry.promote("1", card.adapter_sha256)
    (registry.folder(card.adapter_sha256) / "adapter_model.safetensors").unlink()
    assert registry.champions("1") == ()


def test_two_first_openings_at_once_make_one_database(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(lambda _, at=folder: Registry(at).adapters("1"), range(4))) == [()] * 4


def test_a_guild_is_found_by_its_name_or_id(registry: Registry) -> None:
    registry.name_guild("7", "Harbour Lights")
    assert registry.guild_id("Harbour Lights") == "7"
    assert registry.guild_id("7") == "7"


def test_a_name_that_two_servers_have_stands_for_neither(registry: Registry) -> None:
    registry.name_guild("7", "Harbour Lights")
    registry.name_guild("8", "harbour lights")
    with pytest.raises(AmbiguousGuildError, match="7, 8"):
        registry.guild_id("Harbour Lights")
    assert registry.guild_id("8") == "8"


def test_a_server_that_takes_the_name_of_the_terminals_guild_gets_none_of_its_tuning(
    registry: Registry, register: Register
) -> None:
    terminals = registry.guild_id("Harbour Lights")
    register("one", guild_id=terminals)
    registry.name_guild("8", "Harbour Lights")
    with pytest.raises(AmbiguousGuildError, match=f"8, {terminals}"):
        registry.guild_id("Harbour Lights")
    assert registry.guild_id(terminals) == terminals


def test_a_database_of_the_first_version_is_brought_up_to_date(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    with sqlite3.connect(tmp_path / "data" / "finetune.db") as old:
        old.execute("CREATE TABLE champion (guild_id TEXT)")
        old.execute("PRAGMA user_version = 1")
    assert registry.champions("1") == ()


def test_a_database_of_a_later_version_is_left_alone(registry: Registry, tmp_path: Path) -> None:
    registry.adapters("1")
    with sqlite3.connect(tmp_path / "data" / "finetune.db") as later:
        later.execute("PRAGMA user_version = 9")
    with pytest.raises(RegistryTooNewError, match="version 9"):
        registry.adapters("1")


def test_champions_are_found_by_an_index_however_many_were_promoted(
    registry: Registry, register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = register("first"), register("second")
    for card in (first, second, first):
        registry.promote("1", card.adapter_sha256)
    statements = Statements()
    with statements.watched(monkeypatch):
        (champion,) = registry.champions("1")
        registry.champion_of("1", "billing")
        registry.last_on("embedded-small")
        registry.promote("1", second.adapter_sha256)
        registry.roll_back("1", "billing")
        registry.remove("1", second.adapter_sha256)
    assert champion.adapter_sha256 == first.adapter_sha256
    assert len(statements.plans(tmp_path / "data" / "finetune.db")) > 5
    assert statements.scans(tmp_path / "data" / "finetune.db") == {}


def test_a_database_without_the_indexes_gets_them_and_keeps_what_it_has(
    registry: Registry, register: Register, tmp_path: Path
) -> None:
    card = register("first")
    registry.promote("1", card.adapter_sha256)
    with closing(sqlite3.connect(tmp_path / "data" / "finetune.db")) as database:
        for name in ("promotion_of_guild", "adapter_of_base", "adapter_by_hash"):
            database.execute(f"DROP INDEX {name}")
        database.execute("PRAGMA user_version = 2")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: registry.champions("1"), range(4)))
    assert {champion.adapter_sha256 for champions in found for champion in champions} == {card.adapter_sha256}
    with closing(sqlite3.connect(tmp_path / "data" / "finetune.db")) as database:
        assert database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'promotion_of_guild'").fetchone() == (
            1,
        )


def kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_removed_adapter_leaves_no_byte_of_its_examples_and_its_card(
    registry: Registry, register: Register, tmp_path: Path
) -> None:
    other = register("one")
    card = register("three", skill="marmalade")
    assert b"Zanzibar" in kept(tmp_path / "data") and b'"marmalade"' in kept(tmp_path / "data")
    registry.remove("1", card.adapter_sha256)
    registry.remove("1", other.adapter_sha256)
    assert b"Zanzibar" not in kept(tmp_path / "data")
    assert b"marmalade" not in kept(tmp_path / "data")


def test_an_adapter_whose_files_cannot_be_deleted_can_be_removed_again(registry: Registry, register: Register) -> None:
    card = register("one")
    folder = registry.folder(card.adapter_sha256)
    hidden = folder.rename(folder.with_name("hidden"))
    folder.write_bytes(EXAMPLES)  # A file, which cannot be deleted as a folder.
    with pytest.raises(OSError, match="Not a directory"):
        registry.remove("1", card.adapter_sha256)
    folder.unlink()
    hidden.rename(folder)
    registry.remove("1", card.adapter_sha256)
    assert not folder.exists()
    assert registry.adapters("1") == ()


def test_one_adapter_is_registered_by_several_threads_at_once(registry: Registry, tmp_path: Path) -> None:
    for attempt in range(10):
        folder = tmp_path / "trained" / str(attempt)
        folder.mkdir(parents=True)
        (folder / "adapter_config.json").write_text("{}")
        (folder / "adapter_model.safetensors").write_bytes(bytes([attempt]) * 1_000_000)
        card = card_of(adapter_sha256(folder))
        with ThreadPoolExecutor(4) as threads:
            done = threads.map(lambda _, c=card, f=folder: registry.register(c, f, EXAMPLES, EXAMPLES), range(4))
            assert list(done) == [None] * 4
        assert registry.card("1", card.adapter_sha256) == card
    assert len(list(registry.folder("").iterdir())) == 10


def test_what_a_kill_left_of_a_registration_is_swept(registry: Registry, register: Register) -> None:
    card = register("one")
    left = registry.folder(f"{'0' * 64}.0123.part")
    left.mkdir()
    (left / "train.jsonl").write_bytes(EXAMPLES)
    registry.sweep(3600)
    assert left.exists()
    registry.sweep(-1)
    assert not left.exists()
    assert registry.folder(card.adapter_sha256).exists()


def test_a_damaged_database_is_named(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "finetune.db").write_bytes(b"no database " * 1000)
    with pytest.raises(RegistryUnusableError, match=r"finetune\.db is damaged"):
        registry.adapters("1")
