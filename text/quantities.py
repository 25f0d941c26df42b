"""Finds the quantities in a sentence, normalised however they are written: times, dates, days and numbers.

Edit it to recognise another way of writing a quantity.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
"""Number words from two on: "one" is seldom a quantity."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YEAR = "january february march april may june july august september october november december"
_NUMBER_WORDS, _MONTHS = _NUMBERS.split(), _YEAR.split()
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "兩": 2, "〇": 0}
_ZH_DAYS = "一二三四五六日"
_MEASURE = "天日周週月年点點时時分秒元块塊个個人次小条條本页頁岁歲名位层層号號级級米把"

_QUANTITY = re.compile(
    rf"""
    (?P<iso>\d{{4}}-\d{{1,2}}-\d{{1,2}})
    | (?P<clock>(?<!\d)\d{{1,2}}[:：]\d{{2}})(?:\s?(?P<half>[ap])\.?m\b)?
    | (?P<hour>(?<![\d.:])\d{{1,2}})\s?(?P<part>[ap])\.?m\b
    | (?P<number>(?<![A-Za-z_\d.])\d+(?:[.,]\d+)*)
    | \b(?P<word>(?ai:{"|".join(_NUMBER_WORDS)}))\b
    | \b(?P<day>(?ai:{"|".join(_DAYS)}))s?\b
    | \b(?P<month>(?ai:{"|".join(month for month in _MONTHS if month not in {"may", "march"})}))\b
    | (?:周|週|星期|礼拜|禮拜)(?P<zh_day>[一二三四五六日天])
    | (?<![零〇一二三四五六七八九十百两兩])(?P<zh_number>[零〇一二三四五六七八九十百两兩]+)(?=[{_MEASURE}])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?:(?P<h>[一二三四五六七八九两兩])百零?)?(?:(?P<t>[一二三四五六七八九]?)十)?(?P<o>[零〇一二三四五六七八九两兩]?)"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Holds one quantity in a text."""

    kind: str
    """`time`, `date`, `day`, `month` or `number`: only quantities of one kind can contradict each other."""
    value: str
    """Equal if the same is meant: "6 pm" and "18:00", "ten" and "10"."""


def quantities_in(text: str) -> tuple[tuple[Quantity, ...], str]:
    """Return the quantities in `text`, in order, and the text without them."""
    found = tuple(_quantity(each) for each in _QUANTITY.finditer(text))
    return found, _QUANTITY.sub(" ", text)


def _quantity(found: re.Match[str]) -> Quantity:
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    name = next(name for name in _READ if name in groups)
    kind, read = _READ[name]
    return Quantity(kind, read(groups))


def _time(groups: dict[str, str]) -> str:
    hours, _, minutes = groups.get("clock", groups.get("hour", "")).replace("：", ":").partition(":")
    half = groups.get("half", groups.get("part", "")).casefold()
    hour = int(hours) % 12 + (12 if half == "p" else 0) if half else int(hours)
    return f"{hour}:{minutes or '00'}"


def _chinese(sign: str) -> str:
    """Return a Chinese number up to 999 in digits; any other sign unchanged."""
    found = _CHINESE.fullmatch(sign)
    if found is None:
        return sign
    tens = 0 if found["t"] is None else _DIGITS.get(found["t"], 1)
    return str(100 * _DIGITS.get(found["h"] or "零", 0) + 10 * tens + _DIGITS.get(found["o"] or "零", 0))


_READ: dict[str, tuple[str, Callable[[dict[str, str]], str]]] = {
    "iso": ("date", lambda groups: "-".join(part.zfill(2) for part in groups["iso"].split("-"))),
    "clock": ("time", _time),
    "hour": ("time", _time),
    "day": ("day", lambda groups: str(_DAYS.index(groups["day"].casefold()))),
    "zh_day": ("day", lambda groups: str(_ZH_DAYS.index(groups["zh_day"].replace("天", "日")))),
    "month": ("month", lambda groups: str(_MONTHS.index(groups["month"].casefold()))),
    "word": ("number", lambda groups: str(_NUMBER_WORDS.index(groups["word"].casefold()) + 2)),
    "zh_number": ("number", lambda groups: _chinese(groups["zh_number"])),
    "number": ("number", lambda groups: re.sub(r",(?=\d{3}(?!\d))", "", groups["number"])),
}
"""By the name of its group: the kind of a quantity, and how its normalised value is read."""
