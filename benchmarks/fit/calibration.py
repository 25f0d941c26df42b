"""Fits the probability that the passages hold the answer, and the threshold below which the bot refuses.

    python -m benchmarks.fit.calibration DATA [--embedding embedding | embedding-en | any]...

It writes chains/routing/artifacts/calibration_*.json. DATA is the folder that holds reading_en/squad_train_part,
drcd_dev, nq_open_dev and fastapi_docs_en_zh; without a choice all three are fitted. The searches are those of
benchmarks/datasets/answerability.py; what was embedded or read once is cached on disk. The invented communities weigh
as much as everything else together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.datasets.answerability import COMMUNITIES, Scenario, across, community, development, search
from benchmarks.harness import results
from benchmarks.harness.embedding_cache import CachedEmbeddings
from benchmarks.harness.reading_cache import CachedReader
from benchmarks.harness.summary_statistics import share
from chains.routing.confidence import ANY_MODEL, Confidence, Logistic, SearchFeatures, feature_row, features_of
from chains.types import Language
from knowledge.library import Library
from knowledge.ports import PassageReader
from knowledge.settings import KnowledgeSettings

TARGET = Path("chains/routing/artifacts")
LANGUAGES = {"embedding": ("en", "zh"), "embedding-en": ("en",)}
"""What each embedding model can read."""
VECTORS = {"embedding": ("cosine", "lead"), "embedding-en": ("cosine", "lead"), ANY_MODEL: ("relative_lead",)}
"""What each calibration reads of the vectors."""
WORDS = ("coverage", "coverage_lead", "in_one_sentence")
"""What all read of the words beside, within one language."""
READING = ("answerable", "span_margin", "evidence")
"""What all read of what the extractive reader found, whatever the language."""
# The bot would rather refuse twice than invent once.
COST_OF_INVENTING = 2.0
HARDLY_MORE = 1.01


@dataclass(frozen=True)
class SearchExample:
    """The figures of one search, and whether its guild held the answer."""

    figures: SearchFeatures
    answerable: bool
    origin: str
    language: str
    is_community: bool
    """Whether it was asked in an invented community, rather than on an encyclopedia or a documentation site."""


Examples = dict[str, list[SearchExample]]
"""By part: `fit`, `judge`, and each of the invented communities."""


def main() -> None:
    """Search, fit, judge, and write the artefacts and their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--embedding", choices=VECTORS, action="append")
    arguments = parser.parse_args()
    names: list[str] = arguments.embedding or list(VECTORS)
    encoders = LANGUAGES if ANY_MODEL in names else names
    searched = {encoder: _search_with(encoder, arguments.data, CachedReader()) for encoder in encoders}
    for name in names:
        own = searched if name == ANY_MODEL else {name: searched[name]}
        _calibrate(name, own)


def fit_unread(encoder: str, data: Path) -> Confidence:
    """Return the calibration for a library whose passages nobody reads: to compare with, since it does not ship."""
    return unread_confidence(encoder, *_search_with(encoder, data, None))


def unread_confidence(encoder: str, embedding_model: str, examples: Examples) -> Confidence:
    """Return what is fitted on these searches without what a reader found."""
    shared, apart = _fitted_on({encoder: (embedding_model, examples)}, COMMUNITIES)
    same, across_languages = _fit(shared, VECTORS[encoder] + WORDS), _fit(apart, VECTORS[encoder])
    return Confidence(same, across_languages, _threshold(shared, same), embedding_model)


