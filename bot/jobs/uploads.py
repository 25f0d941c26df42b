"""Files that members sent, kept by content until the work on them is done. Knows nothing of that work."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from pathlib import Path

import discord

from bot.errors import DownloadFailed, UploadAltered, UploadMissing
from bot.transport_errors import TRANSPORT_ERRORS, retry_transient
from storage.atomic_write import write_whole


async def download(file: discord.Attachment) -> bytes:
    """What a member attached. Raises DownloadFailed."""
    try:
        return await retry_transient(file.read)
    except TRANSPORT_ERRORS as error:
        raise DownloadFailed(file.filename) from error


class Uploads:
    """A folder of files, each named by its own sha256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes) -> str:
        """Keep `data` durably and return its sha256. Raises OSError where the disk is full; then nothing stays."""
        return await asyncio.to_thread(self._put, data)

    async def read(self, sha256: str) -> bytes:
        """What was kept, byte for byte.

        Raises:
            UploadMissing: it is not there.
            UploadAltered: it is not what was put.
        """
        return await asyncio.to_thread(self.load, sha256)

    async def discard(self, sha256: str) -> None:
        """Forget it. Safe to call again."""
        await asyncio.to_thread((self._folder / sha256).unlink, missing_ok=True)

    async def sweep(self, kept: Collection[str]) -> None:
        """Forget all but these, and what a kill left unfinished."""
        await asyncio.to_thread(self._sweep, kept)

    def load(self, sha256: str) -> bytes:
        """`read`, in the caller's thread, which it blocks."""
        try:
            data = (self._folder / sha256).read_bytes()
        except FileNotFoundError as error:
            raise UploadMissing(sha256) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UploadAltered(sha256)
        return data

    def _sweep(self, kept: Collection[str]) -> None:
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in kept:
                    path.unlink(missing_ok=True)

    def _put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._folder / sha256, data)
        return sha256
