"""What can go wrong with the local models and with what was tuned.

Edit the messages here, and draw each new error in this tree:

FinetuneError
├── PromptTooLongError         the question and its passages exceed the model's context
├── NoChatTemplateError        the model was not trained to hold a conversation
├── ModelClosedError           an answer was asked for while the bot ends
├── ModelNotLoadedError        llama.cpp cannot run a model's file
├── ModelCrashedError          llama.cpp's process ended, or hung, while it wrote an answer
├── AdapterNotRegisteredError  a champion's adapter is not on this machine
├── AdapterChangedError        its files are not those that were promoted
├── AdapterUnknownError        no adapter, or several, has that hash
├── NothingToRollBackError     the skill has no champion
├── AmbiguousGuildError        several guilds have the name that the terminal was given
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
    ├── OneLabelError          all examples have the same label
    └── TooManyLabelsError     there are too many labels to learn
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from finetune.types import FailureReason, LineProblem
from text.plurals import counted, fill

_PROBLEMS: Mapping[str, str] = {
    "broken_json": "isn't a complete JSON object: put each object on one line",
    "not_object": "is JSON, but not an object with named fields",
    "broken_csv": 'has a quotation mark that isn\'t closed properly: inside a cell, write it as ""',
    "too_many_cells": "has {cells:# cell|# cells} for {columns:# column|# columns}: "
    "put cells that contain the delimiter in quotation marks",
    "other_form": "has the fields {fields}, unlike the lines before it",
    "missing_field": "has no field {field}",
    "empty_field": "has an empty field {field}",
    "not_text": "has something other than text in the field {field}",
    "control_character": "has the control character {character} in the field {field}",
    "not_messages": "has no list of objects with role and content in the field messages; only JSON can hold one",
    "tool_calls": "has tool calls, which can't be trained on: leave them out",
    "wrong_roles": "has a conversation that doesn't end with a user message and an assistant message",
    "too_many_tokens": "has {tokens:# token|# tokens}; the limit for this base model is {limit}",
    "question_too_long": "has a question of {characters:# character|# characters}; the limit is {limit}",
    "text_too_long": "has {characters:# character|# characters} in the field {field}; the limit is {limit}",
    "too_many_turns": "has a conversation of {turns:# message|# messages}; the limit is {limit}",
    "label_too_long": "has a label of {characters:# character|# characters}; the limit is {limit}",
    "label_line_break": "has a line break in its label",
    "duplicate": "repeats line {first}",
    "contradiction": "asks the same as line {first}, but has another answer",
    "unknown_label": "describes the label {label}, but no example has it",
    "label_described_twice": "describes the label {label} again, after line {first}",
}

PROBLEM_CODES = frozenset(_PROBLEMS)
"""Every code that a LineProblem may have."""


def describe(problem: LineProblem) -> str:
    """Return a problem as an English sentence without its full stop, for the terminal: `line 7 repeats line 3`."""
    return f"line {problem.line} {fill(_PROBLEMS[problem.code], **dict(problem.figures))}"


class FinetuneError(Exception):
    """Is the base of this package's errors. Its message can be shown to an admin."""


class PromptTooLongError(FinetuneError):
    """Raised for a prompt that is longer than the model's context: nothing is cut silently."""

    def __init__(self, prompt_tokens: int, context_tokens: int) -> None:
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens
        super().__init__(
            f"The prompt has {counted(prompt_tokens, 'token')}; the model's limit is {context_tokens:,}. "
            "Shorten the question, or use fewer or shorter passages."
        )


class NoChatTemplateError(FinetuneError):
    """Raised for a model that only continues text."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} has no chat template, so it can't answer. Set CHAT_MODEL to a model trained for chat; "
            "its name often ends in Instruct or Chat."
        )


class ModelClosedError(FinetuneError):
    """Raised where a closed model is asked for an answer."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} no longer answers because the program is shutting down. Start it again.")


class ModelNotLoadedError(FinetuneError):
    """Raised where llama.cpp can't run a model's file."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(
            f"llama.cpp can't run {title}: {reason}. Check that the file is complete and the memory is enough, or set "
            "CHAT_MODEL to another model."
        )


class ModelCrashedError(FinetuneError):
    """Raised for an answer during which llama.cpp's process ended or hung; the bot itself is unharmed."""

    def __init__(self, title: str, reason: str) -> None:
        super().__init__(
            f"{title} failed while writing: {reason}. This answer is lost; the next question starts the model again."
        )


class AdapterNotRegisteredError(FinetuneError):
    """Raised where a champion's adapter is not on this machine."""

    code = "adapter_gone"

    def __init__(self, skill: str, adapter_sha256: str) -> None:
        self.skill = skill
        super().__init__(
            f"The adapter {adapter_sha256[:12]} of the skill {skill!r} isn't registered on this machine. "
            "Until it is, other routes answer its questions."
        )


