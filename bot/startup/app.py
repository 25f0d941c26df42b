"""The composition root: builds everything from the settings and hands it down.

What is slow to build (the documents, the models) is built by `bot.startup.loader` behind a bot that already answers.
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
from bot.discord_io.client import Routewise
from bot.discord_io.notices import Notices
from bot.error_messages import ErrorBoundary
from bot.guild_adapters import GuildAdapters
from bot.jobs.ingestion import KIND as INGEST
from bot.jobs.ingestion import Ingestion
from bot.jobs.runner import Jobs
from bot.jobs.tuning import KIND as TUNE
from bot.jobs.tuning import Tuning
from bot.jobs.types import Step
from bot.jobs.uploads import Uploads
from bot.locales import load_texts
from bot.messages.throttling import EditIntervals, Throttles
from bot.ports import AssistantPort, DocumentsPort, TunerPort
from bot.prepared_trainings import PreparedTrainings
from bot.readiness import LazyService
from bot.replies import Replies, Services
from bot.settings import Settings
from bot.startup.models import leaving_to
from bot.tasks import Tasks
from finetune.data.dataset import MAX_DATASET_MB
from finetune.registry import Registry

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """A bot with all its parts, not connected yet."""

    client: Routewise
    services: Services
    tasks: Tasks
    jobs: Jobs

    async def close(self) -> None:
        """End what runs; jobs go on at the next start. Before the client closes: answers end with a word to readers."""
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
    """Wire the bot up. `sync_record` keeps which commands Discord was told of; None: it is told at each start."""
    texts = load_texts()
    error_boundary = ErrorBoundary(texts, tasks)
    services = Services(assistant, documents, texts, error_boundary, throttles or Throttles())

    leaving = leaving_to(settings)
    notices = Notices(settings.bot.data_dir / "notices.json", texts, leaving)

    kinds: dict[str, Sequence[tuple[str, Step]]] = {}
    jobs = Jobs(settings.bot.data_dir / "jobs.db", tasks, kinds)

    async def register(guild: discord.Guild) -> None:
        tasks.start(_register(documents, adapters, guild), "registration of a server")
        tasks.start(notices.tell(client, guild), "notice to a server's owner")

    async def take_up_jobs() -> None:
        tasks.start(_take_up(jobs, ingestion, tuning if tuner is not None else None), "opening of the jobs")

    client = Routewise(
        texts,
        error_boundary,
        sync_record=sync_record,
        on_guild=register,
        on_start=take_up_jobs,
        shard_count=shard_count,
    )
    limit_mb = settings.knowledge.max_document_mb
    uploads = Uploads(settings.bot.data_dir / "uploads")
    ingestion = Ingestion(client, services, jobs, uploads, limit_mb, edit_intervals or EditIntervals())
    kinds[INGEST] = ingestion.steps
    records = PreparedTrainings(settings.bot.data_dir / "trainings")
    tuning = Tuning(client, services, jobs, tuner or LazyService("tuner"), records, edit_intervals or EditIntervals())
    kinds[TUNE] = tuning.steps
    adapters = GuildAdapters(registry or Registry(settings.finetune.data_dir))
    client.use(
        (
            Ask(client, Replies(services, settings.bot.member_limit), services),
            Passages(client, services),
            Knowledge(client.tree, services, ingestion, limit_mb),
            Faq(client, services),
            Finetune(services, tuning, adapters, settings.finetune.tuning_base, MAX_DATASET_MB),
            Help(texts, leaving),
        )
    )
    return App(client, services, tasks, jobs)


async def _take_up(jobs: Jobs, ingestion: Ingestion, tuning: Tuning | None) -> None:
    await jobs.open()
    await ingestion.sweep()
    if tuning is not None:
        await tuning.sweep()


async def _register(documents: LazyService[DocumentsPort], adapters: GuildAdapters, guild: discord.Guild) -> None:
    await adapters.name_guild(str(guild.id), guild.name)
    library = await documents.get()
    await library.register_guild(str(guild.id), guild.name)
