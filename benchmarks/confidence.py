"""How good the probability is that the passages hold the answer, on questions that it was not fitted on.

    python -m benchmarks.confidence DATA [--limit N]

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

from benchmarks import reliability, results, unseen
from benchmarks.answerability import Dealt, Searched, development, search
from benchmarks.calibrate import fit
from benchmarks.confidence_picture import draw
from benchmarks.remembered import RememberingEmbeddings
from chains.routing.confidence import Confidence, Figures, figures_of, load_confidence
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import Retrieval

_PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "confidence.png"

_ALONE: Mapping[str, Callable[[Retrieval], float]] = {
    "best BM25": lambda found: max((item.bm25 or 0.0 for item in found.evidence), default=0.0),
    "best cosine": lambda found: found.top_cosines[0],
    "lead of the best cosine": lambda found: _measured(found).lead,
    "coverage": lambda found: _measured(found).coverage,
}
"""What the probability is compared with."""


def main() -> None:
    """Measure, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, help="of questions in each set and language")
    arguments = parser.parse_args()
    embeddings = RememberingEmbeddings("embedding")
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_measure(arguments.data, arguments.limit, embeddings, Path(folder)))
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("confidence", figures))
    held = figures["leave gold out"]
    _PICTURE.write_bytes(draw({"English": held["en"]["reliability"], "Chinese": held["zh"]["reliability"]}))
    print("wrote", _PICTURE)


async def _measure(
    data: Path, limit: int | None, embeddings: RememberingEmbeddings, folder: Path
) -> dict[str, dict[str, object]]:
    library = await Library.open(KnowledgeSettings(data_dir=folder), embeddings)

    async def found(dealt: Dealt) -> list[Searched]:
        searched = [each async for each in search(library, embeddings, dealt)]
        print(len(searched), "searches in", ", ".join(dealt.guilds)[:60], flush=True)
        return searched

    try:
        held = {pairing: await found(dealt) for pairing, dealt in unseen.left_out(data, limit).items()}
        squad2, squad = await found(unseen.squad2(data, limit)), await found(unseen.squad_alike(data, limit))
        english, chinese = [await found(development(data, language, "judge")) for language in ("en", "zh")]
    finally:
        await library.close()
    confidence = load_confidence(embeddings.model_name)
    held_out = {
        "squad, held-out titles": [each for each in english if each.asked.origin != "off corpus"],
        "drcd, held-out titles": chinese,
        "nq_open, off the corpus": [each for each in english if each.asked.origin == "off corpus"],
    }
    return {
        "leave gold out": {pairing: _judged(rows, confidence) for pairing, rows in held.items()},
        "looks answered": {"zh": _chinese(squad2, confidence), "en": _english(squad, confidence)},
        "said and was": {name: _true(unseen.some(rows, limit), confidence) for name, rows in held_out.items()},
    }


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


def _judged(rows: Sequence[Searched], confidence: Confidence) -> dict[str, object]:
    return _figures(rows, [_said(row, confidence) for row in rows])


def _figures(rows: Sequence[Searched], said: Sequence[float]) -> dict[str, object]:
    was = [row.asked.answerable for row in rows]
    scores = {"probability": said} | {name: [score(row.retrieval) for row in rows] for name, score in _ALONE.items()}
    return {**reliability.truth(said, was), **reliability.areas(scores, was, [row.asked.article for row in rows])}


def _true(rows: Sequence[Searched], confidence: Confidence) -> dict[str, object]:
    return reliability.truth([_said(row, confidence) for row in rows], [row.asked.answerable for row in rows])


def _said(row: Searched, confidence: Confidence) -> float:
    said = confidence.probability(row.retrieval)
    assert said is not None, row.retrieval.query
    return said


def _measured(retrieval: Retrieval) -> Figures:
    figures = figures_of(retrieval)
    assert figures is not None, retrieval.query
    return figures


def _half(title: str) -> int:
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 2


if __name__ == "__main__":
    main()
