"""What can go wrong between a document and its evidence.

KnowledgeError
├── DocumentError        one file cannot be ingested; `reason` says why, in a code that the bot words
├── GuildError           a guild that cannot be used
│   ├── UnknownGuild     none by that name
│   └── AmbiguousGuild   several by that name
├── SourceNotFound       no source, or several, by that name
├── PassageGone          a cited passage's source was removed or replaced
├── PassageHidden        a cited passage is not for this reader
├── PageImageFailed      a page cannot be shown as an image; `reason` says why
├── QAPairError          a question and its answer cannot be saved as written
├── IngestionCancelled   an ingestion was cancelled before its document was published
├── EmbeddingMismatch    the guild's vectors were made by another embedding model
├── EncoderUnusable      the embedding model that the settings name cannot be set up
├── EncoderUnreachable   the provider of the embedding model fails
├── RerankerUnusable     the reranker that the settings name cannot be set up
├── ReaderUnusable       the extractive reader's weights are not those that were shipped
├── IndexUnavailable     the Chroma server does not answer and could not be started
├── DatabaseBusy         another process has been writing for a long time
├── DatabaseUnusable     knowledge.db is damaged, or cannot be written to
├── DiskFull             nothing more can be written to the data folder
└── DatabaseTooNew       knowledge.db was written by a later version of this program
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from knowledge.types import LeftOut
from text.plurals import fill


class Reason(StrEnum):
    """Why a file cannot be ingested."""

    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    BINARY = "binary"
    CORRUPT = "corrupt"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    NO_TEXT = "no_text"
    TOO_SLOW = "too_slow"
    DISK_FULL = "disk_full"
    GUILD_FULL = "guild_full"
    BAD_LINK = "bad_link"
    LINK_OF_MANY = "link_of_many"
    MISNAMED = "misnamed"
    TOO_DEEP = "too_deep"
    NESTED_ARCHIVE = "nested_archive"
    TOO_MANY_FILES = "too_many_files"
    GARBLED = "garbled"


class QAPairProblem(StrEnum):
    """Why a question and its answer cannot be kept."""

    QUESTION_EMPTY = "question_empty"
    QUESTION_TOO_LONG = "question_too_long"
    TOO_MANY_WORDINGS = "too_many_wordings"
    ANSWER_EMPTY = "answer_empty"
    ANSWER_TOO_LONG = "answer_too_long"


class KnowledgeError(Exception):
    """Any failure of this package. Its message can be shown to an admin."""


class DocumentError(KnowledgeError):
    """One file cannot be ingested."""

    def __init__(
        self, reason: Reason, message: str, page: int | None = None, left_out: tuple[LeftOut, ...] = ()
    ) -> None:
        """Create the error; `page` is where it failed, from 1, or None if that is unknown or there are no pages.

        `left_out` is what the file contains if none of it is text.
        """
        super().__init__(message)
        self.reason = reason
        self.page = page
        self.left_out = left_out


class GuildError(KnowledgeError):
    """A guild that cannot be used."""


class UnknownGuild(GuildError):
    """No guild answers to that name or id."""


class AmbiguousGuild(GuildError):
    """More than one guild answers to that name."""


class SourceNotFound(KnowledgeError):
    """No source, or more than one, answers to that name."""


class RemovalOver(KnowledgeError):
    """A removal can no longer be undone: its documents are deleted, or are back already."""

    def __init__(self) -> None:
        super().__init__("that removal can't be undone: the documents are deleted for good, or are back already")


class NameTaken(KnowledgeError):
    """A removed document can't come back, since another one has its name and audience now."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is another document {name!r} by now: remove that one first")
        self.name = name


class PassageGone(KnowledgeError):
    """A cited passage no longer exists."""

    def __init__(self) -> None:
        super().__init__("the passage's document has been removed or replaced since it was cited: ask again")


class PassageHidden(KnowledgeError):
    """A cited passage may not be shown to the person who asks for it."""

    def __init__(self) -> None:
        super().__init__("the passage's document is not for this reader")


class PageImageFailed(KnowledgeError):
    """A page cannot be shown as an image; its text still can."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


_PAIR_SENTENCES = {
    QAPairProblem.QUESTION_EMPTY: "the question has no letters or digits: write what is asked",
    QAPairProblem.QUESTION_TOO_LONG: "the question has {count:# character|# characters}, limit {limit}: shorten it",
    QAPairProblem.TOO_MANY_WORDINGS: "the question has {count:# wording|# wordings}, limit {limit}: remove some",
    QAPairProblem.ANSWER_EMPTY: "the answer is empty: write what should be answered",
    QAPairProblem.ANSWER_TOO_LONG: "the answer has {count:# character|# characters}, limit {limit}: shorten it, "
    "or ingest it as a document",
}


class QAPairError(KnowledgeError):
    """A question and its answer cannot be saved as written; nothing was changed."""

    def __init__(self, problem: QAPairProblem, count: int = 0, limit: int = 0) -> None:
        super().__init__(fill(_PAIR_SENTENCES[problem], count=count, limit=limit))
        self.code = f"pair_{problem}"
        self.count = count
        self.limit = limit


class IngestionCancelled(KnowledgeError):
    """An ingestion was cancelled before its document was published; nothing of it is visible."""

    def __init__(self) -> None:
        super().__init__("the ingestion was cancelled")


class EmbeddingMismatch(KnowledgeError):
    """The guild's vectors were made by another embedding model than the one in use."""


class EncoderUnusable(KnowledgeError):
    """The embedding model that the settings name cannot be set up."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"EMBEDDING_MODEL={name} can't be used: {reason}.")


class RerankerUnusable(KnowledgeError):
    """The reranker that the settings name cannot be set up."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"RERANKER={name} can't be used: {reason}.")


class ReaderUnusable(KnowledgeError):
    """The extractive reader's weights are not those that were shipped."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was changed or cut off after it was installed: install routewise again.")


class EncoderUnreachable(KnowledgeError):
    """The provider of the embedding model fails, after its client has retried."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the embedding model {name} isn't responding: {reason}")


class IndexUnavailable(KnowledgeError):
    """The Chroma server does not answer and could not be started."""


class DatabaseBusy(KnowledgeError):
    """Another process has been writing for a long time."""

    def __init__(self, name: str) -> None:
        super().__init__(f"another process is writing to {name}, perhaps to rebuild the index: try again in a minute.")


class DatabaseUnusable(KnowledgeError):
    """The database is damaged, or cannot be written to; the message says which."""


class DiskFull(KnowledgeError):
    """Nothing more can be written to the data folder; what is there can still be read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the disk is full: free some space on the disk of {folder}; nothing was lost")


class DatabaseTooNew(KnowledgeError):
    """The database was written by a later version of this program."""