def _calibrate(name: str, searched: dict[str, tuple[str, Examples]]) -> None:
    """Fit on all that was searched, judge each encoder and language alone, write both."""
    shared, apart = _fitted_on(searched, COMMUNITIES)
    same, across_languages = _fit(shared, VECTORS[name] + WORDS + READING), _fit(apart, VECTORS[name] + READING)
    threshold = _threshold(shared, same)
    measured = {
        "threshold": threshold,
        "fitted on": _counts(shared),
        "judged on": {
            language if len(searched) == 1 else f"{language}, {encoder}": _judge(
                [e for e in examples["judge"] if e.language == language and e.figures.same_language],
                same,
                threshold,
            )
            for encoder, (_, examples) in searched.items()
            for language in LANGUAGES[encoder]
        },
        "across languages": {
            "fitted on": _counts(apart),
            "judged on": {
                f"asked in {language}": _judge(found, across_languages, threshold)
                for _, examples in searched.values()
                for language in ("en", "zh")
                if (found := [e for e in examples["judge"] if e.language == language and not e.figures.same_language])
            },
        },
        "in an invented community": _judged_communities(name, searched, threshold),
    }
    written = {
        "embedding_model": ANY_MODEL if name == ANY_MODEL else searched[name][0],
        "threshold": threshold,
        "same_language": asdict(same),
        "across_languages": asdict(across_languages),
        "provenance": {
            "data": "squad_train_part, drcd_dev, nq_open_dev, fastapi_docs_en_zh, community_development",
            **results.provenance(),
        },
    }
    target = TARGET / f"calibration_{name}.json"
    target.write_text(json.dumps(written, indent=2) + "\n", "utf-8")
    print(json.dumps(measured, indent=2))
    print("wrote", target, "and", results.write(f"calibration_{name}", measured))


def _fitted_on(
    searched: dict[str, tuple[str, Examples]], communities: Sequence[str]
) -> tuple[list[SearchExample], list[SearchExample]]:
    """Return the examples in one language, and those across languages."""
    parts = ("fit", *communities)
    examples = [each for _, by_part in searched.values() for part in parts for each in by_part[part]]
    shared = [each for each in examples if each.figures.same_language]
    # An encoder of one language finds nothing across languages: there is nothing of its own to fit on.
    return shared, [each for each in examples if not each.figures.same_language] or shared


def _judged_communities(
    name: str, searched: dict[str, tuple[str, Examples]], threshold: float
) -> dict[str, dict[str, object]]:
    """Return the figures of each invented community by what was fitted without it."""
    judged: dict[str, dict[str, object]] = {}
    for community_name in COMMUNITIES:
        shared, apart = _fitted_on(searched, [each for each in COMMUNITIES if each != community_name])
        fits = {
            "in one language": (True, _fit(shared, VECTORS[name] + WORDS + READING)),
            "across languages": (False, _fit(apart, VECTORS[name] + READING)),
        }
        for kind, (is_same, fitted) in fits.items():
            found = [
                each
                for _, examples in searched.values()
                for each in examples[community_name]
                if each.figures.same_language is is_same
            ]
            if found:
                judged[f"{community_name}, {kind}"] = _judge(found, fitted, threshold)
    return judged


def _search_with(encoder: str, data: Path, reader: PassageReader | None) -> tuple[str, Examples]:
    """The encoder's full name, and all searches with it."""
    embeddings = CachedEmbeddings(encoder)
    with tempfile.TemporaryDirectory() as folder:
        return embeddings.model_name, asyncio.run(_search_all(encoder, data, embeddings, reader, Path(folder)))


async def _search_all(
    encoder: str, data: Path, embeddings: CachedEmbeddings, reader: PassageReader | None, folder: Path
) -> Examples:
    library = await Library.open(KnowledgeSettings(data_dir=folder), embeddings, passage_reader=reader)
    languages = LANGUAGES[encoder]
    examples: Examples = {part: [] for part in ("fit", "judge", *COMMUNITIES)}

    async def add(part: str, scenario: Scenario, wanted: tuple[bool, ...], *, is_community: bool = False) -> None:
        async for searched in search(library, embeddings, scenario):
            asked = searched.asked
            language = Language.of(asked.question).value
            for is_same, known in ((True, asked.in_own_language), (False, asked.in_another)):
                figures = features_of(searched.retrieval, same_language=is_same)
                if figures is not None and is_same in wanted and language in languages:
                    answerable = asked.answerable if known is None else known
                    origin = "left out" if asked.answerable and not answerable else asked.origin
                    examples[part].append(SearchExample(figures, answerable, origin, language, is_community))
        print(encoder, part, len(examples[part]), flush=True)

    try:
        for part in ("fit", "judge"):
            for language in languages:
                await add(part, development(data, language, part), (True,))
                if len(languages) > 1:
                    # Of pages that are mostly code some pass for English: neither one nor the other.
                    await add(part, across(data, language, part), (False,))
        for name in COMMUNITIES:
            await add(name, community(name), (True, False) if len(languages) > 1 else (True,), is_community=True)
    finally:
        await library.close()
    return examples


