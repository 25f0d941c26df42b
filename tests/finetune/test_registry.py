"""Which champion answers in which guild, from a real database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from finetune.errors import AdapterNotRegisteredError, RegistryTooNewError
from finetune.registry import Registry
from knowledge.types import OWNER, Reader

MEMBER = Reader(frozenset({"7"}))


def add(path: Path, guild_id: str, skill: str, audience_key: str) -> None:
    row = (guild_id, skill, "a" * 64, "embedded-small", audience_key, 300, 0.9, 0.5, 0, 120.0)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO champion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    made = tmp_path / "finetune.db"
    assert await Registry(made).champions("1", OWNER) == ()
    return made


async def test_a_guild_sees_its_own_champions_by_skill_and_no_others(path: Path) -> None:
    for guild_id, skill in (("1", "sorting"), ("1", "greeting"), ("2", "secret")):
        add(path, guild_id, skill, "guild")
    assert [champion.skill for champion in await Registry(path).champions("1", MEMBER)] == ["greeting", "sorting"]


async def test_a_champion_answers_only_those_who_may_read_its_data_set(path: Path) -> None:
    add(path, "1", "open", "channel:7")
    add(path, "1", "hidden", "channel:8")
    assert [champion.skill for champion in await Registry(path).champions("1", MEMBER)] == ["open"]
    assert len(await Registry(path).champions("1", OWNER)) == 2


async def test_an_adapter_that_is_not_on_this_machine_is_named(path: Path) -> None:
    add(path, "1", "sorting", "guild")
    registry = Registry(path)
    (champion,) = await registry.champions("1", OWNER)
    with pytest.raises(AdapterNotRegisteredError, match="sorting"):
        registry.model(champion)


async def test_a_database_of_a_later_version_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryTooNewError, match="Install the later program again"):
        await Registry(path).champions("1", OWNER)
