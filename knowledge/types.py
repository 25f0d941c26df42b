"""The data that crosses the edge of this package: sources, chunks, evidence, audiences, reports.

Frozen and free of I/O; chains and bot may import this module and no other of the package. Edit it to pass more to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Audience:
    """Identifies who may read a source: every member of a guild, or those who can read one channel."""

    channel_id: str | None
    """None: every member of the guild."""

    @property
    def key(self) -> str:
        """Return the form in which the audience is stored and filtered by."""
        return "guild" if self.channel_id is None else f"channel:{self.channel_id}"

    @classmethod
    def from_key(cls, key: str) -> Audience:
        """Return the audience that `key` stands for."""
        return cls(None) if key == "guild" else cls(key.removeprefix("channel:"))


EVERY_MEMBER = Audience(None)


@dataclass(frozen=True, slots=True)
class Reader:
    """Identifies on whose behalf a search runs: the channels whose sources it may use, besides the guild's."""

    channel_ids: frozenset[str]
    is_owner: bool = False
    """The guild's owner (and the terminal) reads every source."""

    def may_read(self, audience: Audience) -> bool:
        """Return whether a source of that audience may be shown to this reader."""
        return self.is_owner or audience.channel_id is None or audience.channel_id in self.channel_ids

    def may_read_key(self, audience_key: str) -> bool:
        """Return whether a source of the audience with this key may be shown to this reader."""
        return self.may_read(Audience.from_key(audience_key))


OWNER = Reader(frozenset(), is_owner=True)

QA = "qa"
"""The media of a moderator's answer, which is stored like a document."""
MAX_ANCHOR_CHARS = 300
"""The length of an anchor in a link; a longer one is left out."""


@dataclass(frozen=True, slots=True)
class Source:
    """Describes one ingested document, as the catalog lists it."""

    id: str
    guild_id: str
    name: str
    """The file's name, unique within a guild and audience."""
    media: str
    """As `knowledge.parsing.formats` names it, such as `md` or `docx`; `qa` for a moderator's answer."""
    sha256: str
    """The hash of the file's bytes."""
    audience: Audience
    size_bytes: int
    chunk_count: int
    ingested_at: datetime
    """UTC."""
    ingested_by: str
    """A member's id, or `terminal`."""
    link: str | None = None
    """Where people read the document itself: an http(s) address, checked by `knowledge.parsing.document_metadata`."""
    dated: date | None = None
    """The date that the document gives itself; None: it gives none."""

    @property
    def as_of(self) -> datetime:
        """Return the UTC time that its content dates from: noon of its own date, or else its ingestion."""
        return self.ingested_at if self.dated is None else datetime.combine(self.dated, time(12), UTC)

    def link_at(self, place: Place) -> str | None:
        """Return the link to `place`, as precise as possible; None if the document has no link."""
        if self.link is None or "#" in self.link:
            return self.link
        if place.page is not None and self.media == "pdf":
            return f"{self.link}#page={place.page}"
        anchor = "" if place.anchor is None else quote(place.anchor, safe="")
        return f"{self.link}#{anchor}" if 0 < len(anchor) <= MAX_ANCHOR_CHARS else self.link


@dataclass(frozen=True, slots=True)
class Removal:
    """Describes documents that were removed together."""

    id: str
    sources: tuple[Source, ...]
    delete_at: datetime
    """UTC. Until then, the removal can be undone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Says where in its document a chunk is. What a format does not have is None."""

    page: int | None = None
    """From 1: a PDF's page, a presentation's slide, a notebook's cell."""
    heading: str | None = None
    """The headings above it, joined by ` › `; for a sheet its name and title, for source code the definition, for a
    moderator's answer its question with each wording on a line.
    """
    line: int | None = None
    """From 1: the line of a text file, or the row of a sheet; of subtitles, the second from 0."""
    anchor: str | None = None
    """The unquoted fragment of a link to the heading: an element's id, or the slug of the heading's words."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Holds a passage: the unit that is embedded, found and cited."""

    id: str
    source_id: str
    ordinal: int
    """Its position in the document, from 0."""
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Support:
    """Says how a passage relates to a statement, or to a question that asks for yes or no; the three add up to 1."""

    supported: float
    """The probability that the passage supports the statement, or answers the question with yes."""
    contradicted: float
    """The probability that it contradicts the statement, or answers the question with no."""
    neither: float


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """Holds a sentence of a passage, or a line of a list or table, as the reader judged it."""

    start: int
    end: int
    """`start` and `end` are positions in the chunk's text."""
    evidence: float
    """The probability that it belongs to the answer, 0 to 1: the mean of its tokens."""