class RegistryTooNewError(FinetuneError):
    """Raised where the database is a newer program's, into which this one must not write."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"finetune.db has version {found}, but this program reads up to {known}. Install the newer program again, "
            "or set DATA_DIR to another folder."
        )


class RegistryUnusableError(FinetuneError):
    """Raised where the database of adapters is locked, damaged or can't be written; nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}. Nothing was changed.")


class AdapterChangedError(FinetuneError):
    """Raised where an adapter's files are not those that were measured and promoted."""

    code = "adapter_changed"

    def __init__(self, skill: str, expected: str, found: str) -> None:
        self.skill = skill
        super().__init__(
            f"The adapter of the skill {skill!r} has changed: its hash is {found[:12]}, but {expected[:12]} was "
            "promoted. Restore its files from a copy, or tune the skill again; until then, other routes answer."
        )


class AdapterUnknownError(FinetuneError):
    """Raised where a hash, or its start, does not name exactly one adapter."""

    code = "adapter_unknown"

    def __init__(self, sha256: str, known: Sequence[str]) -> None:
        self.sha256 = sha256
        self.known = ", ".join(known)
        listed = f"Registered here: {', '.join(known)}." if known else "No adapter is registered here."
        super().__init__(f"No adapter has a hash that starts with {sha256!r}, or several do. {listed}")


class NothingToRollBackError(FinetuneError):
    """Raised where a skill has no champion to roll back."""

    code = "nothing_to_roll_back"

    def __init__(self, skill: str, known: Sequence[str]) -> None:
        self.skill = skill
        self.known = ", ".join(known)
        listed = f"Skills with adapters: {', '.join(known)}." if known else "No skill has been tuned here."
        super().__init__(f"The skill {skill!r} has no champion, so there is nothing to roll back. {listed}")


class AmbiguousGuildError(FinetuneError):
    """Raised in the terminal where several guilds have the given name."""

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__(f"{len(ids)} guilds are named {name!r}: give one of these ids: {', '.join(ids)}.")


class BaseTooEnglishError(FinetuneError):
    """Raised for Chinese examples on an English base, which would learn only noise."""

    code = "base_too_english"

    def __init__(self, base: str) -> None:
        self.base = base
        super().__init__(
            f"The examples contain Chinese, but the base {base} only knows English. Choose `embedded` or `auto`."
        )


class NoMemoryError(FinetuneError):
    """Raised before a training for which memory is missing: the system would kill it, or the bot with it."""

    code = "no_memory"

    def __init__(self, needed_mb: int, free_mb: int) -> None:
        self.needed_mb = needed_mb
        self.free_mb = free_mb
        super().__init__(
            f"This training needs about {needed_mb:,} MB of memory, but only {free_mb:,} MB are free. "
            "Close other programs, or choose a smaller base."
        )


class NoDiskError(FinetuneError):
    """Raised before a training whose checkpoints the disk has no room for."""

    code = "no_disk"

    def __init__(self, needed_mb: int, free_mb: int) -> None:
        self.needed_mb = needed_mb
        self.free_mb = free_mb
        super().__init__(
            f"This training needs about {needed_mb:,} MB of disk space, but only {free_mb:,} MB are free. "
            "Free some, or set DATA_DIR to a folder on a larger disk."
        )


class OtherLabelsError(FinetuneError):
    """Raised for examples of another task than the adapter's, on which it can't be measured."""

    code = "other_labels"

    def __init__(self, skill: str, unknown: Sequence[str]) -> None:
        self.skill = skill
        listed = f" Labels it doesn't have: {', '.join(unknown[:5])}." if unknown else ""
        super().__init__(
            f"The file's examples don't belong to the skill {skill!r}.{listed} Choose another file or adapter."
        )


class RunNotFoundError(FinetuneError):
    """Raised for a run that was cancelled, or prepared too long ago."""

    code = "run_not_found"

    def __init__(self) -> None:
        super().__init__("This training is no longer prepared. Upload the training set again.")


class TrainingFailedError(FinetuneError):
    """Raised where the training process ended without a result; the log of the run has the details."""

    _MESSAGES: ClassVar[Mapping[FailureReason, str]] = {
        FailureReason.NO_MEMORY: "it ran out of memory. Free some, or choose a smaller base.",
        FailureReason.NO_DISK: "the disk is full. Free some space; the training resumes from its last checkpoint.",
        FailureReason.KILLED: (
            "the system stopped it, most likely because memory ran out. Free some, or choose a smaller base."
        ),
        FailureReason.UNEXPECTED: "see training.log in its folder for the cause.",
    }

    def __init__(self, reason: FailureReason) -> None:
        self.reason = reason
        self.code = f"training_{reason}"
        super().__init__(f"The training failed: {self._MESSAGES[reason]} The champion stays in use.")