def _fit(examples: Sequence[SearchExample], reads: tuple[str, ...]) -> Logistic:
    figures, answerable = [each.figures for each in examples], [each.answerable for each in examples]
    return fit(figures, answerable, reads, _weights(examples))


def _weights(examples: Sequence[SearchExample]) -> list[float]:
    """Return what each example counts: those of communities as much as everything else together.

    Half of theirs is for what is answered there, although each was also asked where its answer is left out.
    """
    own = Counter(each.answerable for each in examples if each.is_community)
    half = (len(examples) - own.total()) / 2
    return [half / own[each.answerable] if each.is_community else 1.0 for each in examples]


def _counts(examples: Sequence[SearchExample]) -> dict[str, int]:
    return {"searches": len(examples), "answerable": sum(each.answerable for each in examples)}


def fit(
    figures: Sequence[SearchFeatures],
    answerable: Sequence[bool],
    reads: tuple[str, ...],
    weights: Sequence[float] | None = None,
) -> Logistic:
    """Return a regression on the figures of these names; `weights` says how much each example counts."""
    rows = np.array([feature_row(each, reads) for each in figures], dtype=float)
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    model = LogisticRegression(C=1.0).fit((rows - means) / scales, np.array(answerable), sample_weight=weights)
    return Logistic(
        reads=reads,
        means=tuple(round(float(v), 5) for v in means),
        scales=tuple(round(float(v), 5) for v in scales),
        weights=tuple(round(float(v), 4) for v in model.coef_[0]),
        bias=round(float(model.intercept_[0]), 4),
    )


def _threshold(rows: Sequence[SearchExample], fitted: Logistic) -> float:
    """Where the cost on the fitted examples is least, an invented answer costing more than a needless refusal.

    The cost is flat there, and where exactly it is least is chance: the middle of what costs hardly more.
    """
    scores = _scores(rows, fitted)
    labels = np.array([e.answerable for e in rows])
    weights = np.array(_weights(rows))
    costs = {
        float(cut): float(
            weights[labels & (scores < cut)].sum() + COST_OF_INVENTING * weights[~labels & (scores >= cut)].sum()
        )
        for cut in np.arange(0.2, 0.8, 0.01).round(2)
    }
    low = [cut for cut, cost in costs.items() if cost <= HARDLY_MORE * min(costs.values())]
    return round(statistics.median(low), 2)


def _judge(own: Sequence[SearchExample], fitted: Logistic, threshold: float) -> dict[str, object]:
    scores = _scores(own, fitted)
    labels = np.array([e.answerable for e in own])
    answered = {
        origin: {**share(bool(score >= threshold) for score in scores[rows]), "of": int(rows.sum())}
        for origin in ("gold", "neighbour", "left out", "looks answered", "off corpus")
        if (rows := np.array([e.origin == origin for e in own])).any()
    }
    bins = np.clip((scores * 5).astype(int), 0, 4)
    return {
        "searches": len(own),
        "ROC area": round(float(roc_auc_score(labels, scores)), 3),
        "ROC area, reader alone": round(float(roc_auc_score(labels, [e.figures.answerable for e in own])), 3),
        "ROC area, best cosine alone": round(float(roc_auc_score(labels, [e.figures.cosine for e in own])), 3),
        "answered": answered,
        "reliability": [
            {"said": round(float(scores[bins == b].mean()), 2), "was": round(float(labels[bins == b].mean()), 2)}
            for b in range(5)
            if (bins == b).any()
        ],
    }


def _scores(examples: Sequence[SearchExample], fitted: Logistic) -> NDArray[np.float64]:
    return np.array([fitted.probability(example.figures) for example in examples])


if __name__ == "__main__":
    main()
