"""The protocols of what the bot needs from the other packages; the composition root passes the implementations in.

Edit this file when the bot needs more from the assistant, the documents or the tuner."""

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
    Removal,
    Source,
    StoredQAPair,
)
from weights.types import OnProgress


class AssistantPort(Protocol):
    """Answers questions and explains the answers."""

    def stream(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Yield the events of one answer; closing the generator stops the writing."""
        ...

    def headline(self, answer: Answer) -> str:
        """Return the deciding reason with its figure, on one line."""
        ...

    async def explanation(self, decision_id: str, language: Language) -> Explanation:
        """Return why a decision was made. Raise DecisionNotFound."""
        ...

    async def asker_of(self, decision_id: str) -> str:
        """Return the id of the member who asked. Raise DecisionNotFound."""
        ...

    async def cited(self, decision_id: str) -> Cited:
        """Return what a decision's answer is based on. Raise DecisionNotFound."""
        ...


class DocumentsPort(Protocol):
    """Adds, lists, shows and removes the documents of a guild."""

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
        """Ingest one file; the report says what is wrong with it. `on_progress` is called from any thread."""
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
        """Ingest many files, and those in archives. Started again with the same `batch`, it continues where it stopped.

        Both callbacks come from any thread; the report on a file comes when it is done with.
        """
        ...

    async def sources(self, guild_id: str, reader: Reader) -> Sequence[Source]:
        """Return the sources that `reader` may read."""
        ...

    @property
    def erases_vectors(self) -> bool:
        """Return whether a removed document's vectors leave the disk in the background."""
        ...

    async def remove(self, guild_id: str, name_or_id: str, reader: Reader) -> Source:
        """Remove a source and everything made from it, and return it."""
        ...

    async def remove_for_now(self, guild_id: str, names_or_ids: Sequence[str], reader: Reader) -> Removal:
        """Take sources out of every search at once, all or none; they are deleted when the removal says."""
        ...

    async def restore(self, guild_id: str, removal_id: str) -> Sequence[Source]:
        """Undo a removal. Raise RemovalOver, NameTaken."""
        ...

    async def removed_audiences(self, guild_id: str, removal_id: str) -> Sequence[Audience]:
        """Return the audiences of what was removed. Raise RemovalOver."""
        ...

    async def namesakes(self, guild_id: str, batch: str, reader: Reader) -> Sequence[Source]:
        """Return the sources with the name of one that the batch added, for another audience."""
        ...

    async def passage(self, guild_id: str, chunk_id: str, reader: Reader, said: Sequence[str]) -> Passage:
        """Return a passage with the words marked that it shares with `said`. Raise PassageGone, PassageHidden."""
        ...

    async def page_image(self, passage: Passage) -> bytes | None:
        """Return the passage's page as a PNG, or None if it has none. Raise PageImageFailed."""
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
        """Answer a question with this pair from now on. The ids are those of sources. Raise QAPairError."""
        ...

    async def pairs(self, guild_id: str, reader: Reader) -> Sequence[StoredQAPair]:
        """Return the moderators' answers that `reader` may read, the latest first."""
        ...

    async def register_guild(self, guild_id: str, name: str) -> None:
        """Store a guild's name, so that the terminal can use it."""
        ...


class TunerPort(Protocol):
    """Trains skills. All errors that it raises are FinetuneErrors or WeightsErrors."""

    async def examine(self, data: bytes, name: str) -> Dataset:
        """Check a training set line by line, and return it. Raise DatasetError."""
        ...

    async def prepare(
        self,
        dataset: Dataset,
        wanted: TrainingRequest,
        on_fetch: OnProgress | None = None,
        place: Callable[[LabelHelp], LabelHelp] = ...,
    ) -> Preview:
        """Prepare a run and return its preview. `place` may turn the name of a label's channel into its mention."""
        ...

    async def run(self, run_id: str, on_progress: Callable[[TrainingProgress], None]) -> None:
        """Train and evaluate, resuming after a kill. Cancelling it ends the training process."""
        ...

    async def finish(self, run_id: str) -> Outcome:
        """Register the trained adapter, and promote it if it is better than its base."""
        ...

    async def discard(self, run_id: str) -> None:
        """Delete the files of a run."""
        ...

    async def sweep(self, started: frozenset[str]) -> None:
        """Delete runs that were prepared over a day ago and never started; `started` are the runs that have a job."""
        ...
