"""The words of each guild's documents by audience, to tell a typing error from a word that is there.

The keyword index can't tell: it has only stems, and does not know who may read them. Edit it for which words are kept.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from knowledge.store.database import Database
from text.scripts import holds_cjk
from text.tokens import Kind, tokens

LEAST_LETTERS = 3
MOST_LETTERS = 24
"""What is longer is no word that a person types."""
_LOOKED_UP = 500
_LAST_CHARACTER = "\U0010ffff"


def words_of(text: str) -> set[str]:
    """Return the distinct words and emoji of a text as the vocabulary keeps them."""
    found: set[str] = set()
    for token in tokens(text):
        match token.kind:
            case Kind.EMOJI:
                found.add(token.text)
            case Kind.WORD | Kind.COMPOUND | Kind.NAME:
                found.update(part for part in (*token.parts, token.text) if _is_kept(part))
            case _:
                pass
    return found


class Vocabulary:
    """Keeps all guilds' words. Blocking; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, db: sqlite3.Connection, guild: int, audience: str, texts: Iterable[str]) -> None:
        """Count the words of a source's chunks, within the transaction of `db`."""
        insert = (
            "INSERT INTO vocabulary (guild, initial, length, word, audience, chunk_count) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET chunk_count = chunk_count + excluded.chunk_count"
        )
        counts = _count(texts)
        db.executemany(insert, ((guild, *_key(word), audience, count) for word, count in sorted(counts.items())))

    def remove(self, db: sqlite3.Connection, guild: int, audience: str, texts: Iterable[str]) -> None:
        """Take back what `add` counted for the same texts, within the transaction of `db`."""
        at = "WHERE guild = ? AND initial = ? AND length = ? AND word = ? AND audience = ?"
        counts = sorted(_count(texts).items())
        less = f"UPDATE vocabulary SET chunk_count = chunk_count - ? {at}"  # noqa: S608
        db.executemany(less, ((count, guild, *_key(word), audience) for word, count in counts))
        gone = f"DELETE FROM vocabulary {at} AND chunk_count <= 0"  # noqa: S608
        db.executemany(gone, ((guild, *_key(word), audience) for word, _ in counts))

    def clear(self, db: sqlite3.Connection, guild: int) -> None:
        """Forget a guild's words, within the transaction of `db`."""
        db.execute("DELETE FROM vocabulary WHERE guild = ?", (guild,))

    def known(self, guild_id: str, words: Sequence[str], audiences: Sequence[str] | None) -> set[str]:
        """Return which of these words documents of these audiences contain; None stands for all audiences."""
        found: set[str] = set()
        with self._database.read() as db:
            guild = _number(db, guild_id)
            among, keys = _among(audiences)
            for at in range(0, len(words), _LOOKED_UP):
                asked = [_key(word) for word in words[at : at + _LOOKED_UP] if word]
                marks = ",".join(["(?, ?, ?)"] * len(asked))
                query = (
                    f"WITH asked (initial, length, word) AS (VALUES {marks}) SELECT DISTINCT asked.word FROM asked "  # noqa: S608
                    "CROSS JOIN vocabulary USING (initial, length, word) "
                    f"WHERE guild = ? {among}"
                )
                if asked:
                    rows = db.execute(query, (*(value for key in asked for value in key), guild, *keys))
                    found.update(row["word"] for row in rows)
        return found

    def beginning_with(
        self, guild_id: str, beginning: str, lengths: Iterable[int], audiences: Sequence[str] | None
    ) -> set[str]:
        """Return the words of these lengths with that beginning."""
        among, keys = _among(audiences)
        query = (
            "SELECT DISTINCT word FROM vocabulary "  # noqa: S608
            f"WHERE guild = ? AND initial = ? AND length = ? AND word >= ? AND word < ? {among}"
        )
        found: set[str] = set()
        with self._database.read() as db:
            guild = _number(db, guild_id)
            for length in lengths:
                bounds = (beginning, f"{beginning}{_LAST_CHARACTER}")
                found.update(row["word"] for row in db.execute(query, (guild, beginning[0], length, *bounds, *keys)))
        return found


def _is_kept(word: str) -> bool:
    return LEAST_LETTERS <= len(word) <= MOST_LETTERS and word.isalpha() and not holds_cjk(word)


def _count(texts: Iterable[str]) -> Mapping[str, int]:
    return Counter(word for text in texts for word in words_of(text))


def _key(word: str) -> tuple[str, int, str]:
    return word[0], len(word), word


def _number(db: sqlite3.Connection, guild_id: str) -> int | None:
    row = db.execute("SELECT number FROM guilds WHERE id = ?", (guild_id,)).fetchone()
    return None if row is None else int(row["number"])


def _among(audiences: Sequence[str] | None) -> tuple[str, Sequence[str]]:
    if audiences is None:
        return "", ()
    return f"AND audience IN ({','.join('?' * len(audiences))})", audiences
