"""Measures how well passages are found: by the product's search, each of its arms alone, and LangChain's ensemble.

    python -m benchmarks.search.retrieval FOLDER [--questions LANG --documents LANG] [--limit N] [--json]

FOLDER is in the format of benchmarks/datasets/question_sets.py. Every document of a language is ingested by the
product's own library; all four rank the same chunks in one run. R@5: any gold document among the first five distinct
documents. Questions without gold are left out; of a conversation the last turn alone is asked. Where the set is
parallel (ids that differ in the language only), each language is also asked of the other's documents alone, and gold is
the parallel document; --questions and --documents choose one such pair.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from benchmarks.datasets.question_sets import Doc, GoldQuestion, ingest, read_docs, read_questions
from benchmarks.harness import results
from benchmarks.harness.scoring import first_gold
from benchmarks.harness.summary_statistics import Share, paired_difference, share
from benchmarks.search.langchain_ensemble import Ensemble
from knowledge.chunking.contextual_text import in_context
from knowledge.library import Library
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.search.retriever import CANDIDATES
from knowledge.settings import KnowledgeSettings
from knowledge.types import OWNER
from weights.settings import WeightsSettings
from weights.store import Weights

PRODUCT, KEYWORDS, DENSE, ENSEMBLE = "fused", "BM25 alone", "dense alone", "EnsembleRetriever"
RANKINGS = (PRODUCT, KEYWORDS, DENSE, ENSEMBLE)


Scores = TypedDict("Scores", {"R@1": Share, "R@5": Share, "MRR": float})
"""What one ranking scores over all questions."""
Gain = TypedDict("Gain", {"R@5": float, "interval": tuple[float, float], "won": int, "lost": int})
"""What the product's search finds more than another ranking, of the same questions."""


@dataclass(frozen=True)
class RankingComparison:
    """All rankings on one pair of languages."""

    questions: int
    documents: int
    scores: dict[str, Scores]
    """By each of `RANKINGS`."""
    gains: dict[str, Gain]
    """By each ranking but the product's."""
    median_search_s: float

    def figures(self) -> dict[str, object]:
        """Return them as the result file holds them."""
        return {
            "questions": self.questions,
            "documents": self.documents,
            **self.scores,
            "fused less the arm": self.gains,
            "median seconds of a search": self.median_search_s,
        }


@dataclass(frozen=True)
class LanguagePair:
    """The language that is asked in, and the one whose documents are searched."""

    asked: str
    searched: str

    @property
    def name(self) -> str:
        """The pair as the tables show it."""
        return self.asked if self.asked == self.searched else f"{self.asked}→{self.searched}"

    def gold_of(self, question: GoldQuestion) -> set[str]:
        """Return the gold documents, in the language that is searched."""
        return {re.sub(f"(?<=-){self.asked}(?=[-:])", self.searched, each) for each in question.gold}


