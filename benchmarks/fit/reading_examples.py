"""Makes the reader's training examples of the reading sets: what is asked of which passage, what each head is told.

Edit it for another set, for how many examples of a set are taken, or for how questions without an answer are made of
answered ones.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.datasets.answerability import CALIBRATION_ARTICLES
from benchmarks.datasets.rows import ReadingSetRow, read_rows
from benchmarks.fit.made_rules import MadeExample, made_examples
from knowledge.models.reading_network import Relation
from text.scripts import is_chinese

SETS: Mapping[str, int] = {
    "reading_en/squad_train_part": 6000,
    "reading_en/squadshifts_wiki": 5800,
    "reading_en/squadshifts_amazon": 1800,
    "reading_en/covidqa": 900,
    "reading_en/policyqa": 500,
    "reading_en/molweni_part": 400,
    "reading_en/mismatch_negatives": 2500,
    "reading_more/cmrc2018_train": 9870,
    "reading_more/cmrc2018_trial": 976,
    "reading_more/drcd_test_as_train": 3432,
    "reading_more/unanswerable_made_en": 3702,
    "reading_more/zh_unanswerable_made": 3500,
    "reading_more/boolq_dev": 4261,
    "reading_more/condaqa": 2600,
    "reading_more/zh_yesno_made": 3100,
    "reading_more/fm2_support": 2544,
    "reading_more/fever_symmetric": 1393,
    "reading_more/cad_nli": 3600,
    "reading_more/begin_grounding": 2200,
    "reading_more/lexical_nli": 1600,
    "reading_more/zh_support_made": 3900,
    "reading_more/clapnq_dev": 519,
    "reading_more/docs_howto_en": 888,
    "reading_more/docs_howto_zh": 832,
    "reading_more/qed_dev": 230,
    "reading_more/hotpotqa_part": 900,
    "reading_more/ropes_part": 700,
}
"""The sets, below the data folder, and at most how many examples of each are taken.

