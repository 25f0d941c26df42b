"""Ingests the example handbook of the local Discord, and shows the progress in a message.

Edit this file to change what the local Discord starts with.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing, suppress
from pathlib import Path

from bot.messages.live_message import LAST_EDIT_TIMEOUT_S, Content, LiveMessage
from bot.messages.message_targets import MessageTarget
from bot.ports import DocumentsPort
from bot.render.message_text import loading_line
from bot.replies import Services
from chains.types import Language
from knowledge.types import EVERY_MEMBER, IngestOutcome

_log = logging.getLogger(__name__)

HANDBOOK = Path(__file__).parents[2] / "examples" / "handbook"


class Handbook:
    """Ingests the handbook of one server."""

    def __init__(self, services: Services, guild_id: str, guild_name: str, folder: Path = HANDBOOK) -> None:
        self._services = services
        self._guild_id = guild_id
        self._guild_name = guild_name
        self._folder = folder

    async def ingest(self, target: MessageTarget, channel_id: int) -> bool:
        """Ingest every page, for every member, and return whether that succeeded."""
        message = LiveMessage(target, self._services.throttles.of(channel_id), lambda: None)
        try:
            await message.open(self._content("progress", done=0, total=0))
            documents = await self._loaded_documents(message)
            await message.finish(await self._ingest_pages(documents, message))
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_EDIT_TIMEOUT_S):
                    await message.finish(self._content("interrupted"))
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of this job: it is logged and shown
            reason = self._services.error_boundary.sentence(error, Language.EN)
            await message.finish(self._content("failed", reason=reason))
            return False
        finally:
            await message.close()
        return True

    async def _loaded_documents(self, message: LiveMessage) -> DocumentsPort:
        service = self._services.documents
        async with aclosing(service.progress()) as reports:
            async for loading in reports:
                line = loading_line(service.name, loading, Language.EN, self._services.texts)
                message.show(self._content("loading", progress=line))
        return await service.get()

    async def _ingest_pages(self, documents: DocumentsPort, message: LiveMessage) -> Content:
        began = time.perf_counter()
        pages = await asyncio.to_thread(lambda: sorted(self._folder.glob("*.md")))
        await documents.register_guild(self._guild_id, self._guild_name)
        chunks = 0
        for done, page in enumerate(pages):
            message.show(self._content("progress", done=done, total=len(pages)))
            report = await documents.ingest_bytes(
                await asyncio.to_thread(page.read_bytes),
                name=page.name,
                guild_id=self._guild_id,
                audience=EVERY_MEMBER,
                ingested_by="local",
            )
            chunks += report.chunk_count
            if report.outcome is IngestOutcome.FAILED:
                _log.error("could not add %s: %s", page.name, report.detail)
        seconds = f"{time.perf_counter() - began:.0f}"
        return self._content("done", total=len(pages), chunks=chunks, seconds=seconds)

    def _content(self, key: str, /, **values: object) -> Content:
        return Content((self._services.texts(Language.EN, f"local.{key}", **values),))
