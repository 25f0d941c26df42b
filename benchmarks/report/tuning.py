"""Writes the sections of docs/benchmarks.md on what tuning gains."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.harness.results import RESULTS
from benchmarks.report.markdown import Figures, difference, is_measured, load, provenance, share, table


def likeness() -> Iterable[str]:
    """What a tuned model is given, and what is kept from it."""
    names = sorted(path.stem for path in RESULTS.glob("likeness_*.json"))
    if not names:
        return
    yield "## What is like a tuned model's training questions\n"
    yield (
        "Three skills' own questions, on none of which they were trained, and others: the shares whose likeness "
        "reaches the threshold, which opens the tuned model. The threshold was fitted on these questions: it is the "
        "highest at which .95 of the skills' own still reach it. Another community's requests are hard to tell "
        "from requests here, as banking77 shows for the help desk.\n"
    )
    for name in names:
        result = load(name)
        figures = dict(result["figures"])
        yield f"{name.removeprefix('likeness_')}: threshold {figures.pop('threshold')}.\n"
        rows = ((skill, source, each) for skill, found in figures.items() for source, each in _asked(found))
        yield from table(
            ("skill", "asked", "questions", "given to the tuned model"),
            ((skill, source, each["questions"], share(each["taken"])) for skill, source, each in rows),
        )
        yield provenance(result)


def _asked(found: Figures) -> Iterable[tuple[str, Figures]]:
    yield "its own kind", found["own kind"]
    yield from found["others"].items()


def classification() -> Iterable[str]:
    """Yield the section on a tuned label skill, compared with cheaper methods."""
    names = sorted(path.stem for path in RESULTS.glob("tuning_*.json"))
    if not names:
        return
    yield "## A tuned label skill\n"
    yield (
        "The share of right labels on test questions, none of which was trained on. *Untuned* and *tuned* can generate "
        "nothing but a label, token by token. *Similar examples* are those nearest to the question by e5, shown as "
        "turns before it. All methods learn from the examples that the adapter was trained on; the last two also learn "
        "from those that its run held out. Each question goes to all methods in turn. *Tuned minus*: paired by "
        "question.\n"
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
            f"{figures['test questions']} questions. With the same examples, {best} is right most often.\n"
        )
        yield from table(
            ("", "right", "tuned minus", "seconds a question, median (p95)"),
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
            f"The run's own evaluation, on {figures['examples held out']} held-out examples: untuned "
            f"{run['held out, untuned']:.2f}, tuned {run['held out, tuned']:.2f}, gain {difference(run['gain'])}, "
            f"{'promoted' if run['promoted'] else 'not promoted'}.\n"
        )
        yield provenance(result)


def facts_and_skill() -> Iterable[str]:
    """Yield the section on teaching the same small model facts and a skill."""
    if not is_measured("facts_and_skill"):
        return
    result = load("facts_and_skill")
    figures, skill = result["figures"], result["figures"]["a skill"]
    taught = figures["taught facts"]
    yield "## Facts or a skill\n"
    yield (
        f"{figures['base']} is trained on the codes of {figures['facts']} invented devices and compared with the "
        f"product's search, where {taught['retrieval']['chat model']} reads the best two passages. *General*: "
        f"{figures['general questions']} questions of common knowledge, none of them replayed. *Loss rises*: nats a "
        "token on other general answers; the gate allows 0.25.\n"
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
        f"The documents are ingested in {taught['retrieval']['seconds to take the documents in']} s. With retrieval a "
        "changed code only needs a changed document; with tuning it needs another training.\n"
    )
    yield (
        f"The skill: which of {skill['labels']} people handles a message, learnt from {skill['examples']} messages in "
        f"{skill['steps']} steps ({skill['seconds to train']} s) and tested on {skill['questions']} others.\n"
    )
    yield from table(
        ("skill", "right", "tuned minus", "seconds a question, median (p95)"),
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
