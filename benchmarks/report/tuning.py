"""Writes the sections of docs/benchmarks.md on what tuning gains."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.harness.results import RESULTS
from benchmarks.report.markdown import difference, is_measured, load, provenance, share, table


def classification() -> Iterable[str]:
    """Yield the section on a tuned label skill, beside what costs less."""
    names = sorted(path.stem for path in RESULTS.glob("tuning_*.json"))
    if not names:
        return
    yield "## A tuned label skill\n"
    yield (
        "Right labels on test questions of which none was trained on. *Untuned* and *tuned* say nothing but a label, "
        "token by token; *similar examples* are the nearest to the question by e5, shown as turns before it. All learn "
        "from the examples that the adapter was trained on, but the last two also from those that its run held out. "
        "Each question goes to all of them in turn. *Tuned less*: paired by question.\n"
    )
    for name in names:
        result = load(name)
        figures, run = result["figures"], result["figures"]["the run"]
        ways = figures["right labels"]
        alike = [way for way in ways if not way.endswith("all examples")]
        best = max(alike, key=lambda way: ways[way]["share"])
        yield f"### {name.removeprefix('tuning_')}\n"
        yield (
            f"{figures['base']}, {figures['labels']} labels, {figures['examples trained on']} examples, "
            f"{figures['test questions']} questions. From the same examples, {best} is right most often.\n"
        )
        yield from table(
            ("", "right", "tuned less", "seconds a question, median (p95)"),
            (
                (
                    way,
                    share(found),
                    difference(figures["tuned less the other"][way]) if way != "tuned" else "",
                    f"{found['seconds']['p50']} ({found['seconds']['p95']})",
                )
                for way, found in ways.items()
            ),
        )
        yield (
            f"The run's own judgement, on {figures['examples held out']} held-out examples: untuned "
            f"{run['held out, untuned']:.2f}, tuned {run['held out, tuned']:.2f}, gain {difference(run['gain'])}, "
            f"{'promoted' if run['promoted'] else 'not promoted'}.\n"
        )
        yield provenance(result)


def facts_and_skill() -> Iterable[str]:
    """Yield the section on the same small model taught facts, and taught a skill."""
    if not is_measured("facts_and_skill"):
        return
    result = load("facts_and_skill")
    figures, skill = result["figures"], result["figures"]["a skill"]
    taught = figures["taught facts"]
    yield "## Facts or a skill\n"
    yield (
        f"The codes of {figures['facts']} invented devices, trained into {figures['base']}, against the product's "
        f"search with {taught['retrieval']['chat model']} reading the best two passages. *General*: "
        f"{figures['general questions']} questions of common knowledge, none replayed. *Loss rises*: nats a "
        "token on other general answers; the gate lets 0.25 pass.\n"
    )
    yield from table(
        (
            "facts",
            "steps",
            "seconds to train",
            "trained words",
            "other words",
            "general",
            "loss rises",
            "passes the gate",
        ),
        (
            (
                name,
                found.get("steps", "–"),
                found.get("seconds to train", "–"),
                share(found["trained words"]),
                share(found["other words"]),
                share(found["general"]) if "general" in found else "–",
                f"{found['rise of the loss on general answers']:+.2f}" if "steps" in found else "–",
                ("yes" if found["would pass the gate"] else "no") if "steps" in found else "–",
            )
            for name, found in taught.items()
        ),
    )
    yield (
        f"Documents are taken in within {taught['retrieval']['seconds to take the documents in']} s, and a changed "
        "code is a changed document; a tuned one is another training.\n"
    )
    yield (
        f"The skill: who of {skill['labels']} people sees to a message, learnt from {skill['examples']} messages in "
        f"{skill['steps']} steps ({skill['seconds to train']} s), asked of {skill['questions']} others.\n"
    )
    yield from table(
        ("skill", "right", "tuned less", "seconds a question, median (p95)"),
        (
            (
                name,
                share(found),
                difference(skill["tuned less the other"][name]) if name != "tuned" else "",
                f"{found['seconds']['p50']} ({found['seconds']['p95']})",
            )
            for name, found in skill["right labels"].items()
        ),
    )
    yield provenance(result)
