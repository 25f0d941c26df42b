"""Puts docs/benchmarks.md together from what the benchmarks left in benchmarks/results.

Each result has a section, here or in the module of its subject. The tables are made from its figures, and nothing in
the page is typed by hand but the sentences that say what was done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from benchmarks.harness.results import ROOT
from benchmarks.report import confidence, faults, quality, speed, tuning
from benchmarks.report.markdown import Figures, load, provenance, share, table

RATINGS = ROOT / "benchmarks" / "datasets" / "human_ratings"
PAGE = ROOT / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Made by `python -m benchmarks.report` from `benchmarks/results/`; each section names the command that measured it.
Shares stand with their 95 % interval (Wilson). Times are of small shared machines:
compare them within one section only.
"""


def page() -> str:
    """Return the whole page."""
    sections = (
        speed.first_start(),
        _community(),
        quality.answer_quality(),
        quality.retrieval(),
        quality.conversations(),
        quality.routes(),
        quality.agent_mode(),
        quality.same_question(),
        quality.contradictions(),
        tuning.classification(),
        tuning.facts_and_skill(),
        speed.training_speed(),
        speed.latency_during_training(),
        faults.crash_recovery(),
        faults.hostile_files(),
        speed.ingestion_speed(),
        speed.index_size(),
        speed.event_loop(),
        speed.concurrent_questions(),
        speed.counterfactual(),
        _question_kinds(),
        confidence.calibration(),
        confidence.confidence(),
    )
    return "\n".join([_HEAD, *(line for section in sections for line in section)])


def _community() -> Iterable[str]:
    result = load("community")
    figures, read = result["figures"], json.loads((RATINGS / "community.json").read_text("utf-8"))
    yield "## A real community's questions\n"
    yield (
        f"{figures['documents']} documents of the Python Discord and discord.py (MIT), {figures['chunks']} passages, "
        f"taken in within {figures['seconds to ingest']:.0f} s; the {figures['questions']} headings of discord.py's "
        "FAQ are the questions, and the text below each heading is the gold document. Nothing was tuned on them. The "
        f"default models. A gold document is among the first five: {share(figures['R@5'])}.\n"
    )
    rows = [(row, _reading(read, row)) for row in figures["asked"]]
    held = {verdict: sum(own == verdict for _, own in rows) for verdict in ("yes", "partly", "no")}
    yield (
        f"A person read each answer beside its gold document: it holds the fact in {held['yes']}, a part of it in "
        f"{held['partly']}, and not in {held['no']} of {len(rows)}.\n"
    )
    yield from table(
        ("question", "route", "P(passages hold it)", "gold's rank", "holds the fact", "seconds"),
        (
            (
                row["question"],
                row["route"],
                f"{row['passages hold the answer']:.2f}",
                row["rank of gold"] or "above 5",
                verdict,
                f"{row['seconds']:.1f}",
            )
            for row, verdict in rows
        ),
    )
    yield provenance(result)


def _question_kinds() -> Iterable[str]:
    yield "## What a question asks for\n"
    yield (
        "The classifier of question kinds, on questions of our own whose families were held out "
        "(benchmarks/datasets/question_kinds).\n"
    )
    for name in ("question_kinds_embedding", "question_kinds_embedding-en"):
        result = load(name)
        held_out = result["figures"]["held out"]
        kinds = sorted(next(iter(held_out.values()))["recall by kind"])
        yield from table(
            ("language", "questions", "right", *(f"recall, {kind}" for kind in kinds)),
            (
                (
                    language,
                    found["questions"],
                    share({"share": found["accuracy"], "interval": found["interval"]}),
                    *(f"{found['recall by kind'][kind]:.2f}" for kind in kinds),
                )
                for language, found in held_out.items()
            ),
        )
        yield provenance(result)


def _reading(read: dict[str, dict[str, str]], row: Figures) -> str:
    """The verdict on this very answer: one on other words counts for nothing."""
    found = read.get(row["question"])
    digest = hashlib.sha256(row["answer"].encode()).hexdigest()[:12]
    return found["holds the fact"] if found is not None and found["answer_sha256"] == digest else "not read yet"
