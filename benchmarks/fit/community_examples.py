"""Makes training examples of invented communities: each question with the passages that a search would find for it.

The reading sets are mostly encyclopaedias. What members are answered wrongly is nearly always a sentence on the same
subject, so each question comes with the passage that answers it and with those that only look like it. Edit it for
which passages are read with a question.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets.rows import CommunityClaimRow, CommunityQuestionRow, GoldRow, read_rows
from benchmarks.fit.reading_examples import Example
from benchmarks.harness.embedding_cache import CachedEmbeddings
from knowledge.chunking.contextual_text import embedded_text
from knowledge.chunking.splitter import split_document
from knowledge.models.reading_network import Relation
from knowledge.parsing.loader import load_document
from knowledge.types import Chunk
from text.question_parts import with_subject
from text.yes_no import asks_yes_or_no

NEAREST = {True: 1, False: 2}
"""How many passages without the answer are read with a question that is answerable or not: first those that its row
calls near, then those that a search by meaning finds first.
"""
IN_CONVERSATION = 0.15
"""The share of questions that are read behind another one, which they have nothing to do with."""
_SEED = 11
_MOST_BYTES = 1_000_000
_SAYS = {"yes": Relation.SUPPORTED, "no": Relation.CONTRADICTED}
_LABELS = {"supported": Relation.SUPPORTED, "contradicted": Relation.CONTRADICTED, "neither": Relation.NEITHER}


@dataclass(frozen=True)
class Passage:
    """A chunk of a document of a community."""

    file: str
    chunk: Chunk

    def spans_of(self, places: Sequence[GoldRow]) -> tuple[tuple[int, int], ...]:
        """Return where the sentences stand in what the reader reads: the heading and, on the next line, the text."""
        found = []
        for place in places:
            start = self.chunk.text.find(place.text) if place.file == self.file else -1
            if start >= 0:
                begin = start + len(self.text) - len(self.chunk.text)
                found.append((begin, begin + len(place.text)))
        return tuple(sorted(found))

    @property
    def text(self) -> str:
        """Return the heading and the text, as the reader reads them."""
        heading = self.chunk.place.heading
        return self.chunk.text if heading is None else f"{heading}\n{self.chunk.text}"


def community_examples(folder: Path, embeddings: CachedEmbeddings) -> Iterator[Example]:
    """Yield the examples of the community in `folder`: its questions, then its claims."""
    passages = list(passages_of(folder / "documents"))
    vectors = np.array(
        embeddings.embed_documents([embedded_text(p.file, p.chunk.place.heading, p.chunk.text) for p in passages])
    )
    files = [path for name in ("questions", "followups") if (path := folder / f"{name}.jsonl").exists()]
    rows = [row for path in files for row in read_rows(path, CommunityQuestionRow)]
    rows = list(_in_conversation(rows))
    embeddings.prepare(with_subject(row.question, row.before) for row in rows)
    for row in rows:
        vector = np.array(embeddings.embed_query(with_subject(row.question, row.before)))
        nearest = [passages[at] for at in np.argsort(-(vectors @ vector))]
        yield from examples_of(row, nearest, f"community {folder.name}")
    for claim in read_rows(folder / "claims.jsonl", CommunityClaimRow) if (folder / "claims.jsonl").exists() else ():
        place = (GoldRow(file=claim.file, text=claim.text),)
        for passage in passages:
            if passage.spans_of(place):
                relation = _LABELS[claim.label]
                source = f"community {folder.name}, claims"
                yield Example(source, claim.claim, passage.text, claim.label != "neither", relation=relation)


def _in_conversation(rows: Sequence[CommunityQuestionRow]) -> Iterator[CommunityQuestionRow]:
    """Yield the rows, some of them with a question before that says nothing about them."""
    chance = random.Random(_SEED)
    for row in rows:
        is_put_behind = not row.before and chance.random() < IN_CONVERSATION
        yield row.model_copy(update={"before": chance.choice(rows).question}) if is_put_behind else row


def passages_of(folder: Path) -> Iterator[Passage]:
    """Yield the chunks of the documents in `folder`, cut as they are when they are ingested."""
    for path in sorted(folder.iterdir()):
        document = load_document(path.read_bytes(), path.name, _MOST_BYTES)
        for chunk in split_document(document, path.stem):
            yield Passage(path.name, chunk)


def examples_of(row: CommunityQuestionRow, nearest: Sequence[Passage], source: str) -> Iterator[Example]:
    """Yield the question with every passage that answers it, and with those that look most like it and don't.

    `nearest` are all passages, the nearest in meaning first.
    """
    says = _SAYS[row.says] if row.says is not None else Relation.CONTRADICTED if row.premise == "false" else None
    without = Relation.NEITHER if row.says is not None or asks_yes_or_no(row.question) else None
    look_alike = [passage for passage in nearest if passage.spans_of(row.near)]
    others = [passage for passage in nearest if passage not in look_alike]
    left = NEAREST[row.answerable]
    for passage in (*look_alike, *others):
        spans = passage.spans_of(row.gold)
        if spans:
            # Of two sentences that only together answer, one alone says neither yes nor no.
            is_whole = row.needs != "both" or len(spans) == len(row.gold)
            relation = says if is_whole else None
            yield Example(
                source,
                with_subject(row.question, row.before),
                passage.text,
                True,
                spans,
                relation,
                row.id,
                kind="sentences",
            )
        elif left:
            left -= 1
            yield Example(source, with_subject(row.question, row.before), passage.text, False, (), without, row.id)
