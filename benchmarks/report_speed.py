"""The sections of docs/benchmarks.md on time, memory and disk."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.markdown import duration, is_measured, load, provenance, table


def first_start() -> Iterable[str]:
    """Both commands of the first screen."""
    result = load("first_start")
    figures = result["figures"]
    yield "## On a bare machine\n"
    yield "A clone with nothing installed or cached. A question is asked as soon as the page is there.\n"
    names = ("make run, the first time", "make run, again")
    yield from table(
        ("", "page after", "first answer after", "peak memory"),
        (
            (
                f"`make run`, {name.partition(', ')[2]}",
                duration(figures[name]["seconds to the page"]),
                duration(figures[name]["seconds to an answer"]),
                f"{figures[name]['peak memory in MB']:,} MB",
            )
            for name in names
        ),
    )
    test, disk = figures["make test"], figures["disk in MB"]
    yield f"`make test` after that: {test['minutes']} minutes, {test['tests passed']} tests."
    yield "Disk: " + ", ".join(f"{name} {size:,} MB" for name, size in disk.items()) + ".\n"
    yield provenance(result)


def event_loop() -> Iterable[str]:
    """How long the bot does not answer Discord's gateway."""
    if not is_measured("event_loop"):
        return
    result = load("event_loop")
    yield "## The event loop\n"
    yield (
        "How late a task is woken that wants to be every 5 ms, in the loop of the bot and the simulated Discord: idle, "
        "and while 183 documents are taken in and four questions answered. Medians of three runs.\n"
    )
    yield from table(
        ("", "seconds", "p99", "p99.9", "longest"),
        (
            (
                phase,
                f"{found['seconds']:.0f}",
                f"{found['p99 ms']} ms",
                f"{found['p99.9 ms']} ms",
                f"{found['longest ms']} ms",
            )
            for phase, found in result["figures"]["median of three"].items()
        ),
    )
    yield provenance(result)


def crowd() -> Iterable[str]:
    """Many questions at once."""
    if not is_measured("crowd"):
        return
    result = load("crowd")
    figures = result["figures"]
    acknowledged = figures["acknowledged, seconds"]
    yield "## Twenty questions at once\n"
    yield (
        f"Ten members ask two questions each in five channels. {figures['answered']} of {figures['questions']} are "
        f"answered, {figures['conversations in order']} members read their answers in the order of their questions; "
        f"acknowledged after {acknowledged['median']} s (median; slowest {acknowledged['slowest']} s), the last answer "
        f"after {figures['seconds to the last answer']} s.\n"
    )
    yield provenance(result)


def counterfactual() -> Iterable[str]:
    """What the search for the smallest turning change costs."""
    if not is_measured("counterfactual"):
        return
    result = load("counterfactual")
    yield "## What would have turned a decision\n"
    yield "The time that it takes to find the smallest change that turns a decision, over random signals.\n"
    yield from table(
        ("", "decisions", "median", "p95", "p99"),
        (
            (name, found["decisions"], f"{found['median_ms']} ms", f"{found['p95_ms']} ms", f"{found['p99_ms']} ms")
            for name, found in result["figures"].items()
        ),
    )
    yield provenance(result)
