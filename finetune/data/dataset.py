"""From a training file's bytes to checked examples, and from these to those to train and those to measure on.

Edit this file to change a limit, what makes a line unusable, or how examples are held out.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from finetune.data.example_formats import FORMS, LABEL_FORM, PROMPT_FORM, Form, example_of, form_of, help_of, is_help
from finetune.data.rows import BadLine, Fields, TrainingRow, read_rows
from finetune.errors import (
    PROBLEM_CODES,
    DatasetTooLargeError,
    MostlyProblemsError,
    OneLabelError,
    TooFewExamplesError,
    TooManyExamplesError,
    TooManyLabelsError,
    UnknownFormError,
    describe,
)
from finetune.types import Dataset, Example, JoinedLabel, LabelHelp, LineProblem, TaskKind
from storage.hashing import sha256_of_text
from storage.sizes import MEGABYTE
from text.scripts import holds_han
from text.words import fold, one_line

__all__ = ["PROBLEM_CODES", "Split", "describe", "from_jsonl", "load_dataset", "split_dataset", "to_jsonl"]

MAX_DATASET_MB = 20
MIN_EXAMPLES = 20
MAX_EXAMPLES = 50_000
MAX_LABELS = 500
MIN_HELD_OUT = 10
MAX_HELD_OUT = 200
HELD_OUT_ONE_IN = 5
"""One in so many examples is held out."""

# Of more lines, either too many are examples or more are left out than used.
_MAX_ROWS = 2 * (MAX_EXAMPLES + MAX_LABELS)

_EXAMPLE = TypeAdapter(Example)
_SEPARATORS = re.compile(r"[\s_\-\u00ad\u200b-\u200f\u2010-\u2015\u2060\ufeff]+")
"""Blanks, hyphens and invisible signs."""
_LATIN_LOOKALIKES = str.maketrans("авеікмнорстухѕјαικονρτυχ", "abeikmhopctyxsjaikovptyx")
"""Lower-case Cyrillic and Greek letters that look like Latin ones."""


@dataclass(frozen=True, slots=True)
class Split:
    """Holds the examples in two parts, each in the order of its lines."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]


def load_dataset(data: bytes, name: str) -> Dataset:
    """Read and check a training file; `name` ends in .jsonl, .ndjson, .json or .csv.

    Each line is a `prompt` with its `completion`, a conversation in `messages` (not in CSV) or a `question` with its
    `label`; beside the last, lines with `label`, `sentence` and perhaps `channel` describe labels. Lines that can't
    be used are left out and reported. Raises a DatasetError where the file as a whole cannot be used.
    """
    size_mb = len(data) / MEGABYTE
    if size_mb > MAX_DATASET_MB:
        raise DatasetTooLargeError(name, size_mb, MAX_DATASET_MB)
    rows = read_rows(data, name, FORMS, limit=_MAX_ROWS + 1)
    if len(rows) > _MAX_ROWS:
        raise TooManyExamplesError(name, MAX_EXAMPLES)
    form = _form_of_rows(rows, name)
    examination = _Examination(form)
    for row in rows:
        examination.take(row)
    joined = examination.join_labels() if form == LABEL_FORM else ()
    examples, problems = tuple(examination.examples), examination.all_problems()
    dataset = Dataset(
        kind=TaskKind.LABEL if form == LABEL_FORM else TaskKind.TEXT,
        examples=examples,
        label_help=examination.useful_help(),
        problems=problems,
        sha256=hashlib.sha256(data).hexdigest(),
        has_chinese=any(_holds_chinese(example) for example in examples),
        joined_labels=joined,
    )
    _check_counts(dataset, len(rows), name)
    return dataset


