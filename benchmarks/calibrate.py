"""Fit the probability that the passages hold the answer, and the threshold below which the bot refuses.

`python -m benchmarks.calibrate DATA [--embedding embedding-en | any]` with DATA the folder that holds
reading_en/squad_train_part, drcd_dev and nq_open_dev. Documents are dealt into guilds of several sizes and searched by
the product's own library. A question is answerable in the guild that holds its document and unanswerable in its
neighbour, which often holds the rest of the same article; general questions (nq_open) are unanswerable everywhere.
Titles are split by hash: 70 % to fit, 30 % to judge.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks import results
from chains.routing.confidence import ANY_MODEL, Figures, Logistic, figures_of, row_of
from knowledge.embeddings import LocalEmbeddings
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import EVERY_MEMBER, OWNER
from weights.settings import WeightsSettings
from weights.store import Weights

TARGET = Path("chains/routing")
GUILD_SIZES = (8, 30, 120)
QUESTIONS = {"fit": 500, "judge": 250}
SEED = 7
LANGUAGES = {"embedding": ("en", "zh"), "embedding-en": ("en",)}
"""What each embedding model can read."""
READS = {"embedding": ("cosine", "lead"), "embedding-en": ("cosine", "lead"), ANY_MODEL: ("relative_lead",)}
"""The figures that each calibration reads beside the coverage."""
# The bot would rather refuse twice than invent once.
COST_OF_INVENTING = 2.0


@dataclass(frozen=True)
class Doc:
    """A passage of a data set, and the questions that it answers."""

    id: str
    title: str
    text: str
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One search, and whether its guild held the answer."""

    figures: Figures
    answerable: bool
    origin: str
    """`gold`, `neighbour` or `off corpus`."""
    language: str
    size: int


class RememberingEmbeddings(LocalEmbeddings):
    """Embeds each passage once, though it stands in guilds of several sizes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: dict[str, list[float]] = {}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """As the parent does, for the texts that are new."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, super().embed_documents(new), strict=True))
        return [self._known[text] for text in texts]


def main() -> None:
    """Search, fit, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--embedding", choices=READS, default="embedding")
    arguments = parser.parse_args()
    name: str = arguments.embedding
    encoders = tuple(LANGUAGES) if name == ANY_MODEL else (name,)
    searched = {encoder: _search_with(encoder, arguments.data) for encoder in encoders}
    fit = [example for _, examples in searched.values() for example in examples["fit"]]
    same, across = _fit(fit, (*READS[name], "coverage")), _fit(fit, READS[name])
    threshold = _threshold(fit, same, READS[name])
    figures = {
        "threshold": threshold,
        "fitted on": {"searches": len(fit), "answerable": sum(e.answerable for e in fit)},
        "judged on": {
            language if len(encoders) == 1 else f"{language}, {encoder}": _judge(
                [e for e in searched[encoder][1]["judge"] if e.language == language],
                same,
                across,
                threshold,
                READS[name],
            )
            for encoder in encoders
            for language in LANGUAGES[encoder]
        },
    }
    fitted = {
        "embedding_model": ANY_MODEL if name == ANY_MODEL else searched[name][0],
        "threshold": threshold,
        "reads": READS[name],
        "same_language": asdict(same),
        "across_languages": asdict(across),
        "provenance": {"data": "squad_train_part, drcd_dev, nq_open_dev", **results.provenance()},
    }
    target = TARGET / f"calibration_{name}.json"
    target.write_text(json.dumps(fitted, indent=2) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))
    print("wrote", target, "and", results.write(f"calibration_{name}", figures))


def _search_with(encoder: str, data: Path) -> tuple[str, dict[str, list[Example]]]:
    """The encoder's full name, and all searches with it."""
    embeddings = RememberingEmbeddings(Weights(WeightsSettings().model_dir).ensure(encoder))
    with tempfile.TemporaryDirectory() as folder:
        return embeddings.model_name, asyncio.run(_search_all(data, embeddings, Path(folder), LANGUAGES[encoder]))


async def _search_all(
    data: Path, embeddings: LocalEmbeddings, folder: Path, languages: Sequence[str]
) -> dict[str, list[Example]]:
    library = await Library.open(KnowledgeSettings(data_dir=folder), embeddings)
    examples: dict[str, list[Example]] = {"fit": [], "judge": []}
    off_corpus = [json.loads(line)["question"] for line in _lines(data / "nq_open_dev" / "qa.jsonl")]
    try:
        for language in languages:
            docs = _squad(data) if language == "en" else _drcd(data)
            for part, found in examples.items():
                chosen = [doc for doc in docs if _is_held_out(doc.title) == (part == "judge")]
                for size in GUILD_SIZES:
                    found.extend([e async for e in _searches(library, chosen, off_corpus, language, size, part)])
                    print(part, language, size, len(found), flush=True)
    finally:
        await library.close()
    return examples


