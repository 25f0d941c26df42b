"""What the bot needs of the other packages, as protocols. The composition root hands in what fulfils them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from chains.routing.explain import Explanation
from chains.types import Answer, AnswerEvent, Cited, Language, Question
from finetune.types import Dataset, LabelHelp, Outcome, Preview, TrainingProgress, TrainingRequest
from knowledge.types import (
    Audience,
    BatchProgress,
    BatchReport,
    IngestFile,
    IngestProgress,
    IngestReport,
    Passage,
    QAPair,
    QAPairReport,
    Reader,
    Source,
    StoredQAPair,
)
from weights.types import OnProgress


class AssistantPort(Protocol):
    """Answers questions and explains the answers."""

    def stream(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """The events of one answer; closing the generator stops the writing."""
        ...

    def headline(self, answer: Answer) -> str:
        """The deciding reason with its figure, on one line."""
        ...

    async def explanation(self, decision_id: str, language: Language) -> Explanation:
        """Why that decision was made; raises DecisionNotFound."""
        ...

    async def asker_of(self, decision_id: str) -> str:
        """The id of the member who asked; raises DecisionNotFound."""
        ...

    async def cited(self, decision_id: str) -> Cited:
        """What its answer rests on; raises DecisionNotFound."""
        ...


class DocumentsPort(Protocol):
    """A guild's documents."""

    async def ingest_bytes(
        self,
        data: bytes,
        *,
        name: str,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        link: str | None = None,
        on_progress: Callable[[IngestProgress], None] | None = None,
    ) -> IngestReport:
        """Take in one file; what is wrong with it stands in the report. `on_progress` comes from any thread."""
        ...

    async def ingest_all(
        self,
        files: Sequence[IngestFile],
        *,
        guild_id: str,
        audience: Audience,
        ingested_by: str,
        batch: str | None = None,
        link: str | None = None,
        on_progress: Callable[[BatchProgress], None] | None = None,
        on_report: Callable[[IngestReport], None] | None = None,
    ) -> BatchReport:
        """Take in many files, and what is in archives. Begun again under the same `batch`, it goes on where it was.

        Both callbacks come from any thread; the report on a file comes when it is done with.
        """
        ...

    async def sources(self, guild_id: str, reader: Reader) -> Sequence[Source]:
        """What `reader` may read."""
        ...

    async def remove(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        """Remove a source with all that was made of it."""
        ...

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        """A passage with the words marked that it shares with what was `said`; raises PassageGone, PassageHidden."""
        ...

    async def page_image(self, passage: Passage) -> bytes | None:
        """Its page as a PNG; None where there is none. Raises PictureFailed."""
        ...

    async def write_pair(
        self,
        pair: QAPair,
        *,
        guild_id: str,
        audience: Audience,
        written_by: str,
        corrects: str | None = None,
        replacing: str | None = None,
    ) -> QAPairReport:
        """Let a question be answered so from now on; raises PairError. The ids are those of sources."""
        ...

    async def pairs(self, guild_id: str, reader: Reader) -> Sequence[StoredQAPair]:
        """The moderators' answers that `reader` may read, the latest first."""
        ...

    async def register_guild(self, guild_id: str, name: str) -> None:
        """Remember a guild's name for the terminal."""
        ...


class TunerPort(Protocol):
    """Trains skills. Every error that it raises is a FinetuneError or a WeightsError."""

    async def examine(self, data: bytes, name: str) -> Dataset:
        """Check a training set line by line; raises DatasetError."""
        ...

    async def prepare(
        self,
        dataset: Dataset,
        wanted: TrainingRequest,
        on_fetch: OnProgress | None = None,
        place: Callable[[LabelHelp], LabelHelp] = ...,
    ) -> Preview:
        """Make a run ready to start. `place` may turn the name of a label's channel into its mention."""
        ...

    async def run(self, run_id: str, on_progress: Callable[[TrainingProgress], None]) -> None:
        """Train and measure, going on where a kill cut it off. Cancelling ends the child."""
        ...

    async def finish(self, run_id: str) -> Outcome:
        """Register what was trained, and make it champion where it is better than its base."""
        ...

    async def discard(self, run_id: str) -> None:
        """Take a run's files away."""
        ...

    async def sweep(self, started: frozenset[str]) -> None:
        """Take away what was prepared a day ago and not started; `started` are the runs that have a job."""
        ...
