"""Measures how true the probability is that the passages hold the answer, on questions that it was not fitted on.

    python -m benchmarks.answers.confidence DATA [--limit N]

DATA holds xquad_en_zh, squad2_zh_dev, reading_en/squad_train_part, drcd_dev and nq_open_dev; N is of questions in each
set and language. Everything is searched by the product's own library; nothing is written.

- Leave gold out (xquad): each question in the guild that holds its gold document, and in the one that holds every other
  document of the same article, unless one of those has a gold string too. Across languages the same of the parallel
  documents.
- Looks answered: questions that are about a passage which does not say it, against those that a passage answers, all
  documents in one guild. In Chinese (squad2) half of the titles, by hash, are reported on; the regression is also
  fitted anew on the other half, which is not shipped. In English (squad) two articles have such questions, so it is
  fitted anew on one and reported on the other, in turn.
- Said and was: the development sets' held-out titles, and general questions.

Intervals resample articles, with all the questions on them.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from benchmarks.answers import held_out
from benchmarks.datasets.answerability import Scenario, Searched, development, search
from benchmarks.fit.calibration import fit
from benchmarks.harness import results
from benchmarks.harness.calibration_metrics import Bin, Reliability, reliability, roc_areas
from benchmarks.harness.embedding_cache import CachedEmbeddings
from benchmarks.harness.reading_cache import CachedReader
from benchmarks.harness.summary_statistics import Difference, Share
from benchmarks.report.reliability_diagram import draw
from chains.routing.confidence import Confidence, SearchFeatures, features_of, load_confidence
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import Retrieval

_PICTURE = results.ROOT / "docs" / "pictures" / "confidence.png"

_ALONE: Mapping[str, Callable[[Retrieval], float]] = {
    "best BM25": lambda found: max((item.bm25 or 0.0 for item in found.evidence), default=0.0),
    "best cosine": lambda found: found.top_cosines[0],
    "lead of the best cosine": lambda found: _measured(found).lead,
    "coverage": lambda found: _measured(found).coverage,
}
"""What the probability is compared with."""


Judged = TypedDict(
    "Judged",
    {
        "examples": int,
        "expected calibration error": float,
        "Brier score": float,
        "reliability": list[Bin],
        "ROC area": dict[str, Share],
        "probability less the other": dict[str, Difference],
    },
)
"""How true the probability is, and how well it tells yes from no beside each raw figure."""


def main() -> None:
    """Measure, write the figures, and draw the reliability diagram."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="of questions in each set and language")
    arguments = parser.parse_args()
    embeddings = CachedEmbeddings("embedding")
    with tempfile.TemporaryDirectory() as folder:
        figures, held = asyncio.run(_measure(arguments.data, arguments.limit, embeddings, Path(folder)))
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("confidence", figures))
    _PICTURE.write_bytes(draw({"English": held["en"]["reliability"], "Chinese": held["zh"]["reliability"]}))
    print("wrote", _PICTURE)


async def _measure(
    data: Path, limit: int | None, embeddings: CachedEmbeddings, folder: Path
) -> tuple[dict[str, object], dict[str, Judged]]:
    """All figures, and those of the questions whose gold is left out, by the languages of question and documents."""
    library = await Library.open(KnowledgeSettings(data_dir=folder), embeddings, passage_reader=CachedReader())

    async def found(scenario: Scenario) -> list[Searched]:
        searched = [each async for each in search(library, embeddings, scenario)]
        print(len(searched), "searches in", ", ".join(scenario.guilds)[:60], flush=True)
        return searched

    try:
        left_out = {pairing: await found(each) for pairing, each in held_out.left_out(data, limit).items()}
        squad2, squad = await found(held_out.squad2(data, limit)), await found(held_out.squad_alike(data, limit))
        english, chinese = [await found(development(data, language, "judge")) for language in ("en", "zh")]
    finally:
        await library.close()
    confidence = load_confidence(embeddings.model_name)
    unfitted = {
        "squad, held-out titles": [each for each in english if each.asked.origin != "off corpus"],
        "drcd, held-out titles": chinese,
        "nq_open, off the corpus": [each for each in english if each.asked.origin == "off corpus"],
    }
    held = {pairing: _judged(rows, confidence) for pairing, rows in left_out.items()}
    figures: dict[str, object] = {
        "leave gold out": held,
        "looks answered": {"zh": _chinese(squad2, confidence), "en": _english(squad, confidence)},
        "said and was": {name: _true(held_out.some(rows, limit), confidence) for name, rows in unfitted.items()},
    }
    return figures, held


def _chinese(rows: Sequence[Searched], confidence: Confidence) -> dict[str, object]:
    """Reported on one half of the titles; one regression is fitted anew on the other."""
    halves = [[row for row in rows if _half(row.asked.article) == number] for number in (0, 1)]
    anew = _fitted_anew(halves[0], confidence)
    return {
        "titles": len({row.asked.article for row in halves[1]}),
        "shipped": _judged(halves[1], confidence),
        "fitted anew": _judged(halves[1], anew),
    }


def _english(rows: Sequence[Searched], confidence: Confidence) -> dict[str, object]:
    """Reported on each title; one regression is fitted anew on the others."""
    titles = sorted({row.asked.article for row in rows})
    said: list[float] = []
    own: list[Searched] = []
    for title in titles:
        anew = _fitted_anew([row for row in rows if row.asked.article != title], confidence)
        reported = [row for row in rows if row.asked.article == title]
        said += [_said(row, anew) for row in reported]
        own += reported
    return {
        "titles": len(titles),
        "shipped": _judged(own, confidence),
        "fitted anew": _figures(own, said),
    }


def _fitted_anew(rows: Sequence[Searched], confidence: Confidence) -> Confidence:
    """The same figures with other weights."""
    labels = [row.asked.answerable for row in rows]
    figures = [_measured(row.retrieval) for row in rows]
    return replace(
        confidence,
        same_language=fit(figures, labels, confidence.same_language.reads),
        across_languages=fit(figures, labels, confidence.across_languages.reads),
    )


def _judged(rows: Sequence[Searched], confidence: Confidence) -> Judged:
    return _figures(rows, [_said(row, confidence) for row in rows])


def _figures(rows: Sequence[Searched], said: Sequence[float]) -> Judged:
    was = [row.asked.answerable for row in rows]
    scores = {"probability": said} | {name: [score(row.retrieval) for row in rows] for name, score in _ALONE.items()}
    found = roc_areas(scores, was, [row.asked.article for row in rows])
    return {
        **reliability(said, was),
        "ROC area": found["areas"],
        "probability less the other": found["differences"],
    }


def _true(rows: Sequence[Searched], confidence: Confidence) -> Reliability:
    return reliability([_said(row, confidence) for row in rows], [row.asked.answerable for row in rows])


def _said(row: Searched, confidence: Confidence) -> float:
    said = confidence.probability(row.retrieval)
    assert said is not None, row.retrieval.query
    return said


def _measured(retrieval: Retrieval) -> SearchFeatures:
    figures = features_of(retrieval, same_language=True) or features_of(retrieval, same_language=False)
    assert figures is not None, retrieval.query
    return figures


def _half(title: str) -> int:
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 2


if __name__ == "__main__":
    main()