class DatasetError(FinetuneError):
    """Is the base of what makes a whole training file unusable. `code` names the sentence that a member reads."""

    code: ClassVar[str]


class DatasetTooLargeError(DatasetError):
    """Raised for a file with too many bytes, before anything is parsed."""

    code = "dataset_too_large"

    def __init__(self, name: str, size_mb: float, limit_mb: int) -> None:
        self.name = name
        self.size_mb = f"{size_mb:.1f}"
        self.limit_mb = limit_mb
        super().__init__(
            f"{name} has {size_mb:.1f} MB; the limit is {limit_mb} MB. "
            "Remove fields that aren't needed, or keep fewer examples."
        )


class DatasetEmptyError(DatasetError):
    """Raised for a file that holds nothing but white space."""

    code = "dataset_empty"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is empty. Write an example on each line.")


class DatasetNotTextError(DatasetError):
    """Raised for a spreadsheet, an archive or another binary file."""

    code = "dataset_not_text"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} isn't a text file. Save it as JSONL, or as CSV in UTF-8.")


class BrokenArrayError(DatasetError):
    """Raised for a JSON array that is broken: what follows can't be separated, so nothing is guessed."""

    code = "dataset_broken_array"

    def __init__(self, name: str, line: int) -> None:
        self.name = name
        self.line = line
        super().__init__(
            f"The list in {name} can't be read from line {line} on. Correct the JSON there, "
            "or put each example on its own line as an object, without brackets around them all."
        )


class UnknownFormError(DatasetError):
    """Raised for a file in which no line has the fields of an example."""

    code = "dataset_unknown_form"

    def __init__(self, name: str, found: Sequence[str], known: Sequence[Sequence[str]]) -> None:
        """Take the fields `found` in the first line, and those `known` of each form of example."""
        self.name = name
        self.found = ", ".join(found)
        self.known = "; ".join(" + ".join(form) for form in known)
        super().__init__(
            f"{name} has no known kind of example: the first line has the fields {self.found or '(none)'}; "
            f"known are {self.known}. Rename the fields."
        )


class TooFewExamplesError(DatasetError):
    """Raised for too few examples to learn from and to measure on."""

    code = "dataset_too_few"

    def __init__(self, name: str, count: int, minimum: int, problems: tuple[LineProblem, ...]) -> None:
        """Take the `problems` of all lines that are left out; the message names the first."""
        self.name = name
        self.count = count
        self.minimum = minimum
        self.problems = problems
        super().__init__(
            f"{name} has {counted(count, 'usable example')}; the minimum is {minimum}. "
            + (f"{_first_described(problems)} Correct these lines, or add more." if problems else "Add more.")
        )


class MostlyProblemsError(DatasetError):
    """Raised where more lines are left out than used: the rest would not be what its author meant."""

    code = "dataset_mostly_problems"

    def __init__(self, name: str, lines: int, problems: tuple[LineProblem, ...]) -> None:
        """Take the count of `lines` that are not blank, and the `problems` of those that are left out."""
        self.name = name
        self.lines = lines
        self.count = len(problems)
        self.problems = problems
        super().__init__(
            f"{self.count:,} of the {counted(lines, 'line')} in {name} can't be used. {_first_described(problems)} "
            "Correct or remove them."
        )


class TooManyExamplesError(DatasetError):
    """Raised for too many examples, without reading to the end."""

    code = "dataset_too_many"

    def __init__(self, name: str, limit: int) -> None:
        self.name = name
        self.limit = limit
        super().__init__(f"{name} is too long: the limit is {counted(limit, 'example')}. Keep the best ones.")


class OneLabelError(DatasetError):
    """Raised for a single label: a model that always answers the same would be right."""

    code = "dataset_one_label"

    def __init__(self, name: str, label: str) -> None:
        self.name = name
        self.label = label
        super().__init__(f"All examples in {name} have the label {label}. Add examples with at least one other label.")


class TooManyLabelsError(DatasetError):
    """Raised for so many labels that they are rather free text."""

    code = "dataset_too_many_labels"

    def __init__(self, name: str, count: int, limit: int) -> None:
        self.name = name
        self.count = count
        self.limit = limit
        super().__init__(
            f"{name} has {counted(count, 'label')}; the limit is {limit}. Merge some, "
            "or name the fields prompt and completion if the answers are free text."
        )


def _first_described(problems: Sequence[LineProblem], limit: int = 5) -> str:
    more = len(problems) - limit
    described = "; ".join(describe(problem) for problem in problems[:limit])
    return f"{described[0].upper()}{described[1:]}{f'; and {more:,} more' if more > 0 else ''}."
