"""Makes true and false answers from passages, and says how many of each the check after writing stops.

    python -m benchmarks.answers.falsified XQUAD [--questions N]

XQUAD is the folder of xquad_en_zh. Of N questions in each language the sentence that holds the answer is taken in three
wordings as a true answer, and with one thing falsified as a false one: a number, a negation, or the answer's name
exchanged for that of another article. The passages are the gold one and four others of the same article, read as the
bot reads them. Nothing was fitted on this set.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets.made_evidence import evidence_of
from benchmarks.datasets.question_sets import Doc, GoldQuestion, read_docs, read_questions
from benchmarks.harness import results
from benchmarks.harness.reading_cache import CachedReader
from benchmarks.harness.summary_statistics import Share, share
from chains.answer_check import check
from knowledge.types import Evidence
from text.sentences import sentence_spans

_SEED = 5
_OTHERS = 4
"""Other passages of the article, which the bot would have found as well."""
_NUMBER = re.compile(r"(?<![\w.,])\d{1,4}(?![\w,%]|\.\d)|(?<=[一-鿿])\d{1,4}(?=[一-鿿])")
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|can|could|will|would|has|had|have|must|may)\b(?! not)")
_CHINESE_AUXILIARY = re.compile(r"(?<![不没正可只就还但])(?:是(?!否)|有(?!关)|可以|能够)")
_WORDINGS = {
    "en": ("{sentence}", "According to the documents, {sentence}", "{answer}."),
    "zh": ("{sentence}", "根据文档，{sentence}", "{answer}。"),
}


@dataclass(frozen=True)
class MadeAnswer:
    """An answer with what is wrong in it."""

    question: str
    evidence: tuple[Evidence, ...]
    text: str
    kind: str
    """`true`, or what was falsified: `number`, `negation` or `name`."""
    language: str


def main() -> None:
    """Make the answers, check them, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--questions", type=int, default=50)
    arguments = parser.parse_args()
    reader = CachedReader()
    checked = []
    for language in ("en", "zh"):
        for made in made_answers(arguments.data, language, arguments.questions):
            passages = [(item.chunk.place.heading, item.chunk.text) for item in made.evidence]
            readings = reader.read(made.question, passages)
            read = [replace(item, reading=each) for item, each in zip(made.evidence, readings, strict=True)]
            fault = check(made.text, made.question, read, reader.judge(made.text, passages)).fault
            checked.append((made, fault))
    figures = {
        "false": _by(checked, is_true=False),
        "true": _by(checked, is_true=True),
        "let through": [made.text for made, fault in checked if fault is None and made.kind != "true"],
        "stopped though true": [f"{made.text} ({fault})" for made, fault in checked if fault and made.kind == "true"],
    }
    print(json.dumps({name: figures[name] for name in ("false", "true")}, indent=2))
    print("wrote", results.write("falsified", figures))


def made_answers(data: Path, language: str, count: int) -> Iterator[MadeAnswer]:
    """Yield a true and, where one can be made, a false answer to each of `count` questions."""
    chance = random.Random(_SEED)
    docs = {doc.id: doc for doc in read_docs(data) if doc.lang == language}
    asked = [each for each in read_questions(data) if each.lang == language and each.gold & docs.keys()]
    chance.shuffle(asked)
    made = 0
    for question in asked:
        gold = docs[min(question.gold & docs.keys())]
        sentence = _sentence_of(question, gold)
        if sentence is None:
            continue
        answer = next(each for each in question.answers if each in sentence)
        evidence = _evidence(gold, docs, chance)
        wording = _WORDINGS[language][made % 3]
        true = wording.format(sentence=sentence, answer=answer)
        ways = [
            _other_number(true, gold),
            _negated(true, language),
            _other_name(true, answer, _elsewhere(asked, docs, gold), chance),
        ]
        kinds = [(kind, text) for kind, text in zip(("number", "negation", "name"), ways, strict=True) if text]
        if not kinds:
            continue
        kind, false = kinds[made % len(kinds)]
        yield MadeAnswer(question.question, evidence, true, "true", language)
        yield MadeAnswer(question.question, evidence, false, kind, language)
        made += 1
        if made == count:
            return


def _sentence_of(question: GoldQuestion, doc: Doc) -> str | None:
    """Return the one sentence of the document that holds the answer."""
    found = [
        doc.text[start:end]
        for start, end in sentence_spans(doc.text)
        if any(answer in doc.text[start:end] for answer in question.answers)
    ]
    return found[0] if len(found) == 1 and len(found[0]) < 400 else None


def _evidence(gold: Doc, docs: dict[str, Doc], chance: random.Random) -> tuple[Evidence, ...]:
    others = [doc for doc in docs.values() if doc.title == gold.title and doc.id != gold.id]
    chosen = chance.sample(others, min(_OTHERS, len(others)))
    return evidence_of([gold, *chosen])


def _other_number(text: str, gold: Doc) -> str | None:
    """Exchange a number for one that is near, and not in the passage."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    others = (str(int(found[0]) + shift) for shift in (2, 3, 5, 7, 11))
    return next((_exchanged(text, found, other) for other in others if other not in gold.text), None)


def _negated(text: str, language: str) -> str | None:
    found = (_AUXILIARY if language == "en" else _CHINESE_AUXILIARY).search(text)
    if found is None:
        return None
    other = f"{found[0]} not" if language == "en" else ("没有" if found[0] == "有" else f"不{found[0]}")
    return _exchanged(text, found, other)


def _elsewhere(asked: Sequence[GoldQuestion], docs: dict[str, Doc], gold: Doc) -> list[str]:
    """Return the answers to questions on other articles."""
    return [each.answers[0] for each in asked if docs[min(each.gold & docs.keys())].title != gold.title]


def _other_name(text: str, answer: str, others: Sequence[str], chance: random.Random) -> str | None:
    """Exchange the answer, if it is a name, for one of about its length that answers something else."""

    def is_name(words: str) -> bool:
        return (words[0].isupper() or not words.isascii()) and not any(char.isdigit() for char in words)

    alike = [other for other in others if is_name(other) and abs(len(other) - len(answer)) <= 6 and other not in text]
    return text.replace(answer, chance.choice(alike)) if is_name(answer) and alike else None


def _exchanged(text: str, found: re.Match[str], other: str) -> str:
    return text[: found.start()] + other + text[found.end() :]


def _by(checked: Sequence[tuple[MadeAnswer, object]], *, is_true: bool) -> dict[str, Share]:
    """Return the share that was stopped, over all, by language and by kind."""
    chosen = [(made, fault) for made, fault in checked if (made.kind == "true") is is_true]
    groups = {"all": chosen}
    for made, fault in chosen:
        groups.setdefault(made.language, []).append((made, fault))
        if not is_true:
            groups.setdefault(made.kind, []).append((made, fault))
    return {name: share(fault is not None for _, fault in group) for name, group in groups.items()}


if __name__ == "__main__":
    main()