class Rankings:
    """One open library, asked by the product's search, by each arm alone, and by LangChain's ensemble."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._names: dict[str, str] = {}
        self._ensembles: dict[str, Ensemble] = {}

    async def prepare(self, guild_id: str, lang: str) -> None:
        """Give LangChain's ensemble the guild's chunks, once they are all there."""
        chunks = await self._library.chunks(guild_id, OWNER)
        self._names |= {chunk.id: source.name for chunk, source in chunks}
        texts = {chunk.id: in_context(source.name, chunk.place.heading, chunk.text) for chunk, source in chunks}
        self._ensembles[guild_id] = Ensemble(texts, lang, CANDIDATES)

    async def rank(self, query: str, guild_id: str) -> tuple[dict[str, list[str]], float]:
        """Return the names of the sources by each of `RANKINGS`, one a chunk, and the seconds of the product's search.

        The fused results hold every dense candidate, but of the keyword arm's only those in the question's script, so
        that arm is asked itself.
        """
        found = await self._library.search(query, guild_id, OWNER, 2 * CANDIDATES)
        # By the cosine alone: the product's dense arm ranks by a little more (knowledge/search/query_centering.py).
        cosines = {item.chunk.id: item.cosine for item in found.evidence if item.cosine is not None}
        nearest = sorted(cosines, key=lambda id_: -cosines[id_])[:CANDIDATES]
        orders = {
            PRODUCT: [item.chunk.id for item in found.evidence],
            KEYWORDS: await self._library.search_by_keywords(query, guild_id, OWNER, CANDIDATES),
            DENSE: nearest,
            ENSEMBLE: self._ensembles[guild_id].rank(query, nearest),
        }
        return {name: [self._names[id_] for id_ in order] for name, order in orders.items()}, found.seconds


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", metavar="LANG", help="the language that is asked in; needs --documents")
    parser.add_argument("--documents", metavar="LANG", help="the language that is searched; needs --questions")
    parser.add_argument("--limit", type=int, help="of questions in each language")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    if (arguments.questions is None) is not (arguments.documents is None):
        parser.error("--questions and --documents go together")
    only = LanguagePair(arguments.questions, arguments.documents) if arguments.questions else None
    found = asyncio.run(_measure(arguments.folder, only, arguments.limit))
    figures = {name: each.figures() for name, each in found.items()}
    if arguments.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        for name, each in found.items():
            print(name, {ranking: scores["R@5"]["share"] for ranking, scores in each.scores.items()}, each.gains)
    print("wrote", results.write(f"retrieval_{arguments.folder.name}", figures))


async def _measure(folder: Path, only: LanguagePair | None, limit: int | None) -> dict[str, RankingComparison]:
    docs, questions = read_docs(folder), [each for each in read_questions(folder) if each.gold]
    pairings = _pairings(docs, questions)
    if only is not None and only not in pairings:
        raise SystemExit(f"{folder} holds no gold for {only.name}, only for {', '.join(p.name for p in pairings)}")
    pairings = [only] if only is not None else pairings
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure("embedding"))
    with tempfile.TemporaryDirectory() as data_dir:
        library = await Library.open(KnowledgeSettings(data_dir=Path(data_dir)), embeddings)
        rankings = Rankings(library)
        try:
            ids = {
                lang: await ingest(library, _guild(lang), [doc for doc in docs if doc.lang == lang])
                for lang in sorted({pairing.searched for pairing in pairings})
            }
            for lang in ids:
                await rankings.prepare(_guild(lang), lang)
            return {
                pairing.name: await _compare(
                    rankings, pairing, _asked(questions, pairing, limit), ids[pairing.searched]
                )
                for pairing in pairings
            }
        finally:
            await library.close()


def _pairings(docs: Sequence[Doc], questions: Sequence[GoldQuestion]) -> list[LanguagePair]:
    asked = sorted({question.lang for question in questions})
    ids = {doc.id for doc in docs}
    pairings = [LanguagePair(lang, lang) for lang in asked]
    for lang in asked:
        for other in asked:
            across = LanguagePair(lang, other)
            if lang != other and all(across.gold_of(question) <= ids for question in questions):
                pairings.append(across)
    return pairings


def _asked(questions: Sequence[GoldQuestion], pairing: LanguagePair, limit: int | None) -> list[GoldQuestion]:
    return [question for question in questions if question.lang == pairing.asked][:limit]


def _guild(lang: str) -> str:
    return f"docs-{lang}"


async def _compare(
    rankings: Rankings, pairing: LanguagePair, questions: Sequence[GoldQuestion], ids: dict[str, str]
) -> RankingComparison:
    ranks: dict[str, list[int | None]] = {name: [] for name in RANKINGS}
    seconds = []
    for question in questions:
        found, taken_s = await rankings.rank(question.question, _guild(pairing.searched))
        seconds.append(taken_s)
        for name, sources in found.items():
            ranks[name].append(first_gold([ids[source] for source in sources], pairing.gold_of(question)))
    hits = {name: [_within(rank, 5) for rank in own] for name, own in ranks.items()}
    return RankingComparison(
        questions=len(questions),
        documents=len(ids),
        scores={name: _scores(own) for name, own in ranks.items()},
        gains={name: _gain(hits[PRODUCT], hits[name]) for name in RANKINGS if name != PRODUCT},
        median_search_s=round(statistics.median(seconds), 3),
    )


def _scores(ranks: Sequence[int | None]) -> Scores:
    return {
        "R@1": share(_within(rank, 1) for rank in ranks),
        "R@5": share(_within(rank, 5) for rank in ranks),
        "MRR": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 3),
    }


def _gain(ours: Sequence[bool], theirs: Sequence[bool]) -> Gain:
    found = paired_difference(ours, theirs)
    return {
        "R@5": found["difference"],
        "interval": found["interval"],
        "won": sum(own and not other for own, other in zip(ours, theirs, strict=True)),
        "lost": sum(other and not own for own, other in zip(ours, theirs, strict=True)),
    }


def _within(rank: int | None, depth: int) -> bool:
    return rank is not None and rank <= depth


if __name__ == "__main__":
    main()
