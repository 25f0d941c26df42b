"""How well a question's passages are found: the product's search, each of its arms alone, and LangChain's ensemble.

    python -m benchmarks.retrieval FOLDER [--questions LANG --documents LANG] [--limit N] [--json]

FOLDER is in the format of benchmarks/question_sets.py. Every document of a language is taken in by the product's own
library; all four rank the same chunks in one run. R@5: any gold document among the first five distinct documents.
Questions without gold are left out; of a conversation the last turn alone is asked. Where the set is parallel (ids that
differ in the language only), each language is also asked of the other's documents alone, and gold is the parallel
document; --questions and --documents choose one such pair.
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

from benchmarks import results
from benchmarks.ensemble import Ensemble
from benchmarks.question_sets import Asked, Doc, read_docs, read_questions, take_in
from benchmarks.scoring import first_gold, paired_interval
from knowledge.chunking.contextual_text import in_context
from knowledge.library import Library
from knowledge.models.local_embeddings import LocalEmbeddings
from knowledge.search.retriever import CANDIDATES
from knowledge.settings import KnowledgeSettings
from knowledge.store.catalog import Catalog
from knowledge.store.database import Database
from knowledge.store.keyword_index import KeywordIndex
from knowledge.store.pending_deletions import PendingDeletions
from knowledge.store.qa_index import QAIndex
from knowledge.types import OWNER
from weights.settings import WeightsSettings
from weights.store import Weights

PRODUCT, KEYWORDS, DENSE, ENSEMBLE = "fused", "BM25 alone", "dense alone", "EnsembleRetriever"
RANKINGS = (PRODUCT, KEYWORDS, DENSE, ENSEMBLE)


@dataclass(frozen=True)
class Pairing:
    """In which language is asked, and which language's documents are searched."""

    asked: str
    searched: str

    @property
    def name(self) -> str:
        """As the tables show it."""
        return self.asked if self.asked == self.searched else f"{self.asked}→{self.searched}"

    def gold_of(self, question: Asked) -> set[str]:
        """The gold documents, in the language that is searched."""
        return {re.sub(f"(?<=-){self.asked}(?=[-:])", self.searched, each) for each in question.gold}


class Searches:
    """One open data folder, asked by the product's search, by each arm alone, and by LangChain's ensemble."""

    def __init__(self, library: Library, data_dir: Path) -> None:
        self._library = library
        self._database = Database(data_dir / "knowledge.db")
        self._keywords = KeywordIndex(self._database)
        self._catalog = Catalog(
            self._database, self._keywords, QAIndex(self._database), PendingDeletions(self._database)
        )
        self._ensembles: dict[str, Ensemble] = {}

    def prepare(self, guild_id: str, lang: str) -> None:
        """Give LangChain's ensemble the guild's chunks, once they are all there."""
        texts = {
            chunk.id: in_context(source.name, chunk.place.heading, chunk.text)
            for source in self._catalog.sources(guild_id, OWNER)
            for chunk in self._catalog.source_chunks(source.id)
        }
        self._ensembles[guild_id] = Ensemble(texts, lang, CANDIDATES)

    async def rank(self, query: str, guild_id: str) -> tuple[dict[str, list[str]], float]:
        """The names of the sources by each of `RANKINGS`, one a chunk, and the seconds of the product's search.

        The fused results hold every dense candidate with its rank, but of the keyword arm's only those in the
        question's script, so that arm is asked itself.
        """
        found = await self._library.search(query, guild_id, OWNER, 2 * CANDIDATES)
        # By the cosine alone: the product's dense arm ranks by a little more (knowledge/search/query_centering.py).
        known = sorted((item for item in found.evidence if item.cosine is not None), key=lambda item: -item.cosine)
        nearest = [item.chunk.id for item in known][:CANDIDATES]
        everything = self._catalog.scope(guild_id, OWNER)
        orders = {
            PRODUCT: [item.chunk.id for item in found.evidence],
            KEYWORDS: [id_ for id_, _ in self._keywords.search(guild_id, query, CANDIDATES, everything)],
            DENSE: nearest,
            ENSEMBLE: self._ensembles[guild_id].rank(query, nearest),
        }
        chunks = self._catalog.chunks(guild_id, list({id_ for order in orders.values() for id_ in order}))
        return {name: [chunks[id_][1].name for id_ in order] for name, order in orders.items()}, found.seconds

    def close(self) -> None:
        """Let go of the database; the library is the caller's."""
        self._database.close()


