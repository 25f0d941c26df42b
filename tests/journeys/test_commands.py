"""What Discord is told of the commands, and when."""

from __future__ import annotations

from pathlib import Path

import simcord

from bot.cogs.knowledge import MENU
from bot.local.simulator import RealTimeContext
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.app import App, assemble
from bot.tasks import Tasks
from tests.journeys import discord_api


async def _start(
    settings: Settings, documents: LazyService[DocumentsPort], assistant: LazyService[AssistantPort], record: Path
) -> list[dict[str, object]] | None:
    """Start once on a Discord that knows nothing, and return what it was told."""
    scope = RealTimeContext()
    tasks = Tasks(scope)
    app: App = assemble(settings, documents, assistant, tasks, sync_record=record, shard_count=1)
    env = simcord.Env(app.client)
    scope.attach(env)
    await env.start()
    discord_api.check(env.http_requests)
    told = [r.json for r in env.http_requests if r.method == "PUT" and r.path.endswith("/commands")]
    await tasks.close()
    await env.shutdown()
    return told[0] if told else None


async def test_discord_is_told_of_the_commands_once_with_both_languages(
    settings: Settings,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    tmp_path: Path,
) -> None:
    record = tmp_path / "commands.sha256"
    told = await _start(settings, documents_part, assistant_part, record)
    assert told is not None
    assert {str(command["name"]) for command in told} == {
        "ask",
        "faq",
        "finetune",
        "ingest",
        MENU,
        "sources",
        "help",
        "Correct this answer",
    }
    ask = next(command for command in told if command["name"] == "ask")
    assert ask["description_localizations"] == {
        "zh-CN": "提一个关于这个服务器的问题",
        "zh-TW": "提一个关于这个服务器的问题",
    }
    assert await _start(settings, documents_part, assistant_part, record) is None


async def test_discord_is_told_again_once_the_commands_have_changed(
    settings: Settings,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    tmp_path: Path,
) -> None:
    record = tmp_path / "commands.sha256"
    await _start(settings, documents_part, assistant_part, record)
    record.write_text("of an earlier version", "utf-8")
    assert await _start(settings, documents_part, assistant_part, record) is not None


async def test_a_record_that_cannot_be_read_is_written_anew(
    settings: Settings,
    documents_part: LazyService[DocumentsPort],
    assistant_part: LazyService[AssistantPort],
    tmp_path: Path,
) -> None:
    record = tmp_path / "commands.sha256"
    record.write_bytes(b"\xff\x00\xfe")
    assert await _start(settings, documents_part, assistant_part, record) is not None
    assert await _start(settings, documents_part, assistant_part, record) is None