async def _searches(
    library: Library, docs: Sequence[Doc], off_corpus: Sequence[str], language: str, size: int, part: str
) -> AsyncIterator[Example]:
    """Deal the documents into guilds of `size`, and ask in each what it holds, what its neighbour holds, and more."""
    dealt = random.Random(f"{SEED} {language} {size} {part}")
    # Articles stay together, so that a neighbour holds the same subject's other passages.
    dealt_docs = sorted(docs, key=lambda doc: (doc.title, doc.id))
    guilds = [dealt_docs[start :: max(1, len(docs) // size)] for start in range(max(1, len(docs) // size))]
    guilds = guilds[: max(2, min(len(guilds), 12))]
    each = QUESTIONS[part] // len(GUILD_SIZES) // len(guilds) + 1
    for number, guild in enumerate(guilds):
        guild_id = f"{part}-{language}-{size}-{number}"
        await library.register_guild(guild_id, guild_id)
        for doc in guild:
            await library.ingest_bytes(
                doc.text.encode(), name=f"{doc.id}.txt", guild_id=guild_id, audience=EVERY_MEMBER, ingested_by="x"
            )
    for number, guild in enumerate(guilds):
        own = [question for doc in guild for question in doc.questions]
        for question in dealt.sample(own, min(each, len(own))):
            for at, origin in ((number, "gold"), ((number + 1) % len(guilds), "neighbour")):
                yield await _example(library, question, f"{part}-{language}-{size}-{at}", origin, language, size)
        half = len(off_corpus) // 2
        for question in dealt.sample(off_corpus[:half] if part == "fit" else off_corpus[half:], each // 2):
            yield await _example(library, question, f"{part}-{language}-{size}-{number}", "off corpus", "en", size)


async def _example(library: Library, question: str, guild_id: str, origin: str, language: str, size: int) -> Example:
    figures = figures_of(await library.search(question, guild_id, OWNER))
    assert figures is not None
    return Example(figures, origin == "gold", origin, language, size)


def _fit(examples: Sequence[Example], reads: Sequence[str]) -> Logistic:
    rows = np.array([row_of(e.figures, reads) for e in examples if e.figures.same_language])
    labels = np.array([e.answerable for e in examples if e.figures.same_language])
    means, scales = rows.mean(axis=0), rows.std(axis=0)
    model = LogisticRegression(C=1.0).fit((rows - means) / scales, labels)
    return Logistic(
        means=tuple(round(float(v), 5) for v in means),
        scales=tuple(round(float(v), 5) for v in scales),
        weights=tuple(round(float(v), 4) for v in model.coef_[0]),
        bias=round(float(model.intercept_[0]), 4),
    )


def _threshold(examples: Sequence[Example], fitted: Logistic, reads: Sequence[str]) -> float:
    """Where the cost on the fitted examples is least, an invented answer costing more than a needless refusal."""
    rows = [e for e in examples if e.figures.same_language]
    scores = _scores(rows, fitted, (*reads, "coverage"))
    labels = np.array([e.answerable for e in rows])
    costs = {
        float(cut): float((labels & (scores < cut)).sum() + COST_OF_INVENTING * (~labels & (scores >= cut)).sum())
        for cut in np.arange(0.2, 0.8, 0.01).round(2)
    }
    return min(costs, key=lambda cut: costs[cut])


def _judge(
    examples: Sequence[Example], same: Logistic, across: Logistic, threshold: float, reads: Sequence[str]
) -> dict[str, object]:
    own = [e for e in examples if e.figures.same_language]
    scores = _scores(own, same, (*reads, "coverage"))
    without = _scores(own, across, reads)
    labels = np.array([e.answerable for e in own])
    answered = {
        origin: (int((scores[rows] >= threshold).sum()), int(rows.sum()))
        for origin in ("gold", "neighbour", "off corpus")
        if (rows := np.array([e.origin == origin for e in own])).any()
    }
    bins = np.clip((scores * 5).astype(int), 0, 4)
    return {
        "searches": len(own),
        "ROC area": round(float(roc_auc_score(labels, scores)), 3),
        "ROC area, without coverage": round(float(roc_auc_score(labels, without)), 3),
        "ROC area, best cosine alone": round(float(roc_auc_score(labels, [e.figures.cosine for e in own])), 3),
        "answered": {
            origin: {"share": round(hit / of, 3), "interval": results.wilson(hit, of), "of": of}
            for origin, (hit, of) in answered.items()
        },
        "reliability": [
            {"said": round(float(scores[bins == b].mean()), 2), "was": round(float(labels[bins == b].mean()), 2)}
            for b in range(5)
            if (bins == b).any()
        ],
    }


def _scores(examples: Sequence[Example], fitted: Logistic, reads: Sequence[str]) -> np.ndarray:
    return np.array([fitted.probability(row_of(example.figures, reads)) for example in examples])


def _squad(data: Path) -> list[Doc]:
    questions: dict[tuple[str, str], list[str]] = {}
    for line in _lines(data / "reading_en" / "squad_train_part" / "train.jsonl"):
        row = json.loads(line)
        asked = questions.setdefault((row["title"], row["context"]), [])
        if row["answerable"]:
            asked.append(row["question"])
    return [
        Doc(f"squad-{number}", title, text, tuple(asked))
        for number, ((title, text), asked) in enumerate(questions.items())
    ]


def _drcd(data: Path) -> list[Doc]:
    asked: dict[str, list[str]] = {}
    for line in _lines(data / "drcd_dev" / "qa.jsonl"):
        row = json.loads(line)
        asked.setdefault(row["doc_ids"][0], []).append(row["question"])
    rows = [json.loads(line) for line in _lines(data / "drcd_dev" / "docs.jsonl")]
    return [Doc(row["id"], row["title"], row["text"], tuple(asked.get(row["id"], ()))) for row in rows]


def _is_held_out(title: str) -> bool:
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 10 < 3


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        yield from file


if __name__ == "__main__":
    main()