def split_dataset(dataset: Dataset) -> Split:
    """Hold out one example in five, at least 10 and at most 200 of them, by the SHA-256 of its question.

    In a label task each label keeps an example to train on, first every label that has two gives one, and from there
    on all give the same share of theirs; where most labels have one example only, fewer than 10 are held out.
    """
    examples = dataset.examples
    bound = min(max(len(examples) // HELD_OUT_ONE_IN, MIN_HELD_OUT), MAX_HELD_OUT, len(examples) // 2)
    ranked = sorted(examples, key=_rank)
    order = _by_share(ranked) if dataset.kind is TaskKind.LABEL else ranked
    while MIN_HELD_OUT < bound < len(order) and _rank(order[bound - 1])[0] == _rank(order[bound])[0]:
        bound -= 1  # A question that occurs twice must not be both trained and measured on.
    held_out = set(map(_rank, order[:bound]))
    return Split(
        train=tuple(example for example in examples if _rank(example) not in held_out),
        held_out=tuple(example for example in examples if _rank(example) in held_out),
    )


def to_jsonl(examples: Iterable[Example]) -> bytes:
    """Return the examples in the form in which a run keeps them: nothing is lost."""
    return b"".join(_EXAMPLE.dump_json(example) + b"\n" for example in examples)


def from_jsonl(data: bytes) -> tuple[Example, ...]:
    """Return the examples that `to_jsonl` wrote."""
    return tuple(_EXAMPLE.validate_json(line) for line in data.splitlines())


class _Examination:
    """Collects what was found in the lines of a file."""

    def __init__(self, form: Form) -> None:
        self.examples: list[Example] = []
        self._form = form
        self._problems: list[LineProblem] = []
        self._asked: dict[tuple[tuple[str, str], ...], Example] = {}
        self._help: dict[str, tuple[int, LabelHelp]] = {}

    def take(self, row: TrainingRow) -> None:
        try:
            if isinstance(row.fields, BadLine):
                raise row.fields
            if self._form == LABEL_FORM and is_help(row.fields):
                self._take_help(row.line, row.fields)
            else:
                self._take_example(example_of(row.line, row.fields, self._form))
        except BadLine as bad:
            self._problems.append(LineProblem(row.line, bad.code, bad.figures))

    def join_labels(self) -> tuple[JoinedLabel, ...]:
        """Give labels that look alike the commonest of their spellings, and return what was joined."""
        counts = Counter(example.completion for example in self.examples)
        alike: dict[str, list[str]] = {}
        for label in sorted(counts, key=lambda label: (-counts[label], label)):
            alike.setdefault(_look(label), []).append(label)
        self.examples = [replace(each, completion=alike[_look(each.completion)][0]) for each in self.examples]
        described: dict[str, tuple[int, LabelHelp]] = {}
        for label, (line, about) in self._help.items():
            spelt = alike.get(_look(label), [label])[0]
            if spelt in described:
                bad = BadLine("label_described_twice", label=label, first=described[spelt][0])
                self._problems.append(LineProblem(line, bad.code, bad.figures))
            else:
                described[spelt] = (line, replace(about, label=spelt))
        self._help = described
        return tuple(JoinedLabel(first, tuple(others)) for first, *others in alike.values() if others)

    def useful_help(self) -> tuple[LabelHelp, ...]:
        labels = self._labels()
        return tuple(described for label, (_, described) in self._help.items() if label in labels)

    def all_problems(self) -> tuple[LineProblem, ...]:
        labels = self._labels()
        unknown = [
            LineProblem(line, "unknown_label", (("label", label),))
            for label, (line, _) in self._help.items()
            if label not in labels
        ]
        return tuple(sorted([*self._problems, *unknown], key=lambda problem: problem.line))

    def _labels(self) -> set[str]:
        return {example.completion for example in self.examples}

    def _take_example(self, example: Example) -> None:
        asked = tuple((role, one_line(text)) for role, text in example.turns)
        first = self._asked.setdefault(asked, example)
        if first is not example:
            same = first.completion == example.completion
            if self._form == LABEL_FORM:
                same = _look(first.completion) == _look(example.completion)
            code = "duplicate" if same else "contradiction"
            raise BadLine(code, first=first.line)
        self.examples.append(example)

    def _take_help(self, line: int, fields: Fields) -> None:
        described = help_of(fields)
        if described.label in self._help:
            raise BadLine("label_described_twice", label=described.label, first=self._help[described.label][0])
        self._help[described.label] = (line, described)


def _look(label: str) -> str:
    """Return what is the same for labels that people would take for one another."""
    return _SEPARATORS.sub("", fold(label).translate(_LATIN_LOOKALIKES))


def _form_of_rows(rows: Sequence[TrainingRow], name: str) -> Form:
    """Return the form of the first good example, otherwise that of the first line that has one."""
    named = [(row.line, row.fields) for row in rows if not isinstance(row.fields, BadLine)]
    likely = None
    for line, fields in named:
        form = form_of(fields)
        if form is None:
            continue
        likely = likely or form
        try:
            example_of(line, fields, form)
        except BadLine:
            continue
        return form
    if named and likely is None:
        raise UnknownFormError(name, [field[:40] for field in list(named[0][1])[:10]], FORMS)
    return likely or PROMPT_FORM


def _holds_chinese(example: Example) -> bool:
    return any(holds_han(text) for text in (*(text for _, text in example.turns), example.completion))


def _check_counts(dataset: Dataset, lines: int, name: str) -> None:
    if len(dataset.examples) < MIN_EXAMPLES:
        raise TooFewExamplesError(name, len(dataset.examples), MIN_EXAMPLES, dataset.problems)
    if len(dataset.problems) * 2 > lines:
        raise MostlyProblemsError(name, lines, dataset.problems)
    if len(dataset.examples) > MAX_EXAMPLES:
        raise TooManyExamplesError(name, MAX_EXAMPLES)
    if dataset.kind is TaskKind.LABEL and len(dataset.labels) == 1:
        raise OneLabelError(name, dataset.labels[0])
    if len(dataset.labels) > MAX_LABELS:
        raise TooManyLabelsError(name, len(dataset.labels), MAX_LABELS)


def _rank(example: Example) -> tuple[str, str]:
    """Return the sort key: the question's hash and, where conversations end alike, that of all turns."""
    turns = repr([(role, one_line(text)) for role, text in example.turns])
    return sha256_of_text(one_line(example.question)), sha256_of_text(turns)


def _by_share(ranked: Sequence[Example]) -> list[Example]:
    """Return all but the last example of each label, so that any first part holds an even share of every label."""
    by_label: defaultdict[str, list[Example]] = defaultdict(list)
    for example in ranked:
        by_label[example.completion].append(example)
    shares = [
        ((place + 0.5) / len(group) if place else 0.0, _rank(example), example)
        for group in by_label.values()
        for place, example in enumerate(group[:-1])
    ]
    return [example for *_, example in sorted(shares, key=lambda share: share[:2])]
