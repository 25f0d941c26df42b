"""Writes the section that compares the pinned chat models as writers."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.report.markdown import Figures, is_measured, load, provenance, share, table

_RESULT = "writers_xquad_en_zh"
_LANGUAGES = {"en": "English", "zh": "Chinese"}


def writers() -> Iterable[str]:
    """Yield the section on the writers alone: what they get right, how fast, and what they take of the machine."""
    if not is_measured(_RESULT):
        return
    result = load(_RESULT)
    figures = result["figures"]["writers"]
    counts = result["figures"]["questions in each language"]
    yield "## The writers alone\n"
    yield (
        f"{counts['en']} English and {counts['zh']} Chinese questions of xquad, each with its gold passage and one "
        "other of the same article. All writers answer a question before the next one is asked, so other work slows "
        "them alike. *Times as long*: the median of the ratios to the first writer, question by question.\n"
    )
    names = list(figures)
    yield from table(
        ("", *(f"`{name}`" for name in names)),
        (
            *(
                (f"contains the gold, {title}", *(share(figures[name][lang]["contains the gold"]) for name in names))
                for lang, title in _LANGUAGES.items()
            ),
            *(
                (f"{what}, {title}: median (p95)", *(_seconds(figures[name][lang][what]) for name in names))
                for what in ("first word, seconds", "whole answer, seconds")
                for lang, title in _LANGUAGES.items()
            ),
            *(
                (what, *(figures[name]["against the first"][what] for name in names))
                for what in ("first word, times as long", "whole answer, times as long")
            ),
            *((what, *(f"{figures[name][what]:,}" for name in names)) for what in ("peak memory in MB", "disk in MB")),
        ),
    )
    yield provenance(result)


def _seconds(found: Figures) -> str:
    return f"{found['p50']} ({found['p95']})"
