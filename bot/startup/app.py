"""The composition root: builds the bot from its settings and passes every part to those that need it.

The documents and the models take longer: `bot.startup.loader` builds them while the bot is already online.
Edit this file when a part of the bot needs another one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import discord

from bot.cogs.ask import Ask
from bot.cogs.faq import Faq
from bot.cogs.finetune import Finetune
from bot.cogs.help import Help
from bot.cogs.knowledge import Knowledge
from bot.cogs.passages import Passages
from bot.cogs.removals import Removals
from bot.discord_io.client import Routewise
from bot.discord_io.notices import Notices
from bot.error_messages import ErrorBoundary
from bot.guild_adapters import GuildAdapters
from bot.jobs.ingestion import INGESTION_KIND, Ingestion
from bot.jobs.runner import Jobs
from bot.jobs.tuning import TUNING_KIND, Tuning
from bot.jobs.types import Step
from bot.jobs.uploads import Uploads
from bot.locales import load_texts
from bot.messages.throttling import EditIntervals, Throttles
from bot.ports import AssistantPort, DocumentsPort, TunerPort
from bot.prepared_trainings import PreparedTrainings
from bot.readiness import LazyService
from bot.replies import Replies, Services
from bot.settings import Settings
from bot.startup.models import chat_quality, find_external_models
from bot.tasks import Tasks
from finetune.data.dataset import MAX_DATASET_MB
from finetune.registry import Registry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """Keeps a bot with all its parts, not connected yet."""

    client: Routewise
    services: Services
    tasks: Tasks
    jobs: Jobs

    async def close(self) -> None:
        """Stop what runs; jobs resume at the next start. Call it before the client closes: answers get a last edit."""
        await self.jobs.close()
        await self.tasks.close()


def assemble(
    settings: Settings,
    documents: LazyService[DocumentsPort],
    assistant: LazyService[AssistantPort],
    tasks: Tasks,
    *,
    tuner: LazyService[TunerPort] | None = None,
    registry: Registry | None = None,
    throttles: Throttles | None = None,
    edit_intervals: EditIntervals | None = None,
    sync_record: Path | None = None,
    shard_count: int | None = None,
) -> App:
    """Build the bot. `sync_record` keeps which commands Discord has; None syncs them at each start."""
    texts = load_texts()
    error_boundary = ErrorBoundary(texts, tasks)
    services = Services(assistant, documents, texts, error_boundary, throttles or Throttles())

    external_models = find_external_models(settings)
    notices = Notices(settings.bot.data_dir / "notices.json", texts, external_models)

    kinds: dict[str, Sequence[tuple[str, Step]]] = {}
    jobs = Jobs(settings.bot.data_dir / "jobs.db", tasks, kinds)

    async def register(guild: discord.Guild) -> None:
        tasks.start(_register(documents, adapters, guild), "registration of a server")
        tasks.start(notices.notify(client, guild), "notice to a server's owner")

    async def resume_jobs() -> None:
        tasks.start(_resume_jobs(jobs, ingestion, tuning if tuner is not None else None), "opening of the jobs")

    client = Routewise(
        texts,
        error_boundary,
        sync_record=sync_record,
        on_guild=register,
        on_start=resume_jobs,
        shard_count=shard_count,
        message_content=settings.bot.message_content,
    )
    limit_mb = settings.knowledge.max_document_mb
    uploads = Uploads(settings.bot.data_dir / "uploads")
    ingestion = Ingestion(client, services, jobs, uploads, limit_mb, edit_intervals or EditIntervals())
    kinds[INGESTION_KIND] = ingestion.steps
    prepared_trainings = PreparedTrainings(settings.bot.data_dir / "trainings")
    tuning = Tuning(
        client, services, jobs, tuner or LazyService("tuner"), prepared_trainings, edit_intervals or EditIntervals()
    )
    kinds[TUNING_KIND] = tuning.steps
    adapters = GuildAdapters(registry or Registry(settings.finetune.data_dir))
    client.use(
        (
            Ask(client, Replies(services, settings.bot.member_limit, settings.bot.guild_limit), services),
            Passages(client, services),
            Knowledge(client.tree, services, ingestion, limit_mb),
            Removals(services),
            Faq(client, services),
            Finetune(services, tuning, adapters, settings.finetune.tuning_base, MAX_DATASET_MB),
            Help(texts, external_models, chat_quality(settings)),
        )
    )
    return App(client, services, tasks, jobs)


async def _resume_jobs(jobs: Jobs, ingestion: Ingestion, tuning: Tuning | None) -> None:
    await jobs.open()
    await ingestion.sweep()
    if tuning is not None:
        await tuning.sweep()


async def _register(documents: LazyService[DocumentsPort], adapters: GuildAdapters, guild: discord.Guild) -> None:
    await adapters.name_guild(str(guild.id), guild.name)
    library = await documents.get()
    await library.register_guild(str(guild.id), guild.name)
