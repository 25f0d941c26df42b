"""Puts numbers into sentences with the right form of the noun. Edit it for a language with more than two forms."""

from __future__ import annotations

import string


class _Formatter(string.Formatter):
    """Reads `|` in a format specification as a choice between the singular and the plural."""

    def format_field(self, value: object, format_spec: str) -> str:
        one, choice, other = format_spec.partition("|")
        if not choice:
            return str(super().format_field(value, format_spec))
        shown = str(value)
        return (one if shown.strip("*") == "1" else other).replace("#", shown)


_FORMATTER = _Formatter()


def fill(sentence: str, **values: object) -> str:
    """Return `sentence` with `values` in its braces: `{count:# file|# files}` becomes `1 file` or `3 files`.

    The form follows the number as it is shown, so `1` is singular and `0`, `1.0` and `<1` are plural.
    """
    return _FORMATTER.vformat(sentence, (), values)


def counted(count: int, one: str, other: str | None = None) -> str:
    """Return `count` with its noun, for the terminal; the plural is `one` with an s unless `other` is given."""
    return f"{count:,} {one if count == 1 else other or one + 's'}"
