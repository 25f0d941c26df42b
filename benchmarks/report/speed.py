"""Writes the sections of docs/benchmarks.md on time, memory and disk."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.harness.results import RESULTS
from benchmarks.report.markdown import duration, is_measured, load, provenance, table


def first_start() -> Iterable[str]:
    """Yield the section on the two commands at the start of the README."""
    result = load("first_start")
    figures = result["figures"]
    yield "## On a bare machine\n"
    yield "A fresh clone with nothing installed or cached. A question is asked as soon as the page has loaded.\n"
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
    """Yield the section on how long the event loop is blocked."""
    if not is_measured("event_loop"):
        return
    result = load("event_loop")
    yield "## The event loop\n"
    yield (
        "How late a task wakes that should wake every 5 ms, in the loop of the bot and the simulated Discord: idle, "
        "and while 183 documents are ingested and four questions answered. Medians of three runs.\n"
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


def latency_during_training() -> Iterable[str]:
    """Yield the section on answers during training."""
    if not is_measured("while_training"):
        return
    result = load("while_training")
    figures = result["figures"]
    lags = figures["event loop during it"]
    yield "## Answers during training\n"
    yield (
        f"{figures['questions']} questions about a tuned skill and the example handbook, asked one by one while the "
        "bot is idle, and again while it trains the larger base. Seconds from the question to the last edit of its "
        "answer. The explanation's own figures cover the answer alone, as recorded in the decision log.\n"
    )
    stated = figures["as the explanation states it"]
    # An answer names the route as members read it, the explanation's figures by the route's own name.
    stated["tuned model"] = stated.pop("specialist")
    yield from table(
        ("route", "answers", "median (p95)", "as explained", "during training", "ratio of medians"),
        (
            (
                route,
                found["answers"],
                f"{found['p50']} ({found['p95']})",
                f"{stated[route]['p50']} ({stated[route]['p95']})" if stated.get(route) else "–",
                f"{beside['p50']} ({beside['p95']})" if (beside := figures["during a training"].get(route)) else "–",
                figures["times as long, at the median"].get(route, "–"),
            )
            for route, found in figures["alone"].items()
        ),
    )
    yield (
        f"Delay of the event loop during training: p99.9 {lags['p99.9 ms']} ms, longest {lags['longest ms']} ms of "
        f"{lags['beats']:,} beats.\n"
    )
    yield provenance(result)


def concurrent_questions() -> Iterable[str]:
    """Yield the section on many questions at once."""
    if not is_measured("crowd"):
        return
    result = load("crowd")
    figures = result["figures"]
    acknowledged = figures["acknowledged, seconds"]
    yield "## Twenty questions at once\n"
    yield (
        f"Ten members ask two questions each in five channels. {figures['answered']} of {figures['questions']} are "
        f"answered, and {figures['conversations in order']} members get their answers in the order of their questions. "
        f"A question is acknowledged after {acknowledged['median']} s (median; slowest {acknowledged['slowest']} s), "
        f"and the last answer is complete after {figures['seconds to the last answer']} s.\n"
    )
    yield provenance(result)


def counterfactual() -> Iterable[str]:
    """Yield the section on the cost of finding the smallest change that changes a decision."""
    if not is_measured("counterfactual"):
        return
    result = load("counterfactual")
    yield "## What would have changed a decision\n"
    yield "The time to find the smallest change of a signal that changes the decision, over random signals.\n"
    yield from table(
        ("", "decisions", "median", "p95", "p99"),
        (
            (name, found["decisions"], f"{found['median_ms']} ms", f"{found['p95_ms']} ms", f"{found['p99_ms']} ms")
            for name, found in result["figures"].items()
        ),
    )
    yield provenance(result)


def training_speed() -> Iterable[str]:
    """Yield the section on the speed of training, compared with other trainers."""
    names = sorted(path.stem for path in RESULTS.glob("tuning_*.json"))
    if not names:
        return
    yield "## Training\n"
    yield (
        "Three trainers run on the same examples in turn, each in its own process: ours (which computes the vocabulary "
        "for the completions alone and makes a checkpoint every 30 s), transformers' Trainer and TRL's SFTTrainer with "
        "fp32 weights, bf16 arithmetic, eager attention (the fastest here), batches of 8 examples of similar length, "
        "losses of the completions alone and no gradient checkpointing. Tokens exclude padding and are counted from "
        "the first pass to the last step; the fastest round of each trainer is shown. The time of the whole training "
        "is extrapolated from one step.\n"
    )
    for name in names:
        result = load(name)
        figures = result["figures"]
        run, measured = figures["the run"], figures["speed"]
        yield f"### {name.removeprefix('tuning_')}\n"
        ways = {way: found for way, found in measured.items() if isinstance(found, dict)}
        yield from table(
            ("", "tokens/s", "by round", "seconds a step", "peak memory", "whole training", "loss, last steps"),
            (
                (
                    way,
                    found["tokens a second"],
                    ", ".join(map(str, found["tokens a second, by round"])),
                    found["seconds a step"],
                    f"{found['peak memory in MB']:,} MB",
                    f"{found['minutes of a whole training, extrapolated']:.1f} min",
                    found["loss, last ten steps"],
                )
                for way, found in ways.items()
            ),
        )
        yield (
            f"The actual run of {run['steps']} steps took {run['minutes']:.1f} min, {run['tokens a second']} "
            f"tokens/s, {run['peak memory in MB']:,} MB.\n"
        )
        yield provenance(result)


def ingestion_speed() -> Iterable[str]:
    """Yield the section on what ingestion costs on top of the embedding, and what a change costs."""
    if not is_measured("ingestion"):
        return
    result = load("ingestion")
    figures = result["figures"]
    together, alone, changed = figures["together"], figures["one by one"], figures["changed"]
    yield "## Ingestion\n"
    yield (
        f"{together['documents']:,} short documents ({together['chunks']:,} passages, half of them below "
        f"{together['characters, median']:.0f} characters) are ingested in batches. After each batch the same texts "
        "are embedded again in the same calls with nothing else. Other processes used "
        f"{figures['cores that others used']} cores meanwhile.\n"
    )
    yield from table(
        (
            "",
            "documents",
            "whole",
            "embedding alone",
            "whole / embedding",
            "by group, median (from–to)",
            "whole / its own embedding calls",
        ),
        (
            (
                name,
                f"{found['documents']:,}",
                duration(found["seconds"]),
                duration(found["seconds of the embedding alone"]),
                found["whole over embedding"],
                f"{found['by group, median']} ({found['by group, from']}–{found['by group, to']})",
                found["whole over its own embedding"],
            )
            for name, found in (("in batches", together), ("one by one", alone))
        ),
    )
    yield f"{changed['documents']} documents of ten paragraphs, ingested again:\n"
    names = ("first", "one paragraph changed in each", "nothing changed")
    yield from table(
        ("", "seconds", "passages embedded", "passages reused"),
        (
            (name, changed[name]["seconds"], changed[name]["chunks embedded"], changed[name]["chunks reused"])
            for name in names
        ),
    )
    yield provenance(result)


def index_size() -> Iterable[str]:
    """Yield the section on searches and removals as a guild grows."""
    if not is_measured("index_size"):
        return
    measured = [load(name) for name in ("index_size", "index_size_large") if is_measured(name)]
    sizes = {name: found for each in measured for name, found in each["figures"].items() if name.endswith("chunks")}
    yield "## As a server grows\n"
    yield (
        "A synthetic guild with clustered vectors and words distributed by Zipf's law. Searches exclude the embedding "
        "of the question, and are run by readers who may read all, half and 2 % of the passages. Processor time is "
        "that of the bot and Chroma together.\n"
    )
    yield from table(
        ("passages", "may read", "p50", "p95", "processor time", "cores used by others"),
        (
            (
                name.removesuffix(" chunks"),
                reader,
                f"{each['p50 ms']} ms",
                f"{each['p95 ms']} ms",
                f"{each['processor ms, here'] + each['processor ms, server']:.1f} ms",
                found["cores that others used"],
            )
            for name, found in sizes.items()
            for reader, each in found["searches"].items()
        ),
    )
    yield "A document of ten passages is removed, and its words are purged from the file:\n"
    yield from table(
        ("passages", "no longer found after", "purged from the file after", "longest wait of another writer"),
        (
            (
                name.removesuffix(" chunks"),
                f"{found['removal']['ms until it is found no more']} ms",
                f"{found['removal']['s until it is gone from the file']} s",
                f"{found['removal']['ms that another writer waits meanwhile, at most']} ms",
            )
            for name, found in sizes.items()
        ),
    )
    kinds = list(next(iter(sizes.values()))["space"])
    growth = measured[0]["figures"]["growth a chunk, in kB"]
    yield from table(
        ("passages", *kinds),
        (
            *((name.removesuffix(" chunks"), *found["space"].values()) for name, found in sizes.items()),
            ("growth, kB a passage", *growth.values()),
        ),
    )
    yield from map(provenance, measured)
