"""Writes the sections of docs/benchmarks.md on what each part of the reader is worth, and on quoting beside writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmarks.report.markdown import Figures, MeasuredResult, difference, is_measured, load, provenance, share, table

_ABLATION, _ALONE = "ablation", "reading_alone"
_HALVES = {"development": "The development half", "report": "The reported half", "all": "Both halves"}
_SHARES = ("right", "contradictions", "refused though answerable", "answered though not there")
_LANGUAGES = {"en": "English", "zh": "Chinese"}


def ablation() -> Iterable[str]:
    """Yield the section on the arms; nothing where they were not measured."""
    if is_measured(_ABLATION):
        yield from ablation_section(load(_ABLATION))


def reading_alone() -> Iterable[str]:
    """Yield the section on the writers beside quoting; nothing where that was not measured."""
    if is_measured(_ALONE):
        yield from alone_section(load(_ALONE))


def ablation_section(result: MeasuredResult) -> Iterable[str]:
    """Yield the section on these arms."""
    figures = result["figures"]
    arms: Mapping[str, Mapping[str, Figures]] = figures["arms"]
    yield "## What each part of the reader is worth\n"
    yield (
        "The questions on the handbook, asked of the whole pipeline with ever more of what the reader does. *Against "
        "the row before*: the paired difference of right answers to the arm before it with the same writer. *From "
        "documents*: how the answers from documents came by their words. The development half was looked at while all "
        f"this was built. The reader is {figures['reader']}.\n"
    )
    yield "\n".join(f"- **{name}**: {meaning}." for name, meaning in figures["meanings"].items()) + "\n"
    writers = dict.fromkeys(writer for each in arms.values() for writer in each)
    cells = [(arm, writer, arms[arm][writer]) for writer in writers for arm in arms if writer in arms[arm]]
    for half, title in _HALVES.items():
        measured = [(arm, writer, found[half]) for arm, writer, found in cells if half in found]
        if not measured:
            continue
        yield f"{title}, {measured[0][2]['questions']} questions:\n"
        yield from table(
            ("arm", "writer", *_SHARES, "right, against the row before", "from documents", "seconds, p50"),
            (
                (
                    arm,
                    f"`{writer}`",
                    *(share(each[name]) for name in _SHARES),
                    "" if each["right, less than before"] is None else difference(each["right, less than before"]),
                    ", ".join(f"{count} {form}" for form, count in each["from documents"].items()),
                    each["seconds"]["p50"],
                )
                for arm, writer, each in measured
            ),
        )
    for group in ("right by kind", "right by language"):
        for writer in writers:
            own = [(arm, found["all"][group]) for arm, name, found in cells if name == writer]
            members = dict.fromkeys(member for _, found in own for member in found)
            yield from table(
                (f"{group}, `{writer}`", *(arm for arm, _ in own)),
                ((member, *(share(found[member]) for _, found in own)) for member in members),
            )
    unread = figures["probability without the reader"]
    if unread is not None:
        yield (
            "The probability without the reader was fitted on the same searches as the one that ships, with a "
            f"threshold of {unread['threshold']:.2f}. Its regression within one language:\n"
        )
        fitted = unread["same_language"]
        names = ("figure", "mean", "scale", "weight")
        columns = (fitted["reads"], fitted["means"], fitted["scales"], fitted["weights"])
        yield from table(names, zip(*columns, strict=True))
    yield provenance(result)


def alone_section(result: MeasuredResult) -> Iterable[str]:
    """Yield the section on these writers and quoting."""
    counts, found = result["figures"]["questions in each language"], result["figures"]["alone"]
    yield "## Quoting and writing, each alone\n"
    yield (
        f"{counts['en']} English and {counts['zh']} Chinese questions of xquad, each with its gold passage and one "
        "other of the same article; no search and no decision. *Quoting* is the quotation that the reader alone "
        "gives. A longer answer more easily contains the gold. They were not asked in turn, so their times are "
        "compared in “The writers alone” rather than here.\n"
    )
    for lang, title in _LANGUAGES.items():
        yield from table(
            (title, "contains the gold", "against quoting", "whole answer, seconds: median (p95)", "median length"),
            (
                (
                    f"`{name}`",
                    share(each[lang]["contains the gold"]),
                    difference(each[lang]["contains the gold, less than quoting"]) if name != "quoting" else "",
                    f"{each[lang]['whole answer, seconds']['p50']} ({each[lang]['whole answer, seconds']['p95']})",
                    f"{each[lang]['median length in characters']:.0f}",
                )
                for name, each in found.items()
            ),
        )
    yield provenance(result)