@dataclass(frozen=True, slots=True)
class PassageReading:
    """Holds what the reader found in one passage for one question."""

    answerable: float
    """The logit of the passage holding what is asked."""
    span: tuple[int, int]
    """Where the likeliest short answer starts and ends in the chunk's text."""
    span_margin: float
    """How much likelier that span is than "not in here", as a difference of logits."""
    sentences: tuple[ReadSentence, ...]
    """All sentences of the chunk, in order."""
    support: Support
    """What the passage says to a question that asks for yes or no; meaningless for other questions."""


SEARCH_WEIGHT = 4.0
"""What the search's score, 0 to 1, adds to the reader's logit in the order of what was read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Holds a chunk that a search found, with every score behind its rank."""

    chunk: Chunk
    source: Source
    cosine: float | None
    """The similarity of question and chunk, -1 to 1, also if only the keyword retriever found the chunk. None: the
    index has no vector of it.
    """
    dense_rank: int | None
    """From 1. None: not among the dense retriever's candidates."""
    bm25: float | None
    """Higher is better. None: the chunk shares no term with the question."""
    keyword_rank: int | None
    """From 1. None: not among the keyword retriever's candidates."""
    coverage: float
    """The share of the question's terms that the chunk contains, weighted by their rarity; 0 to 1."""
    fused: float
    """The mean of both retrievers' scores, each scaled from 0 to 1: the order of the results, unless a reranker gave
    one.
    """
    reranked: float | None = None
    """The reranker's score, higher is better. None: it did not read this chunk."""
    also_in: tuple[Source, ...] = ()
    """Other documents with a near duplicate of the passage that the reader may read, too."""
    reading: PassageReading | None = None
    """What the extractive reader found in it. None: it did not read this chunk."""

    @property
    def read_score(self) -> float | None:
        """Return what orders the passages that were read: the reader's logit and the search's score together."""
        return None if self.reading is None else self.reading.answerable + SEARCH_WEIGHT * self.fused


MAX_QUESTION_CHARS = 1000
MAX_WORDINGS = 5
MAX_ANSWER_CHARS = 1500
"""An answer fits into one Discord message with its source and its reason; a longer one is a document."""


@dataclass(frozen=True, slots=True)
class QAPair:
    """Holds a question as a moderator answered it."""

    questions: tuple[str, ...]
    """Wordings of the same question; at least one, each on one line."""
    answer: str


@dataclass(frozen=True, slots=True)
class StoredQAPair:
    """Holds a question and answer pair together with its source."""

    source: Source
    pair: QAPair
    corrects: str | None = None
    """The id of the source that answered it wrongly before; None: unknown or none."""


@dataclass(frozen=True, slots=True)
class QAPairReport:
    """Reports what became of a question and answer pair."""

    outcome: IngestOutcome
    """`new`, `changed` or `unchanged`."""
    stored: StoredQAPair
    replaced: tuple[StoredQAPair, ...] = ()
    """The pairs that answered the same question for the same audience before."""


@dataclass(frozen=True, slots=True)
class FoundQAPair:
    """Holds a moderator's answer that a search found."""

    evidence: Evidence
    """The passage is the answer."""
    questions: tuple[str, ...]
    is_same: bool
    """Whether the question is one of the pair's own, apart from case, spaces and punctuation."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Holds a chunk as it is shown to a person."""

    chunk: Chunk
    source: Source
    marks: tuple[tuple[int, int], ...]
    """Where the text contains words of the question or the answer: starts and ends, in order, not overlapping."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Locates a stretch of text within a passage."""

    chunk_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Holds two passages that answer the same question differently."""

    newer: TextSpan
    older: TextSpan


@dataclass(frozen=True, slots=True)
class Respelling:
    """Holds a word of a question that no readable document contains, and the word that was searched for instead."""

    written: str
    searched: str


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Holds what one search found, best first, and the scores that the router reads."""

    query: str
    evidence: tuple[Evidence, ...]
    top_cosines: tuple[float, ...]
    """The dense retriever's best five cosines, best first; empty if the guild has no documents."""
    source_count: int
    """How many sources this reader could search."""
    seconds: float
    pairs: tuple[FoundQAPair, ...] = ()
    """Moderators' answers: those to this very question first, the latest of them first."""
    contradictions: tuple[Contradiction, ...] = ()
    """Contradictions within the evidence; those of the best passages first."""
    reranker: str | None = None
    """The model that ordered the evidence; None: it is ordered by the fused scores."""
    asked: str | None = None
    """The query without markup and courtesies, as it was searched for; None: it was searched for as it is."""
    respelled: tuple[Respelling, ...] = ()
    """The words that `asked` spells differently."""
    foreign_cosines: tuple[float, ...] = ()
    """The best five cosines of passages in another language than the question, as if it were asked in theirs."""

    @property
    def measured(self) -> str:
        """Return the text that the figures are measured on."""
        return self.query if self.asked is None else self.asked


