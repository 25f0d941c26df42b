"""A cell's value as its sheet shows it, near enough to be searched for. Knows no sheet."""

from __future__ import annotations

import datetime as dt
import re

_CURRENCY = re.compile(r"\[\$([^\]\-]{1,4})|\\?\"?([£€¥$])(?![^\[]*\])")
_DECIMALS = re.compile(r"0\.(0+)")


def cell_text(value: object, number_format: str) -> str:
    """Percentages, currencies, dates and times in words; other formats are left out."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", timespec="minutes")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="minutes")
    return str(value).strip()


def _number(value: float, number_format: str) -> str:
    shown = number_format[:100].partition(";")[0]
    found = _DECIMALS.search(shown)
    if "%" in shown:
        return f"{value:.{len(found[1]) if found else 0}%}"
    currency = _CURRENCY.search(shown)
    if currency is None:
        return f"{value:.10g}" if isinstance(value, float) else str(value)
    symbol = (currency[1] or currency[2]).strip('"')
    figure = f"{value:,.{len(found[1]) if found else 0}f}"
    return f"{symbol}{figure}" if len(symbol) == 1 else f"{symbol} {figure}"
