"""Writes the section of docs/benchmarks.md on checked questions over a handbook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmarks.harness.results import RESULTS
from benchmarks.report.markdown import Figures, MeasuredResult, load, provenance, share, table

_NAME = "handbook_answers"
_SHARES = ("right", "contradictions", "refused though answerable", "answered though not there", "gold was read")
_GROUPS = ("right by split", "right by language", "right by kind")


def handbook_answers() -> Iterable[str]:
    """Yield the section on every set, split and chat model that was measured."""
    return section({path.stem: load(path.stem) for path in sorted(RESULTS.glob(f"{_NAME}*.json"))})


def section(results: Mapping[str, MeasuredResult]) -> Iterable[str]:
    """Yield the section on these results, by their names; nothing where there are none."""
    if not results:
        return
    yield "## Answers on a handbook\n"
    yield (
        "Questions of our own in fifteen kinds, asked of the whole pipeline (benchmarks/datasets/handbook_answers). "
        "Phrases decide what is right: an answer must hold what its question asks for, and nothing that only a wrong "
        "answer holds (*contradictions*). Where the documents hold nothing, a refusal is right; where they hold a "
        "part, the answer has to name what is missing. The results have the text of each answer.\n"
    )
    found = [result["figures"] for result in results.values()]
    names = [name.removeprefix(_NAME).lstrip("_") or "handbook" for name in results]
    yield from table(
        ("", *names),
        (
            ("chat model", *(each["chat model"] for each in found)),
            ("questions", *(each["questions"] for each in found)),
            *((figure, *(share(each[figure]) for each in found)) for figure in _SHARES),
            ("seconds, p50 (p95)", *(f"{each['seconds']['p50']} ({each['seconds']['p95']})" for each in found)),
            ("seconds to the first word, p50", *(each["seconds"]["first word p50"] for each in found)),
            ("cores that other processes used", *(each["cores that others used"] for each in found)),
        ),
    )
    for group in _GROUPS:
        members = dict.fromkeys(member for each in found for member in each[group])
        yield from table(
            (group, *names), ((member, *(_share(each, group, member) for each in found)) for member in members)
        )
    for name, each in zip(names, found, strict=True):
        if each["contradicting answers"]:
            yield f"Answers that contradict the documents, {name}:\n"
            yield from table(
                ("question", "answer", "P(passages hold it)"),
                (
                    (row["question"], " ".join(row["answer"].split()), row["passages hold the answer"])
                    for row in each["contradicting answers"]
                ),
            )
    for result in results.values():
        yield provenance(result)


def _share(figures: Figures, group: str, member: str) -> str:
    return share(figures[group][member]) if member in figures[group] else ""