class IngestOutcome(StrEnum):
    """Names what became of one file."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class LeftOutKind(StrEnum):
    """Names what a file can contain that is not in its text; the bot's locales word each under `left_out`."""

    HIDDEN_TEXT = "hidden_text"
    HIDDEN_SLIDE = "hidden_slide"
    HIDDEN_SHEET = "hidden_sheet"
    HIDDEN_ROW = "hidden_row"
    HIDDEN_COLUMN = "hidden_column"
    DELETED_TEXT = "deleted_text"
    """Text that its author deleted while the program tracked changes."""
    PICTURE = "picture"
    """A picture without a description."""
    DRAWING = "drawing"
    """A drawing without text."""
    CHART = "chart"
    EQUATION = "equation"
    FORMULA = "formula"
    """A cell's formula without a stored value."""
    EMBEDDED_FILE = "embedded_file"
    PAGE = "page"
    """A page without text."""
    GARBLED_TEXT = "garbled_text"
    """A page, or a line of one, in a font that doesn't say which letters it draws."""

    @property
    def is_hidden(self) -> bool:
        """Return whether the author does not show it, so that it is left out on purpose; else it could not be read."""
        return self in _HIDDEN


_HIDDEN = frozenset(kind for kind in LeftOutKind if kind.startswith("hidden_")) | {LeftOutKind.DELETED_TEXT}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Says how much of one kind a file contains that is not in its text."""

    kind: LeftOutKind
    count: int = 1


@dataclass(frozen=True, slots=True)
class IngestReport:
    """Reports on the ingestion of one file."""

    name: str
    outcome: IngestOutcome
    source: Source | None
    """None: it failed."""
    chunk_count: int
    page_count: int | None
    """Pages of a PDF, or slides of a presentation."""
    seconds: float
    embedded_count: int = 0
    """Chunks that were embedded; the others' vectors were reused."""
    reason: str | None = None
    """Why it failed: an error code of `knowledge.errors`, which bot words in the member's language."""
    detail: str | None = None
    """Why it failed, in an English sentence for the log and the terminal."""
    failed_page: int | None = None
    """The page on which it failed, from 1."""
    left_out: tuple[LeftOut, ...] = ()
    """What the file contains that is not in its text, each kind once."""


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """Reports how far the ingestion of one file is."""

    stage: str
    """`reading`, `embedding` or `storing`."""
    done: int
    total: int
    """Chunks; 0 while unknown."""


@dataclass(frozen=True, slots=True)
class IngestFile:
    """Holds a file of a batch, which is read when its turn comes."""

    name: str
    """It may begin with folders, separated by `/`, which distinguish files of the same name."""
    size_bytes: int
    read: Callable[[], bytes]
    """Returns the bytes; it blocks, and may raise a DocumentError."""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """Reports how far the ingestion of a batch is."""

    name: str
    """The file being processed."""
    file: int
    """Its number, from 1; 0 while archives are unpacked."""
    files: int
    pages: int
    """Pages of PDFs and presentations read so far."""
    chunks: int
    """Chunks that have their vectors, out of the `known` ones."""
    known: int
    """Chunks of the files read so far."""
    rate: float | None
    """Chunks per second. None: too early to tell."""
    left_s: float | None
    """Seconds left. None: too early to tell."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """Reports on the ingestion of a batch."""

    reports: tuple[IngestReport, ...]
    """One report for each file, in their order."""
    seconds: float

    def of(self, outcome: IngestOutcome) -> tuple[IngestReport, ...]:
        """Return the reports on files with that outcome."""
        return tuple(report for report in self.reports if report.outcome is outcome)

    @property
    def embedded_count(self) -> int:
        """Return how many chunks were embedded."""
        return sum(report.embedded_count for report in self.reports)

    @property
    def reused_count(self) -> int:
        """Return how many chunks kept their vectors: all of unchanged files, the unchanged ones of changed files."""
        return sum(report.chunk_count - report.embedded_count for report in self.reports)
