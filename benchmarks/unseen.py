"""Searches in sets that nothing shipped was fitted on, of which it is known whether the guild holds the answer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks.answerability import Passage, Searched, development, fill, squad
from benchmarks.question_sets import Doc, is_only_in_gold, read_docs, read_questions
from benchmarks.remembered import RememberingEmbeddings
from knowledge.library import Library
from knowledge.types import OWNER

_SEED = 7
_T = TypeVar("_T")


class UnseenSets:
    """The sets, searched in one open library."""

    def __init__(self, library: Library, embeddings: RememberingEmbeddings, data: Path, limit: int | None) -> None:
        self._library = library
        self._embeddings = embeddings
        self._data = data
        self._limit = limit

    async def left_out(self) -> dict[str, list[Searched]]:
        """Xquad, by languages of question and documents."""
        docs, asked = read_docs(self._data / "xquad_en_zh"), read_questions(self._data / "xquad_en_zh")
        by_language = {lang: [doc for doc in docs if doc.lang == lang] for lang in ("en", "zh")}
        place = {doc.id: number % 2 for own in by_language.values() for number, doc in enumerate(own)}
        titles = {doc.id: doc.title for doc in docs}
        for lang, own in by_language.items():
            for part in (0, 1):
                await fill(self._library, f"xquad-{lang}-{part}", own[part::2])
        found: dict[str, list[Searched]] = {}
        for lang, own in by_language.items():
            chosen = self._some([each for each in asked if each.lang == lang])
            self._embeddings.prepare(each.question for each in chosen)
            only_gold = {each.question for each in chosen if is_only_in_gold(each, own)}
            for searched in by_language:
                name = lang if lang == searched else f"{lang}→{searched}"
                found[name] = []
                for each in chosen:
                    gold = next(iter(each.gold))
                    for other in (0, 1) if each.question in only_gold else (0,):
                        guild = f"xquad-{searched}-{(place[gold] + other) % 2}"
                        retrieval = await self._library.search(each.question, guild, OWNER)
                        origin = "left out" if other else "gold"
                        found[name].append(Searched(retrieval, not other, origin, searched, 120, titles[gold]))
                print(name, len(found[name]), flush=True)
        return found

    async def squad2(self) -> list[Searched]:
        """Its questions, those with an answer and those that look as if they had one."""
        docs, asked = read_docs(self._data / "squad2_zh_dev"), read_questions(self._data / "squad2_zh_dev")
        titles = {doc.id: doc.title for doc in docs}
        chosen = self._some(asked)
        rows = [(each.question, bool(each.answers), titles[next(iter(each.gold))]) for each in chosen]
        return await self._looking_answered("squad2", docs, rows, "zh")

    async def squad(self) -> list[Searched]:
        """The questions on the articles that have such as look answered."""
        passages = squad(self._data)
        titles = {passage.doc.title for passage in passages if passage.look_answered}
        rows = [row for passage in passages if passage.doc.title in titles for row in _rows_of(passage)]
        return await self._looking_answered("squad", [passage.doc for passage in passages], self._some(rows), "en")

    async def held_out(self) -> dict[str, list[Searched]]:
        """The development sets' held-out titles, general questions apart."""
        found: dict[str, list[Searched]] = {}
        for language, name in (("en", "squad, held-out titles"), ("zh", "drcd, held-out titles")):
            async for searched in development(self._library, self._embeddings, self._data, language, "judge"):
                if searched.origin != "looks answered":
                    off_corpus = searched.origin == "off corpus"
                    found.setdefault("nq_open, off the corpus" if off_corpus else name, []).append(searched)
        return {name: self._some(rows) for name, rows in found.items()}

    async def _looking_answered(
        self, guild: str, docs: Sequence[Doc], rows: Sequence[tuple[str, bool, str]], language: str
    ) -> list[Searched]:
        await fill(self._library, guild, docs)
        self._embeddings.prepare(question for question, *_ in rows)
        found = []
        for question, answerable, title in rows:
            retrieval = await self._library.search(question, guild, OWNER)
            origin = "gold" if answerable else "looks answered"
            found.append(Searched(retrieval, answerable, origin, language, len(docs), title))
        print(guild, len(found), flush=True)
        return found

    def _some(self, rows: Sequence[_T]) -> list[_T]:
        if self._limit is None or len(rows) <= self._limit:
            return list(rows)
        return random.Random(_SEED).sample(rows, self._limit)


def _rows_of(passage: Passage) -> list[tuple[str, bool, str]]:
    """Questions, whether the passage answers them, and its article."""
    title = passage.doc.title
    return [(each, True, title) for each in passage.answered] + [(each, False, title) for each in passage.look_answered]
