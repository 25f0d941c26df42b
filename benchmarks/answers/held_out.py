"""Deals held-out sets, on which nothing that ships was fitted, into guilds that are known to hold an answer or not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks.datasets.answerability import KnownQuestion, Scenario, squad
from benchmarks.datasets.question_sets import is_only_in_gold, read_docs, read_questions

_SEED = 7
_T = TypeVar("_T")


def left_out(data: Path, limit: int | None) -> dict[str, Scenario]:
    """Return xquad, by languages of question and documents: where the gold document is, and where all others are."""
    docs, asked = read_docs(data / "xquad_en_zh"), read_questions(data / "xquad_en_zh")
    by_language = {lang: [doc for doc in docs if doc.lang == lang] for lang in ("en", "zh")}
    place = {doc.id: number % 2 for own in by_language.values() for number, doc in enumerate(own)}
    titles = {doc.id: doc.title for doc in docs}
    scenarios: dict[str, Scenario] = {}
    for lang, own in by_language.items():
        chosen = some([each for each in asked if each.lang == lang], limit)
        only_gold = {each.question for each in chosen if is_only_in_gold(each, own)}
        for searched, theirs in by_language.items():
            name = lang if lang == searched else f"{lang}→{searched}"
            guilds = {f"xquad-{searched}-{part}": theirs[part::2] for part in (0, 1)}
            scenarios[name] = Scenario(guilds, [])
            for each in chosen:
                gold = next(iter(each.gold))
                for other in (0, 1) if each.question in only_gold else (0,):
                    guild, origin = list(guilds)[(place[gold] + other) % 2], "left out" if other else "gold"
                    scenarios[name].asked.append(KnownQuestion(each.question, guild, not other, origin, titles[gold]))
    return scenarios


def squad2(data: Path, limit: int | None) -> Scenario:
    """Return squad 2's Chinese questions, those with an answer and those that look as if they had one."""
    docs, asked = read_docs(data / "squad2_zh_dev"), read_questions(data / "squad2_zh_dev")
    titles = {doc.id: doc.title for doc in docs}
    return Scenario(
        {"squad2": docs},
        [
            _alike(each.question, "squad2", bool(each.answers), titles[next(iter(each.gold))])
            for each in some(asked, limit)
        ],
    )


def squad_alike(data: Path, limit: int | None) -> Scenario:
    """Return squad's English questions on the articles that have such as look answered."""
    passages = squad(data)
    articles = {passage.article for passage in passages if passage.look_answered}
    own = [passage for passage in passages if passage.article in articles]
    asked = [
        _alike(question, "squad", answerable, passage.article)
        for passage in own
        for questions, answerable in ((passage.answered, True), (passage.look_answered, False))
        for question in questions
    ]
    return Scenario({"squad": [passage.doc for passage in own]}, some(asked, limit))


def some(rows: Sequence[_T], limit: int | None) -> list[_T]:
    """Return at most `limit` of them, drawn at random."""
    return list(rows) if limit is None or len(rows) <= limit else random.Random(_SEED).sample(rows, limit)


def _alike(question: str, guild: str, answerable: bool, article: str) -> KnownQuestion:
    return KnownQuestion(question, guild, answerable, "gold" if answerable else "looks answered", article)
