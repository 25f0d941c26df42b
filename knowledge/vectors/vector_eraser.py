"""Erases deleted vectors from Chroma's files: every few minutes, in the background, and at once if asked to.

A guild's remaining vectors are copied to a new collection while the old one answers; then the new one takes over, in
one transaction of knowledge.db, and the old one is deleted. Killed at any instant, the next attempt begins again. Edit
it for when and how vectors are erased.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import httpx
import numpy as np

from knowledge.errors import IndexUnavailable, KnowledgeError
from knowledge.store.vector_generations import VectorGenerations
from knowledge.vectors.chroma_client import ChromaClient, Collection, CollectionNotFound
from knowledge.vectors.chroma_server import ChromaAddress
from knowledge.vectors.vector_index import collection_name

log = logging.getLogger(__name__)

PERIOD_S = 300.0
"""How often the background looks for deletions: all of one period are erased together."""
_LONGEST_SHARE = 0.1
"""The most of the time that the background spends on erasing."""
BATCH = 200
"""Vectors. Chroma answers nobody else while it writes a batch."""


class VectorEraser:
    """Erases the deleted vectors of all guilds. Blocking; safe to use from several threads and processes."""

    def __init__(self, server: ChromaAddress, generations: VectorGenerations) -> None:
        self._server = server
        self._generations = generations
        self._closing = threading.Event()
        self._background: threading.Thread | None = None

    def start(self, period_s: float = PERIOD_S) -> None:
        """Erase in the background until `close`."""
        self._background = threading.Thread(target=self._run, args=(period_s,), name="erasing", daemon=True)
        self._background.start()

    def close(self) -> None:
        """Stop after the current batch; what is not done stays owed."""
        self._closing.set()
        if self._background is not None:
            self._background.join()

    def erase(self) -> bool:
        """Erase everything that was deleted so far, and return whether that was done. Raises IndexUnavailable.

        False: it was stopped, or a guild's vectors could not be copied, which the log says.
        """
        with self._generations.erasing():
            owed = self._generations.owed()
            if not owed:
                return True
            client = ChromaClient(self._server.ensure())
            try:
                copied = {guild_id: owed[guild_id] for guild_id in owed if self._is_renewed(client, guild_id)}
                if self._closing.is_set():
                    return False
                if not client.vacuum():
                    log.info("the Chroma server at CHROMA_URL keeps deleted vectors in its files until it is vacuumed")
            except httpx.HTTPError as error:
                raise IndexUnavailable(f"the Chroma server isn't responding: {error!r}") from error
            finally:
                client.close()
            self._generations.mark_erased(copied)
            return len(copied) == len(owed)

    def _run(self, period_s: float) -> None:
        pause_s = period_s
        while not self._closing.wait(pause_s):
            began = time.monotonic()
            try:
                self.erase()
            except KnowledgeError as error:
                log.warning("deleted vectors stay in Chroma's files until the next attempt: %s", error)
            except Exception:  # a thread's boundary
                log.exception("deleted vectors stay in Chroma's files until the next attempt")
            pause_s = max(period_s, (time.monotonic() - began) / _LONGEST_SHARE)

    def _is_renewed(self, client: ChromaClient, guild_id: str) -> bool:
        """Return whether the guild's collection was replaced by one that never held the deleted vectors."""
        try:
            return not self._closing.is_set() and self._renew(client, guild_id)
        except (IndexUnavailable, CollectionNotFound) as error:
            log.warning(
                "deleted vectors of guild %s stay in Chroma's files until the next attempt: %s", guild_id, error
            )
            return False

    def _renew(self, client: ChromaClient, guild_id: str) -> bool:
        current = self._generations.current(guild_id)
        old_name, new_name = (collection_name(guild_id, number) for number in (current, current + 1))
        # An attempt that was cut off left one of them.
        leftovers = [new_name, *([collection_name(guild_id, current - 1)] if current else ())]
        _delete_collections(client, leftovers)
        try:
            old = client.collection(old_name)
        except CollectionNotFound:
            return True
        new = client.get_or_create_collection(new_name, _kept_metadata(old))
        while len(missing := _ids(client, old) - _ids(client, new)) > BATCH:
            for at in range(0, len(ordered := sorted(missing)), BATCH):
                if self._closing.is_set():
                    return False
                self._copy(client, old, new, ordered[at : at + BATCH])
        with self._generations.switching(guild_id):
            _complete(client, old, new)
            self._generations.advance(guild_id, current + 1)
        _delete_collections(client, [old_name])
        return True

    def _copy(self, client: ChromaClient, old: Collection, new: Collection, ids: Sequence[str]) -> None:
        """Copy a batch, and leave as much time to other requests as it took."""
        began = time.monotonic()
        _copy_vectors(client, old, new, ids)
        self._closing.wait(time.monotonic() - began)


def _complete(client: ChromaClient, old: Collection, new: Collection) -> None:
    """Make both collections equal. Raises IndexUnavailable if they are not."""
    wanted, present = _ids(client, old), _ids(client, new)
    _copy_vectors(client, old, new, sorted(wanted - present))
    if present - wanted:  # They were deleted while the others were copied, so the next attempt erases them.
        client.delete_ids(new, sorted(present - wanted))
    if _ids(client, new) != wanted:
        raise IndexUnavailable("the Chroma server did not write all vectors to the new collection")


def _copy_vectors(client: ChromaClient, old: Collection, new: Collection, ids: Sequence[str]) -> None:
    if not ids:
        return
    found = client.get(old, ids, vectors=True, metadatas=True)
    if found.ids:
        client.upsert(new, found.ids, np.asarray(found.embeddings, dtype=np.float32), found.metadatas or [])


def _ids(client: ChromaClient, collection: Collection) -> set[str]:
    return set(client.get(collection, None).ids)


def _kept_metadata(collection: Collection) -> dict[str, str | int]:
    """Return what the index recorded with the collection."""
    return {name: value for name, value in (collection.metadata or {}).items() if isinstance(value, str | int)}


def _delete_collections(client: ChromaClient, names: Iterable[str]) -> None:
    for name in names:
        with suppress(CollectionNotFound):
            client.delete_collection(name)
