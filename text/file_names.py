"""Makes a safe name to show and store from the name that a file was sent with. Edit it for forbidden characters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from text.normalization import normalized

MAX_NAME_CHARS = 100
_MOST_FOLDERS = 8
"""The folders that a name may take on to differ from another."""
_MOST_RAW_CHARS = 4 * MAX_NAME_CHARS
"""The characters of a name that are looked at; some of them may vanish."""
_MOST_SUFFIX_CHARS = 10

# Markdown, mentions, and what Windows and Discord treat specially. An underscore inside a name is harmless.
_UNSAFE = re.compile(r"[*`~|<>\[\]()\\:\"?@#$^{}!;&%=+']+")


def safe_name(raw: str) -> str:
    """Return the last part of `raw` without control, invisible and Markdown characters; never empty, never a path."""
    name = normalized("NFC", _shortened(re.split(r"[/\\]", raw)[-1]))
    name = "".join(" " if char.isspace() else char for char in name)
    name = "".join(char for char in name if not unicodedata.category(char).startswith("C"))
    name = re.sub(r"[\s]+", " ", _UNSAFE.sub("-", name)).strip(" .-_")
    if len(name) > MAX_NAME_CHARS:
        stem, dot, suffix = name.rpartition(".")
        suffix = dot + suffix if dot and len(suffix) < _MOST_SUFFIX_CHARS else ""
        name = (stem if suffix else name)[: MAX_NAME_CHARS - len(suffix)].rstrip(" .-_") + suffix
    return name or "document"


def distinct_names(paths: Sequence[str]) -> list[str]:
    """Return a safe name for each path; equal ones get as many of their folders as needed, or a number."""
    parts = [_last_parts(path) for path in paths]
    depths = [1] * len(paths)
    while growing := [at for at in _repeated(_names_at_depth(parts, depths)) if depths[at] < len(parts[at])]:
        for at in growing:
            depths[at] += 1
    names = _names_at_depth(parts, depths)
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for at, name in enumerate(names):
        stem, suffix = _split_suffix(name)
        while names[at] in taken:
            numbers[name] += 1
            names[at] = f"{stem} {numbers[name] + 1}{suffix}"
        taken.add(names[at])
    return names


def _last_parts(path: str) -> list[str]:
    """Return the file's name with the folders above it that may become a part of it, outermost first."""
    found = (part for part in reversed(re.split(r"[/\\]", path)) if part.strip(" ."))
    return [*map(_shortened, islice(found, _MOST_FOLDERS + 1))][::-1] or [_shortened(path)]


def _shortened(name: str) -> str:
    """Return the beginning and the end of a name that is too long, so that its suffix stays."""
    if len(name) <= _MOST_RAW_CHARS:
        return name
    return name[: _MOST_RAW_CHARS - _MOST_SUFFIX_CHARS] + name[-_MOST_SUFFIX_CHARS:]


def _names_at_depth(parts: Sequence[Sequence[str]], depths: Sequence[int]) -> list[str]:
    return [safe_name("-".join(own[-depth:])) for own, depth in zip(parts, depths, strict=True)]


def _repeated(names: Sequence[str]) -> list[int]:
    counts = Counter(names)
    return [at for at, name in enumerate(names) if counts[name] > 1]


def _split_suffix(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")
