"""Writes the sections of docs/benchmarks.md on faults: killed processes and hostile files."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.report.markdown import duration, is_measured, load, provenance, share, table


def crash_recovery() -> Iterable[str]:
    """Yield the section on a training that is killed again and again."""
    if not is_measured("kills"):
        return
    result = load("kills")
    figures = result["figures"]
    first = figures["the bot is killed before the first checkpoint"]
    yield "## Killed again and again\n"
    yield (
        "One training, driven in a real browser, with a checkpoint every 10 s. The bot is killed once before the first "
        f"checkpoint, and the training starts again from step {first['goes on from']}. Then the bot, or the trainer "
        "alone, is killed at random moments. After each kill a member asks the champion, which answers every time.\n"
    )
    yield from table(
        ("killed", "times", "last checkpoint → resumed from", "slowest answer of the champion, seconds"),
        (
            (
                who,
                len(kills),
                ", ".join(f"{kill['last checkpoint']}→{kill['goes on from']}" for kill in kills),
                max(kill["seconds to the champion's answer"] for kill in kills),
            )
            for who, kills in (
                ("bot", figures["the bot is killed after it"]),
                ("trainer", figures["the trainer is killed after it"]),
            )
            if kills
        ),
    )
    yield (
        f"At the end: {figures['adapters of the skill']} adapter of {figures['steps']} steps, "
        f"{figures['trainers left']} trainers left.\n"
    )
    yield provenance(result)


def hostile_files() -> Iterable[str]:
    """Yield the section on hostile files."""
    if not is_measured("hostile-files"):
        return
    result = load("hostile-files")
    figures = result["figures"]
    slowest = figures["slowest"]
    yield "## Hostile and broken files\n"
    yield (
        f"{figures['files']} files that the tests generate: bombs, truncated, endlessly nested, misnamed and encrypted "
        "files, and some that refer to files of the machine. Each is read and split like an upload, one after another. "
        f"{figures['ended as expected']} end as expected: ingested, or refused for the right reason. The slowest "
        f"({slowest['what']}) takes {slowest['seconds']:.1f} s; the limit is {figures['limit in seconds']} s. All "
        f"files together take {duration(figures['seconds in all'])}.\n"
    )
    yield from table(
        ("format", "files", "endings", "slowest"),
        (
            (
                name,
                found["files"],
                ", ".join(f"{ending} {count}" for ending, count in sorted(found["endings"].items())),
                f"{found['slowest, seconds']:.1f} s",
            )
            for name, found in figures["formats"].items()
        ),
    )
    yield provenance(result)


def hostile_inputs() -> Iterable[str]:
    """Yield the section on random and damaged inputs; nothing where they were not measured."""
    if not is_measured("hostile_inputs"):
        return
    result = load("hostile_inputs")
    figures = result["figures"]
    memory, loop = figures["peak memory, MB"], figures["event loop"]
    yield "## Random and damaged inputs\n"
    yield (
        f"{figures['inputs']:,} inputs from a seeded generator: questions, training sets, answers to show, ids of "
        f"pressed buttons, and damaged files. {len(figures['unhandled'])} raised an error that nothing handles. The "
        f"event loop paused for {loop['longest ms']:.0f} ms at most; {figures['pauses above the limit']} pauses were "
        f"above 250 ms. The bot's process needed {memory['bot']:,} MB, the largest child "
        f"{memory['largest child']:,} MB.\n"
    )
    yield from table(
        ("input", "endings", "slowest"),
        (
            (
                kind,
                ", ".join(f"{ending} {count}" for ending, count in sorted(found.items(), key=lambda each: -each[1])),
                f"{figures['slowest, seconds'][kind]:.1f} s",
            )
            for kind, found in figures["endings"].items()
        ),
    )
    yield provenance(result)


def reported_cases() -> Iterable[str]:
    """Yield the section on cases that users of such tools reported; nothing where they were not measured."""
    if not is_measured("reported_cases"):
        return
    result = load("reported_cases")
    figures = result["figures"]
    yield "## Reported cases\n"
    yield (
        f"{figures['cases']} small inputs, each made after a fault that users of such tools reported publicly. At "
        f"commit {figures['commit before']} all of them went wrong. Now {share(figures['right'])} of them come out "
        "right. Files are read by the product, questions are searched for with its default models, and what happens "
        "on Discord and in trainings is checked by tests.\n"
    )
    yield from table(
        ("kind", "cases", "right before", "right now"),
        ((kind, found["cases"], found["right before"], found["right"]) for kind, found in figures["kinds"].items()),
    )
    own = figures["own inputs"]
    inputs, before = (sum(row[key] for row in own) for key in ("inputs before the mending", "right before"))
    yield (
        f"{inputs} further inputs of the same kinds were written before the mending; {before} were right at that "
        "commit. They became tests, to which others were added:\n"
    )
    yield from table(
        ("kind", "inputs", "right before", "tests now", "pass"),
        (
            (
                row["kind"],
                row["inputs before the mending"],
                row["right before"],
                row["tests"],
                row["tests that pass"],
            )
            for row in own
        ),
    )
    yield provenance(result)


def real_files() -> Iterable[str]:
    """Yield the section on the files that packages bring; nothing where they were not measured."""
    if not is_measured("real_files"):
        return
    result = load("real_files")
    figures = result["figures"]
    yield "## Real files\n"
    yield (
        f"{figures['files']} files that {len(figures['packages'])} installed Python packages, source packages and "
        "Debian documentation packages bring, drawn by chance, at most "
        f"{figures['most files of a package and format']} of a package and format (15 for Office). Each is read and "
        f"split like an upload. {figures['unhandled exceptions']} raised an error that nothing handles, "
        f"{figures['garbled passages']} of {figures['passages']:,} passages look garbled, and no file took more than "
        f"{figures['limit in seconds of processor time']} s unless it says so. Seconds are processor time. What was "
        "lost in 40 of them is listed in [real-files.md](real-files.md).\n"
    )
    yield from table(
        ("format", "files", "endings", "median", "95th percentile", "longest", "left out and told"),
        (
            (
                name,
                found["files"],
                ", ".join(f"{ending} {count}" for ending, count in found["endings"].items()),
                *(
                    f"{found[f'processor seconds, {which}']:.1f} s"
                    for which in ("median", "95th percentile", "longest")
                ),
                ", ".join(f"{kind} {count}" for kind, count in found["left out"].items()),
            )
            for name, found in figures["formats"].items()
            if found["files"]
        ),
    )
    packages = ", ".join(f"{name} ({count})" for name, count in figures["packages"].items())
    yield f"Packages, with their versions and how many of their files: {packages}.\n"
    yield provenance(result)
