"""The adapters of every guild, and which one is champion of which skill: finetune.db, and DATA_DIR/adapters/<hash>/.

An adapter's hash covers its configuration and its weights. Edit this file to keep something more of an adapter, with a
migration of finetune.db.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from finetune.data.dataset import from_jsonl
from finetune.errors import (
    AdapterChangedError,
    AdapterNotRegisteredError,
    AdapterUnknownError,
    AmbiguousGuildError,
    NothingToRollBackError,
    RegistryTooNewError,
    RegistryUnusableError,
)
from finetune.types import Card, Champion, Example, ListedAdapter, RouteComparison
from storage import errors as storage
from storage import sqlite
from storage.atomic_write import delete_tree, new_folder

_log = logging.getLogger(__name__)

_MIGRATIONS = (
    "",
    # The first version could hold no adapter yet.
    """
DROP TABLE IF EXISTS champion;
CREATE TABLE adapter (
    guild_id       TEXT NOT NULL,
    sha256         TEXT NOT NULL,
    skill          TEXT NOT NULL,
    registered_at  TEXT NOT NULL,
    card           TEXT NOT NULL,
    reads_passages INTEGER NOT NULL DEFAULT 0,
    wins           REAL,
    PRIMARY KEY (guild_id, sha256)
) STRICT;
-- The champion of a skill is its latest promotion; a rollback takes that away.
CREATE TABLE promotion (
    id       INTEGER PRIMARY KEY,
    guild_id TEXT NOT NULL,
    skill    TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    at       TEXT NOT NULL,
    FOREIGN KEY (guild_id, sha256) REFERENCES adapter (guild_id, sha256) ON DELETE CASCADE
) STRICT;
CREATE TABLE guild (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;
""",
    # Every question asks for its guild's champions; the others are asked when a training is prepared or an adapter
    # removed.
    """
CREATE INDEX promotion_of_guild ON promotion (guild_id, skill, id, sha256);
CREATE INDEX adapter_of_base ON adapter (card ->> '$.base', registered_at);
CREATE INDEX adapter_by_hash ON adapter (sha256);
""",
)
_TERMINAL_PREFIX = "terminal-"
_FILES = ("adapter_config.json", "adapter_model.safetensors")
_CARD = TypeAdapter(Card)


class Registry:
    """Keeps adapters and promotions. Each call opens the database and blocks briefly; any thread may make it."""

    def __init__(self, data_dir: Path) -> None:
        self._database = data_dir / "finetune.db"
        self._adapters = data_dir / "adapters"
        self._hashes: dict[tuple[tuple[str, int, int], ...], str] = {}

    def folder(self, sha256: str) -> Path:
        """Return where an adapter's files are."""
        return self._adapters / sha256

    def checked_folder(self, champion: Champion) -> Path:
        """Return the folder of the champion's files, after their hash was checked.

        Raises:
            AdapterNotRegisteredError: they are gone.
            AdapterChangedError: they are not those that were promoted.
        """
        folder = self.folder(champion.adapter_sha256)
        try:
            found = self._hash(folder)
        except OSError as error:
            raise AdapterNotRegisteredError(champion.skill, champion.adapter_sha256) from error
        if found != champion.adapter_sha256:
            raise AdapterChangedError(champion.skill, champion.adapter_sha256, found)
        return folder

    def register(self, card: Card, trained: Path, questions: bytes, held_out: bytes) -> None:
        """Register an adapter with its card and the examples that it was trained and measured on. Repeatable."""
        folder = self.folder(card.adapter_sha256)
        # Within the transaction, so that nothing removes the folder before its row is there.
        with self._writing() as connection:
            if not folder.exists():
                with new_folder(folder) as part:
                    for name in _FILES:
                        shutil.copyfile(trained / name, part / name)
                    (part / "train.jsonl").write_bytes(questions)
                    (part / "held_out.jsonl").write_bytes(held_out)
                    (part / "card.json").write_bytes(_CARD.dump_json(card, indent=1))
            connection.execute(
                "INSERT OR IGNORE INTO adapter (guild_id, sha256, skill, registered_at, card) VALUES (?, ?, ?, ?, ?)",
                (card.guild_id, card.adapter_sha256, card.skill, card.created_at, _CARD.dump_json(card).decode()),
            )

    def card(self, guild_id: str, sha256: str) -> Card:
        """Return the card of an adapter; the start of its hash is enough.

        Raises:
            AdapterUnknownError: the guild has none, or several, of that hash.
        """
        with self._reading() as connection:
            return _card_by_hash(self._cards(connection, guild_id), sha256)

    def promote(self, guild_id: str, sha256: str) -> Card:
        """Make an adapter the champion of its skill; the start of its hash is enough.

        Raises:
            AdapterUnknownError: the guild has none, or several, of that hash.
        """
        with self._writing() as connection:
            card = _card_by_hash(self._cards(connection, guild_id), sha256)
            champion = self._champion(connection, guild_id, card.skill)
            if champion is None or champion.adapter_sha256 != card.adapter_sha256:
                connection.execute(
                    "INSERT INTO promotion (guild_id, skill, sha256, at) VALUES (?, ?, ?, ?)",
                    (guild_id, card.skill, card.adapter_sha256, datetime.now(UTC).isoformat()),
                )
        return card

    def roll_back(self, guild_id: str, skill: str) -> tuple[Card, Card | None]:
        """Undo the skill's last promotion; return the champion that was, and the one before it, if any.

        Raises:
            NothingToRollBackError: the skill has no champion.
        """
        with self._writing() as connection:
            champion = self._champion(connection, guild_id, skill)
            if champion is None:
                raise NothingToRollBackError(skill, sorted({c.skill for c in self._cards(connection, guild_id)}))
            connection.execute(
                "DELETE FROM promotion WHERE id = (SELECT max(id) FROM promotion WHERE guild_id = ? AND skill = ?)",
                (guild_id, skill),
            )
            return champion, self._champion(connection, guild_id, skill)

    def remove(self, guild_id: str, sha256: str) -> Card:
        """Remove an adapter with its files and promotions, and return its card.

        Raises:
            AdapterUnknownError: the guild has none, or several, of that hash.
            OSError: its files cannot be deleted; then it is still registered, and can be removed again.
        """
        with self._writing() as connection:
            card = _card_by_hash(self._cards(connection, guild_id), sha256)
            connection.execute("DELETE FROM adapter WHERE guild_id = ? AND sha256 = ?", (guild_id, card.adapter_sha256))
            remaining = connection.execute(
                "SELECT count(*) FROM adapter WHERE sha256 = ?", (card.adapter_sha256,)
            ).fetchone()
            if not remaining[0]:
                delete_tree(self.folder(card.adapter_sha256))
        return card

    def sweep(self, older_than_s: float) -> None:
        """Delete folders that belong to no adapter, which a kill left behind: they hold examples, too."""
        with self._writing() as connection:
            known = {row["sha256"] for row in connection.execute("SELECT sha256 FROM adapter")}
            for folder in self._adapters.glob("*"):
                if folder.is_dir() and folder.name not in known and is_older(folder, older_than_s):
                    delete_or_log(folder)

    def held_out(self, sha256: str) -> tuple[Example, ...]:
        """Return the examples that an adapter was measured on."""
        return from_jsonl((self.folder(sha256) / "held_out.jsonl").read_bytes())

    def note_comparison(self, guild_id: str, sha256: str, compared: RouteComparison) -> None:
        """Record what a comparison of the routes found."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE adapter SET reads_passages = ?, wins = ? WHERE guild_id = ? AND sha256 = ?",
                (int(compared.reads_passages), compared.wins, guild_id, sha256),
            )

    def champion_of(self, guild_id: str, skill: str) -> Card | None:
        """Return the card of the skill's champion, if it has one."""
        with self._reading() as connection:
            return self._champion(connection, guild_id, skill)

    def champions(self, guild_id: str) -> Sequence[Champion]:
        """Return one champion a skill, sorted by skill: the latest promoted whose files are unchanged."""
        with self._reading() as connection:
            rows = connection.execute(
                # CROSS JOIN: by the index of the promotions, in its order.
                "SELECT promotion.skill, card, reads_passages, wins FROM promotion CROSS JOIN adapter"
                " USING (guild_id, sha256) WHERE promotion.guild_id = ?"
                " ORDER BY promotion.skill DESC, promotion.id DESC",
                (guild_id,),
            ).fetchall()
        champions: dict[str, Champion] = {}
        for row in rows:
            if row["skill"] in champions:
                continue
            champion = _champion_of(_CARD.validate_json(row["card"]), bool(row["reads_passages"]), row["wins"])
            try:
                self.checked_folder(champion)
            except (AdapterChangedError, AdapterNotRegisteredError) as error:
                _log.error("%s", error)
            else:
                champions[champion.skill] = champion
        return tuple(champions[skill] for skill in sorted(champions))

    def adapters(self, guild_id: str) -> Sequence[ListedAdapter]:
        """Return every adapter of a guild, by skill, the latest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT card, (SELECT count(*) FROM promotion p WHERE p.guild_id = a.guild_id AND p.sha256 = a.sha256)"
                " AS promotions FROM adapter a WHERE guild_id = ? ORDER BY skill, registered_at DESC",
                (guild_id,),
            ).fetchall()
            cards = [(_CARD.validate_json(row["card"]), int(row["promotions"])) for row in rows]
            champions = {skill: self._champion(connection, guild_id, skill) for skill in {c.skill for c, _ in cards}}
        return tuple(ListedAdapter(card, card == champions[card.skill], count) for card, count in cards)

    def last_on(self, base: str) -> Card | None:
        """Return the latest adapter on that base, of any guild: it shows what a training takes on this machine."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT card FROM adapter WHERE card ->> '$.base' = ? ORDER BY registered_at DESC LIMIT 1", (base,)
            ).fetchone()
        return None if row is None else _CARD.validate_json(row["card"])

    def guilds(self) -> Sequence[str]:
        """Return the ids of the guilds that have a champion."""
        with self._reading() as connection:
            rows = connection.execute("SELECT DISTINCT guild_id FROM promotion").fetchall()
        return tuple(str(row["guild_id"]) for row in rows)

    def name_guild(self, guild_id: str, name: str) -> None:
        """Remember a guild's name for the terminal."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO guild (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                (guild_id, name),
            )

    def guild_id(self, name_or_id: str) -> str:
        """Return the id of the guild of that name or id. Raises AmbiguousGuildError.

        An unknown guild is one of Discord's, given by its number, or one that only the terminal knows, given by a name
        from which `knowledge/__main__.py` makes the same id. Whoever names a server on Discord may choose a name that
        another guild has, so a name that two guilds have stands for neither.
        """
        if name_or_id.isdigit() or name_or_id.startswith(_TERMINAL_PREFIX):
            return name_or_id
        name = name_or_id.casefold()
        terminal_id = _TERMINAL_PREFIX + hashlib.sha256(name.encode()).hexdigest()[:12]
        with self._reading() as connection:
            named = {str(row["id"]): row["name"] for row in connection.execute("SELECT id, name FROM guild")}
            owns = "SELECT 1 FROM adapter WHERE guild_id = ? LIMIT 1"
            is_known = connection.execute(owns, (terminal_id,)).fetchone() is not None
        if name_or_id in named:
            return name_or_id
        ids = sorted(id_ for id_, other in named.items() if other.casefold() == name)
        if is_known and terminal_id not in ids:
            ids.append(terminal_id)
        if len(ids) > 1:
            raise AmbiguousGuildError(name_or_id, ids)
        return ids[0] if ids else terminal_id

    def is_named_on_discord(self, guild_id: str, name: str) -> bool:
        """Return whether this guild is a server of Discord that has this name there."""
        with self._reading() as connection:
            row = connection.execute("SELECT name FROM guild WHERE id = ?", (guild_id,)).fetchone()
        return row is not None and guild_id.isdigit() and str(row["name"]).casefold() == name.casefold()

    def _hash(self, folder: Path) -> str:
        """Return the hash of the files, computed again where their size or time has changed. Raises OSError."""
        states = [(str(path), path.stat()) for path in (folder / name for name in _FILES)]
        key = tuple((path, state.st_size, state.st_mtime_ns) for path, state in states)
        if key not in self._hashes:
            self._hashes[key] = adapter_sha256(folder)
        return self._hashes[key]

    def _cards(self, connection: sqlite3.Connection, guild_id: str) -> list[Card]:
        rows = connection.execute("SELECT card FROM adapter WHERE guild_id = ?", (guild_id,)).fetchall()
        return [_CARD.validate_json(row["card"]) for row in rows]

    def _champion(self, connection: sqlite3.Connection, guild_id: str, skill: str) -> Card | None:
        row = connection.execute(
            "SELECT card FROM adapter JOIN promotion USING (guild_id, sha256)"
            " WHERE guild_id = ? AND promotion.skill = ? ORDER BY promotion.id DESC LIMIT 1",
            (guild_id, skill),
        ).fetchone()
        return None if row is None else _CARD.validate_json(row["card"])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with (
            self._translated(),
            self._opened() as connection,
            sqlite.transaction(connection, self._database, writing=False),
        ):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: all of the block or nothing is written, and no one else writes meanwhile.

        What is deleted is gone from the write-ahead log as well: SQLite empties it when the last connection is closed.
        """
        with (
            self._translated(),
            self._opened() as connection,
            sqlite.transaction(connection, self._database, writing=True),
        ):
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._database.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite.connect(self._database)) as connection:
            sqlite.migrate(connection, self._database, _MIGRATIONS)
            yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except storage.SchemaTooNew as error:
            raise RegistryTooNewError(error.found, error.known) from error
        except storage.StorageError as error:
            raise RegistryUnusableError(str(error)) from error