Left out: quoref_part (its copy states no licence), folio and pubmedqa_labeled (formal logic and conclusions of studies,
which a member's question never asks for).
"""
SWAPPED = {"en": 5200, "zh": 2600}
"""How many questions without an answer are made by `_swapped`, in each language."""
MADE = 10_000
"""How many examples of our own are added (`made_rules.py`)."""
DEVELOPMENT_SHARE = 0.03
"""Of the articles; nothing of them is trained on."""
_RELATIONS = {"supported": Relation.SUPPORTED, "contradicted": Relation.CONTRADICTED, "neither": Relation.NEITHER}
_YES_NO = {"yes": Relation.SUPPORTED, "no": Relation.CONTRADICTED}
_TITLE_SHARE = 0.5
"""In how many examples the title stands above the passage, as a heading stands above a chunk."""
_SEED = 11


@dataclass(frozen=True, slots=True)
class Example:
    """One pair and what the heads are told of it; None where a head is told nothing."""

    source: str
    question: str
    passage: str
    answerable: bool
    spans: tuple[tuple[int, int], ...] | None = None
    """Start and end of each part of the answer, as characters of the passage; empty where there is no answer."""
    relation: Relation | None = None
    group: str = ""
    """The article: all of its examples are trained on, or none."""
    title: str = ""
    kind: str = "span"
    """`list` where all spans together are the answer, `sentences` where each is a sentence that holds it or a part."""

    @property
    def language(self) -> str:
        """Return `zh` or `en`."""
        return "zh" if is_chinese(self.question) else "en"

    @property
    def is_development(self) -> bool:
        """Return whether it is for judging only."""
        digest = hashlib.sha256(self.group.encode()).digest()
        if self.group in CALIBRATION_ARTICLES:
            return True
        return int.from_bytes(digest[:4], "big") / 2**32 < DEVELOPMENT_SHARE


def load_examples(data: Path) -> list[Example]:
    """Return all examples of the sets below `data`, shuffled; the same each time."""
    chance = random.Random(_SEED)
    examples: list[Example] = []
    for name, limit in SETS.items():
        rows = list(read_rows(data / name / "train.jsonl", ReadingSetRow))
        chance.shuffle(rows)
        examples += [_example(Path(name).name, row) for row in rows[:limit]]
    for language, count in SWAPPED.items():
        examples += _swapped_examples(examples, language, count, chance)
    examples += [_of_made(made) for made in made_examples(MADE, _SEED)]
    chance.shuffle(examples)
    return [_with_title(example, chance) for example in examples]


def _of_made(made: MadeExample) -> Example:
    # Of yes and no there is no short answer, only the sentence that says so.
    kind = "list" if made.is_list or made.relation is not None else "span"
    return Example(
        "made_rules",
        made.question,
        made.passage,
        made.answerable,
        made.spans,
        made.relation,
        f"{made.heading} {made.passage[:60]}",
        made.heading,
        kind,
    )


def _example(source: str, row: ReadingSetRow) -> Example:
    title = row.title.replace("_", " ")
    group = title.casefold() or row.context[:60]
    if row.claim is not None:
        relation = _RELATIONS[row.label or ""]
        answerable = relation is not Relation.NEITHER
        return Example(source, row.claim, row.context, answerable, None, relation, group, title)
    if row.kind == "yesno":
        relation = _YES_NO[row.answers[0]] if row.answers else Relation.NEITHER
        told = None if row.answers else ()
        return Example(source, row.question or "", row.context, bool(row.answers), told, relation, group, title)
    parts = row.answers if row.kind in {"list", "howto"} else row.answers[:1]
    spans = tuple(_first_place(row.context, part) for part in parts)
    kind = "list" if row.kind in {"list", "howto"} else "span"
    return Example(source, row.question or "", row.context, row.answerable, spans, None, group, title, kind)


def _first_place(context: str, answer: str) -> tuple[int, int]:
    start = context.index(answer)
    return start, start + len(answer)


def _with_title(example: Example, chance: random.Random) -> Example:
    title = example.title
    if not title or example.passage.startswith(title) or len(title) > 50 or chance.random() > _TITLE_SHARE:
        return example
    above = title + "\n"
    spans = example.spans and tuple((start + len(above), end + len(above)) for start, end in example.spans)
    return replace(example, passage=above + example.passage, spans=spans)


def _swapped_examples(examples: Sequence[Example], language: str, count: int, chance: random.Random) -> list[Example]:
    """Make questions that look answered and aren't, out of answered ones of that language."""
    made: list[Example] = []
    candidates = [each for each in examples if each.spans and each.relation is None and each.language == language]
    chance.shuffle(candidates)
    for example in candidates:
        question = _swapped(example, chance)
        if question is not None:
            made.append(replace(example, source="swapped", question=question, answerable=False, spans=()))
        if len(made) == count:
            break
    return made


_OPPOSITES = (
    "first last",
    "largest smallest",
    "biggest smallest",
    "highest lowest",
    "most least",
    "before after",
    "oldest youngest",
    "increase decrease",
    "increased decreased",
    "northern southern",
    "eastern western",
    "north south",
    "east west",
    "early late",
    "earliest latest",
    "begin end",
    "began ended",
    "start stop",
    "started stopped",
    "open close",
    "opened closed",
    "allowed forbidden",
    "inside outside",
    "above below",
    "upper lower",
    "won lost",
    "win lose",
    "male female",
    "men women",
    "father mother",
    "son daughter",
    "husband wife",
    "best worst",
    "minimum maximum",
    "positive negative",
    "with without",
    "accept reject",
    "supported opposed",
    "gain lose",
    "arrive leave",
    "buy sell",
    "bought sold",
    "summer winter",
    "longest shortest",
    "same different",
    "import export",
    "public private",
    "birth death",
    "born buried",
    "join leave",
    "joined left",
)
_CHINESE_OPPOSITES = (
    "最大 最小",
    "最高 最低",
    "最长 最短",
    "最早 最晚",
    "最多 最少",
    "第一 最后",
    "之前 之后",
    "以前 以后",
    "增加 减少",
    "上升 下降",
    "开始 结束",
    "北部 南部",
    "东部 西部",
    "父亲 母亲",
    "儿子 女儿",
    "丈夫 妻子",
    "男性 女性",
    "支持 反对",
    "成立 解散",
    "建立 废除",
    "出生 去世",
    "加入 退出",
    "优点 缺点",
    "胜利 失败",
    "进口 出口",
    "上半 下半",
    "开放 关闭",
    "允许 禁止",
)
_PAIRS = [pair.split() for pair in (*_OPPOSITES, *_CHINESE_OPPOSITES)]
_OPPOSITE = {word: other for first, second in _PAIRS for word, other in ((second, first), (first, second))}
_LONGEST_FIRST = sorted(_OPPOSITE, key=len, reverse=True)
_LATIN_OPPOSITE = re.compile(rf"\b(?:{'|'.join(word for word in _LONGEST_FIRST if word.isascii())})\b")
_HAN_OPPOSITE = re.compile("|".join(word for word in _LONGEST_FIRST if not word.isascii()))
_NUMBER = re.compile(r"(?<![\w.,])\d{1,4}(?![\w,]|\.\d)|(?<=[一-鿿])\d{1,4}(?=[一-鿿])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-zé]+(?: (?:[A-Z][a-zé]+|of|the))*(?<! of)(?<! the)")
_AUXILIARY = re.compile(r"\b(did|does|do|is|was|were|are|can|could|has|have|will|would|should)\b(?! n[o']t)")


def _swapped(example: Example, chance: random.Random) -> str | None:
    """Return the question with one thing exchanged for another that the passage does not say it of; or None."""
    start, end = (example.spans or ((0, 0),))[0]
    answer = example.passage[start:end]
    ways = [_other_name, _other_number, _opposite, _opposite]
    if chance.random() < 0.1:
        ways.append(_negated)
    chance.shuffle(ways)
    for way in ways:
        question = way(example.question, example.passage, answer, chance)
        if question is not None and question != example.question:
            return question
    return None


def _other_name(question: str, passage: str, answer: str, chance: random.Random) -> str | None:
    """Exchange a name for another of the same passage, so that all of the question's words are there."""
    named = list(_NAME.finditer(question))
    others = sorted({found.group() for found in _NAME.finditer(passage)} - {found.group() for found in named})
    others = [other for other in others if other not in answer and answer not in other and other not in question]
    if not named or not others:
        return None
    return _exchange(question, chance.choice(named), chance.choice(others))


def _other_number(question: str, passage: str, answer: str, chance: random.Random) -> str | None:
    numbers = list(_NUMBER.finditer(question))
    if not numbers:
        return None
    old = chance.choice(numbers)
    others = sorted({n for n in _NUMBER.findall(passage) if len(n) == len(old.group()) and n not in answer})
    near = [str(int(old.group()) + shift) for shift in (-3, -2, -1, 1, 2, 3, 10) if int(old.group()) + shift > 0]
    other = chance.choice(others if others and chance.random() < 0.5 else near)
    return None if other == old.group() else _exchange(question, old, other)


def _opposite(question: str, passage: str, answer: str, chance: random.Random) -> str | None:
    places = [*_LATIN_OPPOSITE.finditer(question), *_HAN_OPPOSITE.finditer(question)]
    if not places:
        return None
    place = chance.choice(places)
    return _exchange(question, place, _OPPOSITE[place.group()])


def _negated(question: str, passage: str, answer: str, chance: random.Random) -> str | None:
    found = _AUXILIARY.search(question)
    return None if found is None else question[: found.end()] + " not" + question[found.end() :]


def _exchange(text: str, place: re.Match[str], other: str) -> str:
    return text[: place.start()] + other + text[place.end() :]


def count_by_source(examples: Iterable[Example]) -> dict[str, int]:
    """Return how many examples each set gave."""
    counts: dict[str, int] = {}
    for example in examples:
        counts[example.source] = counts.get(example.source, 0) + 1
    return dict(sorted(counts.items()))


def training(examples: Iterable[Example]) -> Iterator[Example]:
    """Yield what is trained on."""
    return (example for example in examples if not example.is_development)


def development(examples: Iterable[Example]) -> Iterator[Example]:
    """Yield what is judged on."""
    return (example for example in examples if example.is_development)
