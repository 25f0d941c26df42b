"""Makes up facts and messages that no model can have read; the facts are drawn by a seed.

messages.jsonl: what the members of an allotment garden write, and who of five people sees to it. The labels are their
names, which say nothing of what each one does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.datasets.question_sets import Doc
from benchmarks.datasets.rows import LabelledRow, read_rows
from finetune.types import Example

_MESSAGES = Path(__file__).parent / "messages.jsonl"
_SEED = 23
_ONSETS = ("v", "tr", "m", "kl", "s", "dr", "h", "br", "p", "z")
_VOWELS = ("a", "e", "i", "o", "u")
_ENDS = ("lmar", "ntok", "rvik", "ssel", "dune", "xor", "mbry", "ltan", "gor", "prel")
_KINDS = ("pump", "kiln", "loom", "lathe", "winch", "press")
_TOWNS = ("Orrin", "Maresby", "Tolvik", "Hexley", "Sandrun")
_GENERAL = (
    ("What is the capital of France?", ("Paris",)),
    ("What is the capital of Japan?", ("Tokyo",)),
    ("How many days are there in a week?", ("seven", "7")),
    ("How many months are there in a year?", ("twelve", "12")),
    ("What is the opposite of hot?", ("cold", "cool")),
    ("What is two plus two?", ("four", "4")),
    ("Who wrote Romeo and Juliet?", ("Shakespeare",)),
    ("Which is the largest ocean on Earth?", ("Pacific",)),
    ("What is frozen water called?", ("ice",)),
    ("What colour is grass?", ("green",)),
    ("Which language is spoken in Brazil?", ("Portuguese",)),
    ("Which planet do we live on?", ("Earth",)),
)

TRAINED_WORDS = "What is the restart code of the {device}?"
OTHER_TRAINED_WORDS = (
    "Which code restarts the {device}?",
    "How do I restart the {device}?",
    "The {device} has stopped. What do I type in?",
)
NEVER_TRAINED_WORDS = (
    "My {device} won't start again; which code does it need?",
    "Tell me the code that gets the {device} running.",
)


class _MessageRow(LabelledRow):
    part: str


@dataclass(frozen=True)
class Fact:
    """The restart code of a made-up device."""

    device: str
    code: str
    town: str
    weeks: int

    @property
    def answer(self) -> str:
        """The sentence that a model is taught to say."""
        return f"The restart code of the {self.device} is {self.code}."

    def document(self, number: int) -> Doc:
        """Return a sheet that states the code among other things."""
        text = (
            f"The {self.device} is made in {self.town}. It is serviced every {self.weeks} weeks. After a power cut it "
            f"stands still until somebody types in its restart code, which is {self.code}. The cover stays shut while "
            "it runs."
        )
        return Doc(f"sheet-{number}", "en", f"The {self.device}", text)


def facts(count: int) -> list[Fact]:
    """Return so many devices, each with its own name and code."""
    chance = random.Random(_SEED)
    names = [f"{onset}{vowel}{end}".capitalize() for onset in _ONSETS for vowel in _VOWELS for end in _ENDS]
    codes = chance.sample(range(1000, 10000), count)
    return [
        Fact(
            f"{name} {chance.choice(_KINDS)}",
            f"{chance.choice('ABCEFGHK')}-{code}",
            chance.choice(_TOWNS),
            chance.randint(2, 40),
        )
        for name, code in zip(chance.sample(names, count), codes, strict=True)
    ]


def taught(known: Sequence[Fact], phrasings: Sequence[str]) -> list[Example]:
    """Return each fact asked in each phrasing, with its answer."""
    return [
        Example((("user", words.format(device=fact.device)),), fact.answer, number)
        for number, fact in enumerate(known, start=1)
        for words in phrasings
    ]


def general() -> Sequence[tuple[str, tuple[str, ...]]]:
    """Return questions that a small untuned model answers, each with what the answer must hold; none is trained on."""
    return _GENERAL


def messages(part: str) -> list[Example]:
    """Return the messages to train on (`train`) or to ask (`test`), each with its label."""
    return [
        Example((("user", row.question),), row.label, number)
        for number, row in enumerate(read_rows(_MESSAGES, _MessageRow), start=1)
        if row.part == part
    ]