def delete_or_log(folder: Path) -> bool:
    """Delete a folder that a later sweep would find again, and return whether it is gone."""
    try:
        delete_tree(folder)
    except OSError as error:
        _log.error("the folder %s cannot be deleted; the next start tries again: %s", folder.name, error)
        return False
    return True


def is_older(folder: Path, seconds: float) -> bool:
    """Return whether a folder exists and was not changed for so long."""
    try:
        return time.time() - folder.stat().st_mtime > seconds
    except FileNotFoundError:
        return False


def adapter_sha256(folder: Path) -> str:
    """Return the hash of an adapter's configuration and weights. Raises OSError."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()


def _card_by_hash(cards: Sequence[Card], sha256: str) -> Card:
    found = [card for card in cards if sha256 and card.adapter_sha256.startswith(sha256.casefold())]
    if len(found) != 1:
        raise AdapterUnknownError(sha256, [card.adapter_sha256[:12] for card in found or cards])
    return found[0]


def _champion_of(card: Card, reads_passages: bool, wins: float | None) -> Champion:
    return Champion(
        guild_id=card.guild_id,
        skill=card.skill,
        adapter_sha256=card.adapter_sha256,
        base=card.base,
        audience_key=card.audience_key,
        example_count=card.example_count,
        held_out_score=card.evaluation.tuned_score,
        base_score=card.evaluation.base_score,
        reads_passages=reads_passages,
        training_seconds=card.training_seconds,
        kind=card.kind,
        label_help=card.label_help,
        labels=card.labels,
        wins=wins,
        answer_seconds_p50=card.evaluation.answer_seconds_p50,
        answer_seconds_p95=card.evaluation.answer_seconds_p95,
        label_threshold=card.evaluation.label_threshold,
    )
