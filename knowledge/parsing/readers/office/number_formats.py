"""Writes a number as its format in a sheet shows it: `00471`, `1,200.00 €`, `40 kg`, `(1,200)`.

Edit it for a further sign of number formats. Dates are shown by `excel.cell_text`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

_LONGEST_FORMAT = 250
_MOST_DIGITS = 30
_CONTEXT = Context(prec=400)
"""Enough for the largest number that a sheet can have."""
_SECTION_END = re.compile(r'(?:"[^"]*"?|\\.|\[[^\]]*\]?|[^;"\\\[])*')
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]\-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<exponent>E[+-]0+)|(?P<digits>[0#?][0#?,]*(?:\.[0#?]*)?,*|\.[0#?]+)|(?P<percent>%)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(frozen=True, slots=True)
class _Section:
    """Holds a part of a format: its literals and its places for digits, in order."""

    tokens: tuple[tuple[str, str], ...]
    """Each a kind, `text`, `digits`, `general` or `exponent`, and what stands there."""
    condition: tuple[str, float] | None
    percents: int


def number_text(value: float, number_format: str) -> str | None:
    """Return a number as its format shows it; None if the format hides it."""
    if number_format in {"General", "@", ""}:
        return general(value)
    sections = _sections(number_format[:_LONGEST_FORMAT])
    section, is_negative = _section_for(value, sections)
    if not section.tokens:
        return None
    try:
        return _written(abs(value) if is_negative else value, section)
    except InvalidOperation:  # More digits than any sheet shows, or infinity.
        return general(value)


def hides_text(number_format: str) -> bool:
    """Return whether a format hides text, as `;;;` does."""
    sections = _sections(number_format[:_LONGEST_FORMAT]) if number_format.count(";") > 2 else ()
    return len(sections) > 3 and not sections[3].tokens


def general(value: float) -> str:
    """Return a number without a format."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


@lru_cache(maxsize=1000)
def _sections(number_format: str) -> tuple[_Section, ...]:
    found: list[_Section] = []
    at = 0
    while True:
        match = _SECTION_END.match(number_format, at)
        end = at if match is None else match.end()
        found.append(_section(number_format[at:end]))
        if end >= len(number_format):
            return tuple(found)
        at = end + 1


def _section(text: str) -> _Section:
    tokens: list[tuple[str, str]] = []
    condition: tuple[str, float] | None = None
    percents = 0
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup, match[0]
        match kind:
            case "quoted" | "escaped" | "other":
                tokens.append(("text", match[kind]))
            case "currency":
                name = match["currency"]
                tokens.append(("text", f"{name} " if len(name) > 1 else name))
            case "bracket":
                if named := _CONDITION.fullmatch(match["bracket"]):
                    condition = named[1], float(named[2])
            case "percent":
                percents += 1
                tokens.append(("text", "%"))
            case "general" | "exponent" | "digits":
                tokens.append((kind, found))
            case _:
                tokens.append(("text", " "))
    return _Section(tuple(tokens), condition, percents)


def _section_for(value: float, sections: tuple[_Section, ...]) -> tuple[_Section, bool]:
    """Return the section for a number, and whether its sign is left to the section."""
    if any(section.condition is not None for section in sections):
        for section in sections:
            if section.condition is None or _COMPARISONS[section.condition[0]](value, section.condition[1]):
                return section, False
        return sections[-1], False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _written(value: float, section: _Section) -> str:
    kinds = [kind for kind, _ in section.tokens]
    pattern = "".join(text for kind, text in section.tokens if kind == "digits")
    texts = [text for kind, text in section.tokens if kind == "text"]
    if "digits" in kinds and "/" in texts:  # A fraction, which is easier to read as a decimal number.
        return general(value)
    sign = "-" if value < 0 else ""
    scaled = abs(Decimal(repr(value))) * 100**section.percents
    if "exponent" in kinds:
        digits = _scientific(scaled, pattern, section.tokens[kinds.index("exponent")][1])
    elif "digits" in kinds:
        digits = _fixed(scaled, pattern)
    else:
        digits = general(abs(value))
    shown = "".join(_placed(section.tokens, digits))
    is_empty = "digits" not in kinds and "general" not in kinds
    return " ".join(shown.split()) if is_empty else " ".join(f"{sign}{shown.strip()}".split())


def _placed(tokens: tuple[tuple[str, str], ...], digits: str) -> list[str]:
    """Return the texts of a section with the digits in their places, filled from the right."""
    places = [at for at, (kind, _) in enumerate(tokens) if kind in {"digits", "general"}]
    out = [text if kind == "text" else "" for kind, text in tokens]
    for at in reversed(places[1:]):
        length = len(tokens[at][1])
        out[at], digits = digits[-length:], digits[:-length]
    if places:
        out[places[0]] = digits
    return out


def _fixed(value: Decimal, pattern: str) -> str:
    whole, _, decimals = pattern.partition(".")
    scale = len(pattern) - len(pattern.rstrip(","))
    whole, decimals = whole.rstrip(",") if not decimals else whole, decimals.rstrip(",")
    most, least = min(len(decimals), _MOST_DIGITS), decimals.count("0")
    rounded = (value / 1000**scale).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP, _CONTEXT)
    text = f"{rounded:,.{most}f}" if "," in whole else f"{rounded:.{most}f}"
    before, _, after = text.partition(".")
    before = "" if before == "0" and "0" not in whole else before
    after = after[:least] + after[least:].rstrip("0")
    return f"{before.zfill(min(whole.count('0'), _MOST_DIGITS))}{'.' if after else ''}{after}"


def _scientific(value: Decimal, pattern: str, exponent: str) -> str:
    decimals = len(pattern.partition(".")[2])
    mantissa, _, power = f"{value:.{min(decimals, _MOST_DIGITS)}E}".partition("E")
    sign = "-" if power.startswith("-") else "+" if "+" in exponent else ""
    return f"{mantissa}E{sign}{power.lstrip('+-').lstrip('0').zfill(min(exponent.count('0'), _MOST_DIGITS))}"
