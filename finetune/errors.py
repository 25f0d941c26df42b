"""What can go wrong with the local models and with what was tuned.

FinetuneError
├── PromptTooLongError         the question and its passages exceed the model's context
├── NoChatTemplateError        the model was not trained to hold a conversation
├── ModelClosedError           an answer was asked for while the bot ends
├── AdapterNotRegisteredError  a champion's adapter is not on this machine
├── AdapterChangedError        its files are not those that were promoted
├── AdapterUnknownError        no adapter, or several, has that hash
├── NothingToRollBackError     the skill has no champion
├── RegistryTooNewError        finetune.db was written by a later version of this program
├── RegistryUnusableError      finetune.db is locked or damaged, or cannot be written
├── BaseTooEnglishError        Chinese examples for a base that knows English only
├── NoMemoryError              a training needs more memory than is free
├── NoDiskError                a training needs more room than the disk has
├── OtherLabelsError           examples of another task than the adapter's
├── RunNotFoundError           a training that was prepared is gone
├── TrainingFailedError        the training process ended without a result
└── DatasetError               a training file as a whole cannot be used
    ├── DatasetTooLargeError   it has more bytes than are read
    ├── DatasetEmptyError      it holds nothing
    ├── DatasetNotTextError    it is binary, or in an unknown encoding
    ├── BrokenArrayError       its JSON array cannot be read to the end
    ├── UnknownFormError       no line has the fields of an example
    ├── TooFewExamplesError    too few of its lines can be used
    ├── MostlyProblemsError    more of its lines are left out than used
    ├── TooManyExamplesError   it would train for days
    ├── OneLabelError          there is nothing to tell apart
    └── TooManyLabelsError     there is too much to tell apart
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from finetune.types import FailureReason, LineProblem

_PROBLEMS: Mapping[str, str] = {
    "broken_json": "is no whole JSON object: each stands on one line",
    "not_object": "is JSON, but no object with named fields",
    "broken_csv": 'opens a quotation mark that is not closed as it should be: write "" for one within a cell',
    "too_many_cells": "has {cells} cells under {columns} columns: put cells that hold the delimiter in quotation marks",
    "other_form": "has the fields {fields}, other than the lines before it",
    "missing_field": "has no field {field}",
    "empty_field": "has nothing in the field {field}",
    "not_text": "has something other than text in the field {field}",
    "control_character": "has the control character {character} in the field {field}",
    "not_messages": "has no list of objects with role and content in the field messages, which only JSON can hold",
    "tool_calls": "holds calls of tools, which cannot be trained on: leave them out",
    "wrong_roles": "is no conversation that may begin with a system message and ends with a user's and an assistant's",
    "too_many_tokens": "has {tokens} tokens, where {limit} are the most for this base",
    "question_too_long": "has a question of {characters} characters, where {limit} are the most",
    "label_too_long": "has a label of {characters} characters, where {limit} are the most",
    "label_line_break": "has a line break in its label",
    "duplicate": "repeats line {first}",
    "contradiction": "asks what line {first} asks, but answers otherwise",
    "unknown_label": "describes the label {label}, which no example has",
    "label_described_twice": "describes the label {label} again, after line {first}",
}

PROBLEM_CODES = frozenset(_PROBLEMS)
"""Every code that a LineProblem may have."""


def describe(problem: LineProblem) -> str:
    """A problem as an English sentence without its full stop, for the terminal: `line 7 repeats line 3`."""
    return f"line {problem.line} {_PROBLEMS[problem.code].format(**dict(problem.figures))}"


class FinetuneError(Exception):
    """Any failure of this package. Its message can be shown to an admin."""


class PromptTooLongError(FinetuneError):
    """Nothing is cut silently: whoever asks sends less."""

    def __init__(self, prompt_tokens: int, context_tokens: int) -> None:
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens
        super().__init__(
            f"The prompt has {prompt_tokens:,} tokens, and the model's context ends at {context_tokens:,}. "
            "Ask with fewer or shorter passages, or a shorter question."
        )


class NoChatTemplateError(FinetuneError):
    """A model that only continues text."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} has no chat template, so it cannot answer. Set CHAT_MODEL to a model that was trained for chat; "
            "its name often ends in Instruct or Chat."
        )


