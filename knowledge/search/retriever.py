"""Finds the passages for a question: dense and keyword retrieval under the reader's audience, fused with all scores.

Blocking. Edit it for the steps of a search and how many candidates each takes.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from knowledge.chunking.contextual_text import in_context
from knowledge.chunking.headings import PATH_SEPARATOR
from knowledge.parsing.qa_pairs import question_key, questions_of
from knowledge.ports import PassageReader, Reranker, TextEmbeddings
from knowledge.search.asked_question import AskedQuestion, QuestionReader
from knowledge.search.contradictions import find_contradictions
from knowledge.search.dense import DenseRetriever
from knowledge.search.fusion import fuse
from knowledge.search.near_duplicates import ComparedPassage, merge_near_duplicates
from knowledge.search.query_centering import QueryCentering, load_query_centering
from knowledge.store.catalog import Catalog
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.qa_index import QAIndex
from knowledge.store.scope import ReadableScope
from knowledge.types import QA, Chunk, Evidence, FoundQAPair, Reader, Retrieval, Source, Support
from knowledge.vectors.vector_index import VectorIndex
from text.normalization import without_surrogates
from text.question_text import asked_text
from text.scripts import same_script
from text.third_language import is_third_language, shares_language

log = logging.getLogger(__name__)

CANDIDATES = 50
"""Candidates from each retriever before the fusion."""
TOP_COSINES = 5
COMPARED = 8
"""Passages that are compared with each other to find contradictions."""
CARRIED_OVER = 20
"""Of the nearest to the question as if it were asked in another script, which mostly are in that script."""
RERANKED = 20
"""Fused candidates that a reranker reads; each costs a pass of its model."""
READ = 4
"""The best passages that the extractive reader reads; each costs a pass of its model."""
READ_IN_OTHER_SCRIPT = 1
"""Of these, the nearest in another script than the question's, which share no term with it."""
NEAR_PAIRS = 5
"""Moderators' answers to similar questions, whose questions are then compared with this one."""


_PARALLEL_LOOKUPS = 8
"""Searches that can run two lookups in parallel; further ones wait for each other."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Holds what both retrievers found that this reader may read: scores by chunk id, best first."""

    dense: dict[str, float]
    """The cosines to the vector used for ranking, which is not quite the question's own."""
    cosines: dict[str, float]
    """The cosines to the question's vector."""
    keyword: dict[str, float]
    known: dict[str, tuple[Chunk, Source]]


@dataclass(frozen=True, slots=True)
class _RetrieverResults:
    """Holds what both retrievers found before the catalog was asked: ids with scores, best first."""

    nearest: Sequence[tuple[str, float]]
    ranked: Sequence[tuple[str, float]]
    carried_over: Sequence[tuple[str, float]]
    """What is nearest to the question as if it were asked in another script."""
    matching: Sequence[tuple[str, float]]

    def candidates(self, asked: str, known: dict[str, tuple[Chunk, Source]], limit: int) -> _Candidates:
        """Return the best `limit` results of each retriever that are `known`."""
        ranked = [each for each in self.ranked if each[0] in known]
        if self.carried_over:
            own = [each for each in ranked if same_script(asked, known[each[0]][0].text)]
            foreign = [
                each
                for each in self.carried_over
                if each[0] in known and not same_script(asked, known[each[0]][0].text)
            ]
            ranked = sorted((*own, *foreign), key=lambda each: -each[1])
        cosines, keyword = (
            dict(islice(((id_, score) for id_, score in found if id_ in known), limit))
            for found in (self.nearest, self.matching)
        )
        return _Candidates(dict(ranked[:limit]), cosines, keyword, known)


