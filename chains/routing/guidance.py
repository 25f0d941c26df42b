"""The rules of the article that the bot applies, read from guidance.toml: their ids and their wording.

The article is "RAG vs. 微调 - 提升性能的选择之道" ("RAG vs. fine-tuning: the choice that improves
performance"), chapter 10 of a series, 2023. Its rules are restated in our own words in guidance.toml; edit this file
only when a rule gets another field.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from chains.errors import GuidanceInvalid
from chains.types import Language


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds one numbered rule, in our own words."""

    id: str
    section: str
    signals: tuple[str, ...]
    """The signals that it reads; empty for a definition (D1 to D3)."""
    moves: dict[str, str]
    """Route to `up`, `down` or `either`: the direction that the article gives."""
    _title: tuple[tuple[Language, str], ...]
    _wording: tuple[tuple[Language, str], ...]

    def title(self, language: Language) -> str:
        """Return the title, two to six words."""
        return dict(self._title)[language]

    def wording(self, language: Language) -> str:
        """Return the rule itself, one or two sentences."""
        return dict(self._wording)[language]


@dataclass(frozen=True, slots=True)
class Guidance:
    """Holds all rules by their ids."""

    rules: dict[str, Rule]

    def __getitem__(self, rule_id: str) -> Rule:
        return self.rules[rule_id]


def load_guidance() -> Guidance:
    """Read the rules that ship with the package.

    Raises:
        GuidanceInvalid: an id occurs twice, or a rule lacks one of the languages.
    """
    entries = tomllib.loads(resources.files("chains.routing").joinpath("guidance.toml").read_text("utf-8"))["rule"]
    rules: dict[str, Rule] = {}
    for entry in entries:
        rule_id = entry["id"]
        if rule_id in rules:
            raise GuidanceInvalid(f"guidance.toml has two rules {rule_id!r}")
        missing = [lang for lang in Language for part in ("title", "wording") if not entry.get(part, {}).get(lang)]
        if missing:
            raise GuidanceInvalid(f"guidance.toml: rule {rule_id!r} has no text in {', '.join(missing)}")
        rules[rule_id] = Rule(
            id=rule_id,
            section=entry["section"],
            signals=tuple(entry.get("signals", ())),
            moves=dict(entry.get("moves", {})),
            _title=tuple((lang, entry["title"][lang]) for lang in Language),
            _wording=tuple((lang, entry["wording"][lang]) for lang in Language),
        )
    return Guidance(rules)