class ModelClosedError(FinetuneError):
    """The model was closed."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} answers no more: the program is ending. Start it again.")


class AdapterNotRegisteredError(FinetuneError):
    """The champion names an adapter that is not here."""

    code = "adapter_gone"

    def __init__(self, skill: str, adapter_sha256: str) -> None:
        self.skill = skill
        super().__init__(
            f"The adapter {adapter_sha256[:12]} of the skill {skill!r} is not registered on this machine. "
            "Questions of this skill are answered by other routes until it is."
        )


class RegistryTooNewError(FinetuneError):
    """An older program must not write into a newer one's database."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"finetune.db has version {found}, but this program reads up to {known}. Install the later program again, "
            "or set DATA_DIR to another folder."
        )


class RegistryUnusableError(FinetuneError):
    """The database of adapters is locked or damaged, or cannot be written; nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}. Nothing was changed.")


class AdapterChangedError(FinetuneError):
    """Nothing answers that nobody measured."""

    code = "adapter_changed"

    def __init__(self, skill: str, expected: str, found: str) -> None:
        self.skill = skill
        super().__init__(
            f"The adapter of the skill {skill!r} was changed: its hash is {found[:12]}, and {expected[:12]} was "
            "promoted. Put its files back from a copy, or tune the skill anew; until then other routes answer."
        )


class AdapterUnknownError(FinetuneError):
    """A hash, or its beginning, has to name one adapter."""

    code = "adapter_unknown"

    def __init__(self, sha256: str, known: Sequence[str]) -> None:
        self.sha256 = sha256
        self.known = ", ".join(known)
        listed = f"Known here: {', '.join(known)}." if known else "None is registered here."
        super().__init__(f"No single adapter has a hash that begins with {sha256!r}. {listed}")


class NothingToRollBackError(FinetuneError):
    """There is no champion to take back."""

    code = "nothing_to_roll_back"

    def __init__(self, skill: str, known: Sequence[str]) -> None:
        self.skill = skill
        self.known = ", ".join(known)
        listed = f"Skills with adapters: {', '.join(known)}." if known else "No skill has been tuned here."
        super().__init__(f"The skill {skill!r} has no champion, so there is nothing to roll back. {listed}")


class BaseTooEnglishError(FinetuneError):
    """An English model learns nothing from Chinese but noise."""

    code = "base_too_english"

    def __init__(self, base: str) -> None:
        self.base = base
        super().__init__(
            f"The examples hold Chinese, and the base {base} knows English only. Choose the base `embedded`, or `auto`."
        )


class NoMemoryError(FinetuneError):
    """Better refused than ended by the system in the middle, or the bot with it."""

    code = "no_memory"

    def __init__(self, needed_mb: int, free_mb: int) -> None:
        self.needed_mb = needed_mb
        self.free_mb = free_mb
        super().__init__(
            f"This training takes about {needed_mb:,} MB of memory, and {free_mb:,} MB are free. "
            "End other programs, or choose a smaller base."
        )


class NoDiskError(FinetuneError):
    """Checkpoints have to be kept, or a kill would lose the training."""

    code = "no_disk"

    def __init__(self, needed_mb: int, free_mb: int) -> None:
        self.needed_mb = needed_mb
        self.free_mb = free_mb
        super().__init__(
            f"This training takes about {needed_mb:,} MB on the disk, and {free_mb:,} MB are free. Free some, or set "
            "DATA_DIR to a folder on a larger disk."
        )


class OtherLabelsError(FinetuneError):
    """An adapter is measured on its own task alone."""

    code = "other_labels"

    def __init__(self, skill: str, unknown: Sequence[str]) -> None:
        self.skill = skill
        listed = f" These labels are not its own: {', '.join(unknown[:5])}." if unknown else ""
        super().__init__(f"The file's examples are not of the skill {skill!r}.{listed} Choose another file or adapter.")


class RunNotFoundError(FinetuneError):
    """It was cancelled, or prepared too long ago."""

    code = "run_not_found"

    def __init__(self) -> None:
        super().__init__("This training is not prepared any more. Upload the training set again.")


class TrainingFailedError(FinetuneError):
    """The log of the run has more than the reason."""

    _SAID: ClassVar[Mapping[FailureReason, str]] = {
        FailureReason.NO_MEMORY: "it ran out of memory. Free some, or choose a smaller base.",
        FailureReason.NO_DISK: "the disk is full. Free some; it goes on from its last checkpoint.",
        FailureReason.KILLED: (
            "the system ended it, most likely for want of memory. Free some, or choose a smaller base."
        ),
        FailureReason.UNEXPECTED: "training.log in its folder has the cause.",
    }

    def __init__(self, reason: FailureReason) -> None:
        self.reason = reason
        self.code = f"training_{reason}"
        super().__init__(f"The training failed: {self._SAID[reason]} The champion answers on as before.")


class DatasetError(FinetuneError):
    """Base of what makes a training file unusable as a whole. `code` names the sentence that a member reads."""

    code: ClassVar[str]


class DatasetTooLargeError(DatasetError):
    """Raised before anything is parsed."""

    code = "dataset_too_large"

    def __init__(self, name: str, size_mb: float, limit_mb: int) -> None:
        self.name = name
        self.size_mb = f"{size_mb:.1f}"
        self.limit_mb = limit_mb
        super().__init__(
            f"{name} has {size_mb:.1f} MB, and {limit_mb} MB are the most. "
            "Leave out fields that are not needed, or keep fewer examples."
        )


class DatasetEmptyError(DatasetError):
    """Nothing but white space."""

    code = "dataset_empty"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is empty. Write an example on each line.")


class DatasetNotTextError(DatasetError):
    """The file is a spreadsheet, an archive or another binary file."""

    code = "dataset_not_text"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is not a text file. Save it as JSONL, or as CSV in UTF-8.")


class BrokenArrayError(DatasetError):
    """What follows cannot be told apart, so nothing is guessed."""

    code = "dataset_broken_array"

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        super().__init__(
            f"The list in {name} cannot be read on from line {line}. Correct the JSON there, "
            "or write each example as an object on a line of its own, without brackets around all."
        )


class UnknownFormError(DatasetError):
    """Nothing in it is known as an example."""

    code = "dataset_unknown_form"

    def __init__(self, name: str, found: Sequence[str], known: Sequence[Sequence[str]]) -> None:
        """`found`: the fields of its first line. `known`: the fields of each form of example."""
        self.name = name
        self.found = ", ".join(found)
        self.known = "; ".join(" + ".join(form) for form in known)
        super().__init__(
            f"No line of {name} is an example: the first has the fields {self.found or '(none)'}, and known are "
            f"{self.known}. Rename the fields."
        )


class TooFewExamplesError(DatasetError):
    """Too few to learn from and to measure on."""

    code = "dataset_too_few"

    def __init__(self, name: str, count: int, minimum: int, problems: tuple[LineProblem, ...]) -> None:
        """`problems`: all lines that are left out; the first are told."""
        self.name = name
        self.count = count
        self.minimum = minimum
        self.problems = problems
        super().__init__(
            f"{name} has {count} usable examples, and {minimum} are the least. "
            + (f"{_first(problems)} Correct these lines, or add more." if problems else "Add more.")
        )


class MostlyProblemsError(DatasetError):
    """What is left would not be what its author meant."""

    code = "dataset_mostly_problems"

    def __init__(self, name: str, lines: int, problems: tuple[LineProblem, ...]) -> None:
        """`problems`: all lines that are left out; the first are told. `lines`: all that are not blank."""
        self.name = name
        self.lines = lines
        self.count = len(problems)
        self.problems = problems
        super().__init__(
            f"Of the {lines:,} lines of {name}, {self.count:,} cannot be used. {_first(problems)} "
            "Correct these lines, or take them out."
        )


class TooManyExamplesError(DatasetError):
    """Raised without reading to the end."""

    code = "dataset_too_many"

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        super().__init__(f"{name} is too long: {limit:,} examples are the most. Keep the best of them.")


class OneLabelError(DatasetError):
    """A model that always says the same would be right."""

    code = "dataset_one_label"

    def __init__(self, name: str, label: str) -> None:
        self.name = name
        self.label = label
        super().__init__(f"All examples of {name} have the label {label}. Add examples of at least one other.")


class TooManyLabelsError(DatasetError):
    """Rather free text than labels."""

    code = "dataset_too_many_labels"

    def __init__(self, name: str, count: int, limit: int) -> None:
        self.name = name
        self.count = count
        self.limit = limit
        super().__init__(
            f"{name} has {count:,} labels, and {limit} are the most. Join labels, "
            "or name the fields prompt and completion if the answers are free text."
        )


def _first(problems: Sequence[LineProblem], limit: int = 5) -> str:
    more = len(problems) - limit
    told = "; ".join(describe(problem) for problem in problems[:limit])
    return f"{told[0].upper()}{told[1:]}{f'; and {more:,} more' if more > 0 else ''}."