class DocumentRetriever:
    """Searches one data folder.

    A moderator's answer is not evidence: it answers only its own question, and similar questions are those that it
    answers wrongly. It is returned next to the passages, for a caller that can tell whether its question is the same.
    """

    def __init__(
        self,
        catalog: Catalog,
        keywords: KeywordIndex,
        pairs: QAIndex,
        index: VectorIndex,
        embeddings: TextEmbeddings,
        reranker: Reranker | None = None,
        passage_reader: PassageReader | None = None,
    ) -> None:
        self._reranker = reranker
        self._passage_reader = passage_reader
        self._catalog = catalog
        self._keywords = keywords
        self._pairs = pairs
        self._questions = QuestionReader(keywords)
        self._index = index
        self._dense = DenseRetriever(index, catalog)
        self._embeddings = embeddings
        self._checked_guilds: set[str] = set()
        # SQLite, the encoder and Chroma all release the interpreter's lock.
        self._executor = ThreadPoolExecutor(_PARALLEL_LOOKUPS, "search")

    def search(
        self,
        query: str,
        guild_id: str,
        reader: Reader,
        limit: int,
        *,
        read_for: str | None = None,
        as_typed: bool = False,
    ) -> Retrieval:
        """Return the `limit` best passages that `reader` may read, best first.

        The best are read closely for the question `read_for`; None: for the query. `as_typed`: for the query unchanged.
        """
        began = time.perf_counter()
        query = without_surrogates(query)
        scope = self._catalog.scope(guild_id, reader)
        if scope.source_count == 0 or not query.strip():
            return Retrieval(query, (), (), scope.source_count, time.perf_counter() - began)
        self._warn_of_missing_vectors(guild_id)
        question = AskedQuestion(query) if as_typed else self._questions.read(query, guild_id, scope)
        asked = question.text
        # Pairs must not displace documents among the candidates.
        wanted = CANDIDATES + min(MOST_PAIRS_PASSED_OVER, self._pairs.count(guild_id))
        matching_later = self._executor.submit(self._keywords.search, guild_id, asked, wanted, scope)
        vector = self._embeddings.embed_query(asked)
        nearest, ranked, carried_over = self._nearest(asked, guild_id, vector, wanted, scope)
        matching = matching_later.result()
        keys = dict.fromkeys(question_key(text) for text in (query, asked_text(query), asked))
        same = list(dict.fromkeys(id_ for key in keys for id_ in self._pairs.chunks_answering(guild_id, key)))
        results = _RetrieverResults(nearest, ranked, carried_over[:CARRIED_OVER], matching)
        ids = [id_ for id_, _ in (*nearest[: 2 * TOP_COSINES + wanted - CANDIDATES], *ranked, *matching)]
        ids += [id_ for id_, _ in results.carried_over]
        known = self._readable(ids + same, guild_id, reader)
        documents = {id_: each for id_, each in known.items() if each[1].media != QA}
        candidates = results.candidates(asked, documents, CANDIDATES)
        evidence = self._read(read_for or asked, self._best(asked, guild_id, vector, candidates, scope, limit))
        kept_pairs = {id_: each for id_, each in known.items() if each[1].media == QA}
        pair_candidates = results.candidates(asked, kept_pairs, wanted)
        pairs = self._found_pairs(asked, guild_id, same, vector, pair_candidates, scope)
        top = tuple(list(candidates.cosines.values())[:TOP_COSINES])
        return Retrieval(
            query,
            evidence,
            top,
            scope.source_count,
            time.perf_counter() - began,
            pairs,
            find_contradictions(asked, evidence[:COMPARED]),
            self._reranker.model_name if self._reranker else None,
            asked,
            question.respelled,
            _foreign_cosines(asked, candidates),
        )

    def search_by_keywords(self, query: str, guild_id: str, reader: Reader, limit: int) -> list[str]:
        """Return the ids of the `limit` passages that the keyword retriever alone ranks best, best first."""
        query = without_surrogates(query)
        scope = self._catalog.scope(guild_id, reader)
        if scope.source_count == 0 or not query.strip():
            return []
        asked = self._questions.read(query, guild_id, scope).text
        ranked = [id_ for id_, _ in self._keywords.search(guild_id, asked, limit, scope)]
        readable = self._readable(ranked, guild_id, reader)
        return [id_ for id_ in ranked if id_ in readable]

    def support(self, statement: str, evidence: Sequence[Evidence]) -> list[Support]:
        """Return how each passage relates to the statement, in their order; empty where nobody can read them."""
        if self._passage_reader is None:
            return []
        return self._passage_reader.judge(statement, [_heading_and_text(item.chunk) for item in evidence])

    def close(self) -> None:
        """Wait for running lookups."""
        self._executor.shutdown()

    @cached_property
    def _centering(self) -> QueryCentering | None:
        """Return the model's question means, at the first search: listing and removing need no model."""
        return load_query_centering(self._embeddings.model_name)

    def _nearest(
        self, asked: str, guild_id: str, vector: Sequence[float], limit: int, scope: ReadableScope
    ) -> tuple[list[tuple[str, float]], list[tuple[str, float]], list[tuple[str, float]]]:
        """Return what is nearest to the question, to its centred vector, and as if it were asked in another script.

        The last is empty where the model has no means, or the question's language none.
        """
        if self._centering is None:
            nearest = self._dense.search(guild_id, [vector], limit, scope)[0]
            return nearest, nearest, []
        vectors = [vector, self._centering.centred(asked, vector)]
        if not is_third_language(asked):
            vectors.append(self._centering.carried_over(asked, vector))
        found = self._dense.search(guild_id, vectors, limit, scope)
        return found[0], found[1], found[2] if len(found) > 2 else []

    def _warn_of_missing_vectors(self, guild_id: str) -> None:
        """Warn once if vectors are missing, as after the loss of Chroma's files; keywords still find those chunks."""
        if guild_id in self._checked_guilds:
            return
        self._checked_guilds.add(guild_id)
        chunks, vectors = self._catalog.chunk_count(guild_id), self._index.count(guild_id)
        if vectors < chunks:
            missing = chunks - vectors
            log.warning(
                "guild %s: chunks without a vector: %d of %d; run `python -m knowledge reindex`",
                guild_id,
                missing,
                chunks,
            )

    def _best(
        self,
        asked: str,
        guild_id: str,
        vector: Sequence[float],
        candidates: _Candidates,
        scope: ReadableScope,
        limit: int,
    ) -> tuple[Evidence, ...]:
        """Return the best candidates, ordered by the reranker if there is one, each that says the same once."""
        fused = self._fuse(asked, candidates)
        reranked = self._rerank(asked, list(fused)[:RERANKED], candidates)
        ordered = sorted(fused, key=lambda id_: -reranked.get(id_, -math.inf))
        if self._passage_reader is not None:
            ordered = _with_other_script(asked, ordered, candidates)
        found = merge_near_duplicates(
            {id_: _compared_passage(*candidates.known[id_]) for id_ in ordered[: 2 * limit]}, limit
        )
        return tuple(
            replace(item, reranked=reranked.get(item.chunk.id), also_in=_duplicate_sources(item, found, candidates))
            for item in self._evidence(asked, guild_id, list(found), fused, vector, candidates, scope)
        )

    def _readable(self, ids: Sequence[str], guild_id: str, reader: Reader) -> dict[str, tuple[Chunk, Source]]:
        """Return the chunks in the catalog that `reader` may read; a vector may briefly outlive its document."""
        found = self._catalog.chunks(guild_id, list(dict.fromkeys(ids)))
        return {id_: pair for id_, pair in found.items() if reader.may_read(pair[1].audience)}

    def _fuse(self, query: str, candidates: _Candidates) -> dict[str, float]:
        # Across scripts a question and a passage share at most a name or a number, which says nothing about relevance.
        keyword = {
            id_: bm25 for id_, bm25 in candidates.keyword.items() if same_script(query, candidates.known[id_][0].text)
        }
        return fuse(candidates.dense, keyword)

    def _rerank(self, query: str, ids: Sequence[str], candidates: _Candidates) -> dict[str, float]:
        """Return the reranker's scores of the best candidates; empty if there is no reranker."""
        if self._reranker is None or not ids:
            return {}
        texts = [in_context(candidates.known[id_][1].name, *_heading_and_text(candidates.known[id_][0])) for id_ in ids]
        return dict(zip(ids, self._reranker.scores(query, texts), strict=True))

    def _read(self, query: str, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """Return the evidence, the best of it with what the extractive reader found in it, and in its order."""
        if self._passage_reader is None:
            return tuple(evidence)
        best = evidence[:READ]
        readings = self._passage_reader.read(query, [_heading_and_text(item.chunk) for item in best])
        read = [replace(item, reading=reading) for item, reading in zip(best, readings, strict=True)]
        return (*sorted(read, key=lambda item: item.read_score or 0.0, reverse=True), *evidence[READ:])

    def _found_pairs(
        self,
        query: str,
        guild_id: str,
        same: Sequence[str],
        vector: Sequence[float],
        candidates: _Candidates,
        scope: ReadableScope,
    ) -> tuple[FoundQAPair, ...]:
        """Return moderators' answers: those to these very words, then the best that the retrievers found."""
        fused = self._fuse(query, candidates)
        equal = [id_ for id_ in same if id_ in candidates.known]
        near = [id_ for id_ in fused if id_ not in equal][:NEAR_PAIRS]
        found = self._evidence(query, guild_id, equal + near, fused, vector, candidates, scope)
        return tuple(
            FoundQAPair(item, questions_of(item.chunk.place.heading), item.chunk.id in equal) for item in found
        )

    def _evidence(
        self,
        query: str,
        guild_id: str,
        ids: Sequence[str],
        fused: dict[str, float],
        vector: Sequence[float],
        candidates: _Candidates,
        scope: ReadableScope,
    ) -> tuple[Evidence, ...]:
        missing = [id_ for id_ in ids if id_ not in candidates.cosines]
        cosines_later = self._executor.submit(self._index.cosines, guild_id, vector, missing)
        coverage = self._keywords.coverage(guild_id, query, ids, scope)
        cosines = candidates.cosines | cosines_later.result()
        return tuple(
            Evidence(
                chunk=candidates.known[id_][0],
                source=candidates.known[id_][1],
                cosine=cosines.get(id_),
                dense_rank=_rank(candidates.dense, id_),
                bm25=candidates.keyword.get(id_),
                keyword_rank=_rank(candidates.keyword, id_),
                coverage=coverage.get(id_, 0.0),
                fused=fused.get(id_, 0.0),
            )
            for id_ in ids
        )


def _with_other_script(asked: str, ordered: Sequence[str], candidates: _Candidates) -> list[str]:
    """Return the ids with the nearest passages in another script among those that are read.

    The keyword retriever can't find them, so they rank low, and only the reader can tell that they answer.
    """
    others = [id_ for id_ in candidates.dense if not same_script(asked, candidates.known[id_][0].text)]
    near = [id_ for id_ in others[:READ_IN_OTHER_SCRIPT] if id_ not in ordered[:READ]]
    rest = [id_ for id_ in ordered if id_ not in near]
    return [*rest[: READ - len(near)], *near, *rest[READ - len(near) :]]


def _foreign_cosines(asked: str, candidates: _Candidates) -> tuple[float, ...]:
    foreign = (
        score for id_, score in candidates.dense.items() if not shares_language(asked, candidates.known[id_][0].text)
    )
    return tuple(islice(foreign, TOP_COSINES))


def _heading_and_text(chunk: Chunk) -> tuple[str | None, str]:
    return chunk.place.heading, chunk.text


def _duplicate_sources(item: Evidence, found: dict[str, list[str]], candidates: _Candidates) -> tuple[Source, ...]:
    """Return the other documents with a near duplicate of the passage, each once; moderators' answers have no name."""
    sources = {candidates.known[id_][1].id: candidates.known[id_][1] for id_ in found[item.chunk.id]}
    return tuple(source for id_, source in sources.items() if id_ != item.source.id and source.media != QA)


def _compared_passage(chunk: Chunk, source: Source) -> ComparedPassage:
    heading = chunk.place.heading or ""
    above = heading if source.media == QA else heading.rpartition(PATH_SEPARATOR)[2]
    return ComparedPassage(chunk.text, source.id, above)


def _rank(scores: dict[str, float], chunk_id: str) -> int | None:
    return list(scores).index(chunk_id) + 1 if chunk_id in scores else None


MOST_PAIRS_PASSED_OVER = 500
"""Moderators' answers are no evidence, so as many more candidates are fetched; beyond this, time counts more."""
