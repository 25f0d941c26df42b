"""The data that crosses the edge of this package: sources, chunks, evidence, audiences, reports.

Frozen and free of I/O; chains and bot may import this module and no other of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may read a source: a guild's every member, or those who can read one channel."""

    channel_id: str | None
    """None: every member of the guild."""

    @property
    def key(self) -> str:
        """The form in which it is stored and filtered by."""
        return "guild" if self.channel_id is None else f"channel:{self.channel_id}"

    @classmethod
    def from_key(cls, key: str) -> Audience:
        """The audience that `key` stands for."""
        return cls(None) if key == "guild" else cls(key.removeprefix("channel:"))


EVERY_MEMBER = Audience(None)


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf a search runs: the channels that it may draw on, beside what every member may read."""

    channel_ids: frozenset[str]
    is_owner: bool = False
    """The guild's owner (and the terminal) reads every source."""

    def may_read(self, audience: Audience) -> bool:
        """Whether a source of that audience may be shown to this reader."""
        return self.is_owner or audience.channel_id is None or audience.channel_id in self.channel_ids

    def may_read_key(self, audience_key: str) -> bool:
        """The same, of an audience in its stored form."""
        return self.may_read(Audience.from_key(audience_key))


OWNER = Reader(frozenset(), is_owner=True)

MAX_ANCHOR_CHARS = 300
"""As it stands in a link; a longer one is left out."""


@dataclass(frozen=True, slots=True)
class Source:
    """One ingested document, as the catalog lists it."""

    id: str
    guild_id: str
    name: str
    """The file's name, unique within a guild and audience."""
    media: str
    """As `knowledge.parsing.formats` names it, such as `md` or `docx`; `qa` for a moderator's answer."""
    sha256: str
    """Of the file's bytes."""
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
    """As the document itself says; None: it does not."""

    @property
    def as_of(self) -> datetime:
        """From when its words are, UTC: noon of its own date, which is that day nearly everywhere, or its arrival."""
        return self.ingested_at if self.dated is None else datetime.combine(self.dated, time(12), UTC)

    def link_at(self, place: Place) -> str | None:
        """The link to `place`, as near as it can name it; None where the document has none."""
        if self.link is None or "#" in self.link:
            return self.link
        if place.page is not None and self.media == "pdf":
            return f"{self.link}#page={place.page}"
        anchor = "" if place.anchor is None else quote(place.anchor, safe="")
        return f"{self.link}#{anchor}" if 0 < len(anchor) <= MAX_ANCHOR_CHARS else self.link


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its document a chunk stands. What a format does not have is None."""

    page: int | None = None
    """From 1: a PDF's page, a presentation's slide, a notebook's cell."""
    heading: str | None = None
    """The headings above it, joined by ` › `; a sheet and its title; the definition in source code. Of a moderator's
    answer, the question: each wording on a line."""
    line: int | None = None
    """From 1: of a file that is text, its line; a sheet's row."""
    anchor: str | None = None
    """The fragment that leads to the heading, unquoted: an element's id, or as sites make it of a heading's words."""


PAGE_NAMES: Mapping[str, str] = MappingProxyType({"pptx": "slide", "ipynb": "cell"})
"""What a place's page is, by the source's media; a page where it is not named."""
LINE_NAMES: Mapping[str, str] = MappingProxyType({"xlsx": "row"})
"""The same of its line."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: the unit that is embedded, found and cited."""

    id: str
    source_id: str
    ordinal: int
    """Its position in the document, from 0."""
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Evidence:
    """A chunk that a search found, with every score that put it there."""

    chunk: Chunk
    source: Source
    cosine: float | None
    """Question to chunk, -1 to 1, also where only the keyword arm found the chunk. None: the index has no vector."""
    dense_rank: int | None
    """From 1. None: not among the dense arm's candidates."""
    bm25: float | None
    """Higher is better. None: shares no term with the question."""
    keyword_rank: int | None
    """From 1."""
    coverage: float
    """The share of the question's terms that stand in the chunk, weighted by their rarity; 0 to 1."""
    fused: float
    """The mean of both arms' scores, each scaled from 0 to 1: the order of the results, unless a reranker gave one."""
    reranked: float | None = None
    """The reranker's score, higher is better. None: it did not read this one."""
    also_in: tuple[Source, ...] = ()
    """Other documents that say the same in the same words, and that the reader may read too."""


