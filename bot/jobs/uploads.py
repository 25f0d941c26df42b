"""Keeps the files that members sent, named by their hashes, until the job that needs them is done.

Edit this file to change how uploads are downloaded or stored.
"""

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
    """Download what a member attached. Raise DownloadFailed if Discord does not deliver it."""
    try:
        return await retry_transient(file.read)
    except TRANSPORT_ERRORS as error:
        raise DownloadFailed(file.filename) from error


class Uploads:
    """Keeps a folder of files, each named by its own sha256."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes) -> str:
        """Store `data` durably and return its sha256. Raise OSError if the disk is full; then nothing stays."""
        return await asyncio.to_thread(self._put, data)

    async def read(self, sha256: str) -> bytes:
        """Return an upload, byte for byte.

        Raises:
            UploadMissing: it is not there.
            UploadAltered: its bytes are not those that were stored.
        """
        return await asyncio.to_thread(self.load, sha256)

    async def discard(self, sha256: str) -> None:
        """Delete an upload. Calling it again is safe."""
        await asyncio.to_thread((self._folder / sha256).unlink, missing_ok=True)

    async def sweep(self, kept: Collection[str]) -> None:
        """Delete all uploads but these, and what a kill left half written."""
        await asyncio.to_thread(self._sweep, kept)

    def load(self, sha256: str) -> bytes:
        """Return an upload as `read` does, but block the calling thread."""
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
