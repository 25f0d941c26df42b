"""Writes the sections of docs/benchmarks.md on the reader and on the check of written answers."""

from __future__ import annotations

import json
from collections.abc import Iterable

from benchmarks.harness.results import ROOT
from benchmarks.report.markdown import is_measured, load, provenance, share, table

_RECORD = ROOT / "knowledge" / "models" / "reader.json"
_CHECKED = "falsified"


def reader() -> Iterable[str]:
    """Yield what the reader finds in articles that it was not trained on."""
    record = json.loads(_RECORD.read_text("utf-8"))
    yield "## The reader\n"
    yield (
        "The encoder that reads passages before an answer (docs/reader.md), on articles of its training sets that were "
        f"kept apart; trained on {sum(record['trained on']['examples'].values()):,} examples. *Sentence*: the share in "
        "which the chosen sentence holds the answer. *Answerable*: the area under the ROC curve. *Relation*: the share "
        "of supported, contradicted and neither told right. *Made*: examples of our own, made by rule.\n"
    )
    yield from table(("figure", "value"), ((name, f"{value:.3f}") for name, value in record["development"].items()))
    yield provenance({"figures": record["development"], "provenance": record["provenance"]})


def falsified() -> Iterable[str]:
    """Yield how many false and true answers the check after writing stops; nothing where it was not measured."""
    if not is_measured(_CHECKED):
        return
    result = load(_CHECKED)
    figures = result["figures"]
    yield "## The check of what was written\n"
    yield (
        "Answers made of XQuAD's passages by rule: true ones in three wordings, and the same with a number, a negation "
        "or a name falsified. The share that the check stops, so that a passage is quoted instead.\n"
    )
    kinds = ("all", "en", "zh", "number", "negation", "name")
    yield from table(
        ("", *kinds),
        (
            (f"{name} answers", *(share(figures[name][kind]) if kind in figures[name] else "" for kind in kinds))
            for name in ("false", "true")
        ),
    )
    yield provenance(result)