MAX_QUESTION_CHARS = 1000
MAX_WORDINGS = 5
MAX_ANSWER_CHARS = 1500
"""It stands in one Discord message with its source and its reason; what is longer is a document."""


@dataclass(frozen=True, slots=True)
class QAPair:
    """A question as a moderator answered it."""

    questions: tuple[str, ...]
    """Wordings of the one question; at least one, each on a line."""
    answer: str


@dataclass(frozen=True, slots=True)
class StoredQAPair:
    """A pair with the source that it is."""

    source: Source
    pair: QAPair
    corrects: str | None = None
    """The id of the source from which it was answered wrongly before; None: none is known."""


@dataclass(frozen=True, slots=True)
class QAPairReport:
    """What became of a pair."""

    outcome: IngestOutcome
    """`new`, `changed` or `unchanged`."""
    stored: StoredQAPair
    replaced: tuple[StoredQAPair, ...] = ()
    """What answered the same question in the same audience before."""


@dataclass(frozen=True, slots=True)
class FoundQAPair:
    """A moderator's answer that a search came upon."""

    evidence: Evidence
    """Its passage is the answer."""
    questions: tuple[str, ...]
    is_same: bool
    """It was asked in the very words of one of its questions, but for case, spaces and punctuation."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as it is shown to somebody."""

    chunk: Chunk
    source: Source
    marks: tuple[tuple[int, int], ...]
    """Where in the text stand words that were asked or answered: starts and ends, in order, apart from each other."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of a passage."""

    chunk_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two passages that answer the same question differently."""

    newer: TextSpan
    older: TextSpan


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What one search found, best first, and the figures that the router reads."""

    query: str
    evidence: tuple[Evidence, ...]
    top_cosines: tuple[float, ...]
    """The dense arm's best five cosines, best first; empty where the guild has no documents."""
    source_count: int
    """How many sources this reader could draw on."""
    seconds: float
    pairs: tuple[FoundQAPair, ...] = ()
    """Moderators' answers, those to the very question first, the latest of them first."""
    contradictions: tuple[Contradiction, ...] = ()
    """Among the evidence; those of the best passages first."""
    reranker: str | None = None
    """What ordered the evidence; None: the fusion of both arms."""


class IngestOutcome(StrEnum):
    """What became of one file."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The closing report on one file."""

    name: str
    outcome: IngestOutcome
    source: Source | None
    """None: it failed."""
    chunk_count: int
    page_count: int | None
    """Of a PDF, or a presentation's slides."""
    seconds: float
    embedded_count: int = 0
    """Chunks that were embedded; the vectors of the others were there."""
    reason: str | None = None
    """Why it failed: an error code of `knowledge.errors`, which the bot words in the member's language."""
    detail: str | None = None
    """The same in an English sentence, for the log and the terminal."""
    failed_page: int | None = None
    """On which page it failed, from 1."""


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far one file is."""

    stage: str
    """`reading`, `embedding` or `storing`."""
    done: int
    total: int
    """Chunks; 0 while unknown."""


@dataclass(frozen=True, slots=True)
class IngestFile:
    """A file of a batch."""

    name: str
    """It may begin with folders, parted by `/`: they tell files of one name apart."""
    size_bytes: int
    read: Callable[[], bytes]
    """Blocks; may raise a DocumentError."""


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is."""

    name: str
    """The file that is at work."""
    file: int
    """Its number, from 1; 0 while archives are unpacked."""
    files: int
    pages: int
    """Read so far, of PDFs and presentations."""
    chunks: int
    """Whose vectors are there, of the `known`."""
    known: int
    """Chunks of the files that were read so far."""
    rate: float | None
    """Chunks a second. None: too little is done to say so."""
    left_s: float | None
    """None: as above."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The closing report on a batch."""

    reports: tuple[IngestReport, ...]
    """One a file, in their order."""
    seconds: float

    def of(self, outcome: IngestOutcome) -> tuple[IngestReport, ...]:
        """The files with that outcome."""
        return tuple(report for report in self.reports if report.outcome is outcome)

    @property
    def embedded_count(self) -> int:
        """Chunks that were embedded."""
        return sum(report.embedded_count for report in self.reports)

    @property
    def reused_count(self) -> int:
        """Chunks whose vectors were there: of unchanged files all, of changed ones those that stay."""
        return sum(report.chunk_count - report.embedded_count for report in self.reports)
