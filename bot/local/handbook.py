"""Takes the example handbook in, with a message that says how far it is."""

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
    """The handbook of one server."""

    def __init__(self, services: Services, guild_id: str, guild_name: str, folder: Path = HANDBOOK) -> None:
        self._services = services
        self._guild_id = guild_id
        self._guild_name = guild_name
        self._folder = folder

    async def take_in(self, outlet: MessageTarget, channel_id: int) -> bool:
        """Take in every page, for every member. Returns whether all went well."""
        draft = LiveMessage(outlet, self._services.throttles.of(channel_id), lambda: None)
        try:
            await draft.open(self._line("progress", done=0, total=0))
            documents = await self._documents(draft)
            await draft.finish(await self._ingest(documents, draft))
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_EDIT_TIMEOUT_S):
                    await draft.finish(self._line("interrupted"))
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of this job: it is logged and shown
            reason = self._services.error_boundary.sentence(error, Language.EN)
            await draft.finish(self._line("failed", reason=reason))
            return False
        finally:
            await draft.close()
        return True

    async def _documents(self, draft: LiveMessage) -> DocumentsPort:
        part = self._services.documents
        async with aclosing(part.progress()) as reports:
            async for loading in reports:
                line = loading_line(part.name, loading, Language.EN, self._services.texts)
                draft.show(self._line("loading", progress=line))
        return await part.get()

    async def _ingest(self, documents: DocumentsPort, draft: LiveMessage) -> Content:
        began = time.perf_counter()
        pages = await asyncio.to_thread(lambda: sorted(self._folder.glob("*.md")))
        await documents.register_guild(self._guild_id, self._guild_name)
        chunks = 0
        for done, page in enumerate(pages):
            draft.show(self._line("progress", done=done, total=len(pages)))
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
        return self._line("done", total=len(pages), chunks=chunks, seconds=seconds)

    def _line(self, key: str, /, **values: object) -> Content:
        return Content((self._services.texts(Language.EN, f"local.{key}", **values),))