def main() -> None:
    """Measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", metavar="LANG", help="the language that is asked in; needs --documents")
    parser.add_argument("--documents", metavar="LANG", help="the language that is searched; needs --questions")
    parser.add_argument("--limit", type=int, help="of questions in each language")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    if (arguments.questions is None) is not (arguments.documents is None):
        parser.error("--questions and --documents go together")
    only = Pairing(arguments.questions, arguments.documents) if arguments.questions else None
    figures = asyncio.run(_measure(arguments.folder, only, arguments.limit))
    if arguments.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        for pairing, found in figures.items():
            print(pairing, {name: found[name]["R@5"]["share"] for name in RANKINGS}, found["fused less the arm"])
    print("wrote", results.write(f"retrieval_{arguments.folder.name}", figures))


async def _measure(folder: Path, only: Pairing | None, limit: int | None) -> dict[str, dict[str, object]]:
    docs, questions = read_docs(folder), [each for each in read_questions(folder) if each.gold]
    pairings = _pairings(docs, questions)
    if only is not None and only not in pairings:
        raise SystemExit(f"{folder} holds no gold for {only.name}, only for {', '.join(p.name for p in pairings)}")
    pairings = [only] if only is not None else pairings
    embeddings = LocalEmbeddings(Weights(WeightsSettings().model_dir).ensure("embedding"))
    with tempfile.TemporaryDirectory() as data_dir:
        library = await Library.open(KnowledgeSettings(data_dir=Path(data_dir)), embeddings)
        searches = Searches(library, Path(data_dir))
        try:
            ids = {
                lang: await take_in(library, _guild(lang), [doc for doc in docs if doc.lang == lang])
                for lang in sorted({pairing.searched for pairing in pairings})
            }
            for lang in ids:
                searches.prepare(_guild(lang), lang)
            return {
                pairing.name: await _compare(
                    searches, pairing, _asked(questions, pairing, limit), ids[pairing.searched]
                )
                for pairing in pairings
            }
        finally:
            searches.close()
            await library.close()


def _pairings(docs: Sequence[Doc], questions: Sequence[Asked]) -> list[Pairing]:
    asked = sorted({question.lang for question in questions})
    ids = {doc.id for doc in docs}
    pairings = [Pairing(lang, lang) for lang in asked]
    for lang in asked:
        for other in asked:
            across = Pairing(lang, other)
            if lang != other and all(across.gold_of(question) <= ids for question in questions):
                pairings.append(across)
    return pairings


def _asked(questions: Sequence[Asked], pairing: Pairing, limit: int | None) -> list[Asked]:
    return [question for question in questions if question.lang == pairing.asked][:limit]


def _guild(lang: str) -> str:
    return f"docs-{lang}"


async def _compare(
    searches: Searches, pairing: Pairing, questions: Sequence[Asked], ids: dict[str, str]
) -> dict[str, object]:
    ranks: dict[str, list[int | None]] = {name: [] for name in RANKINGS}
    seconds = []
    for question in questions:
        found, taken_s = await searches.rank(question.question, _guild(pairing.searched))
        seconds.append(taken_s)
        for name, sources in found.items():
            ranks[name].append(first_gold([ids[source] for source in sources], pairing.gold_of(question)))
    hits = {name: [float(rank is not None and rank <= 5) for rank in own] for name, own in ranks.items()}
    return {
        "questions": len(questions),
        "documents": len(ids),
        **{name: _summary(own) for name, own in ranks.items()},
        "fused less the arm": {name: _difference(hits[PRODUCT], hits[name]) for name in RANKINGS if name != PRODUCT},
        "median seconds of a search": round(statistics.median(seconds), 3),
    }


def _summary(ranks: Sequence[int | None]) -> dict[str, object]:
    return {
        **{f"R@{depth}": _share([rank is not None and rank <= depth for rank in ranks]) for depth in (1, 5)},
        "MRR": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 3),
    }


def _share(held: Sequence[bool]) -> dict[str, object]:
    return {"share": round(sum(held) / len(held), 3), "interval": results.wilson(sum(held), len(held))}


def _difference(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, object]:
    differences = [own - other for own, other in zip(ours, theirs, strict=True)]
    return {
        "R@5": round(sum(differences) / len(differences), 3),
        "interval": paired_interval(differences),
        "won": sum(each > 0 for each in differences),
        "lost": sum(each < 0 for each in differences),
    }


if __name__ == "__main__":
    main()
