"""Writes the sections of docs/benchmarks.md on the probability that the passages hold the answer."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.report.markdown import Figures, is_measured, load, provenance, share, table

ORIGINS = ("gold", "neighbour", "left out", "looks answered", "off corpus")


def calibration() -> Iterable[str]:
    """Yield the section on how the probability was fitted, and how it does on held-out titles."""
    yield "## Whether the passages hold the answer\n"
    yield (
        "The calibrated probability, evaluated on titles that it was not fitted on. *Neighbour*: the question's "
        "document is in another guild, and this one often holds the rest of its article. *Left out*: the pages that "
        "answer it are left out. *Looks answered*: about what the pages tell, and not in them. *Off corpus*: a general "
        "question.\n"
    )
    for name in ("calibration_embedding", "calibration_embedding-en", "calibration_any"):
        result = load(name)
        figures = result["figures"]
        across = figures["across languages"]["judged on"]
        judged = (
            figures["judged on"]
            | {f"{name}, about pages in the other": found for name, found in across.items()}
            | {f"invented community, {name}": found for name, found in figures["in an invented community"].items()}
        )
        yield from table(
            (
                "language",
                "searches",
                "ROC area",
                "best cosine alone",
                *(f"answered, {origin}" for origin in ORIGINS),
            ),
            (
                (
                    language,
                    found["searches"],
                    f"{found['ROC area']:.3f}",
                    f"{found['ROC area, best cosine alone']:.3f}",
                    *(share(found["answered"][origin]) if origin in found["answered"] else "–" for origin in ORIGINS),
                )
                for language, found in judged.items()
            ),
        )
        for language, found in judged.items():
            bins = "; ".join(f"{each['said']:.2f} → {each['was']:.2f}" for each in found["reliability"])
            yield f"Reliability, {language} (predicted → actual): {bins}.\n"
        yield f"Below {figures['threshold']:.2f} the bot refuses.\n"
        yield provenance(result)


def confidence() -> Iterable[str]:
    """Yield the section on how accurate the probability is on data that it was not fitted on."""
    if not is_measured("confidence"):
        return
    result = load("confidence")
    figures = result["figures"]
    held, alike = figures["leave gold out"], figures["looks answered"]
    yield "## How accurate the probability is\n"
    yield (
        "The shipped calibration on sets on which nothing was fitted. ROC area: of two searches, one that holds the "
        "answer and one that does not, how often the first gets the higher probability. *Alone*: the same for one raw "
        "figure. Calibration error: the mean distance between the predicted and the actual share, over ten bins. "
        "Intervals resample articles.\n"
    )
    yield (
        "xquad: each question is asked once where its gold document is present, and once where it is left out but the "
        "other documents of the same article are present.\n"
    )
    yield from _areas(held)
    yield "![Predicted and actual shares by language, and the count of each probability](pictures/confidence.png)\n"
    yield (
        "Questions that look answered but are not, against answered ones about the same passages, all in one guild. "
        "*Fitted anew*: the same features, fitted on other titles of the same set; not shipped. In Chinese it was "
        f"fitted on half of squad2's titles ({alike['zh']['titles']} titles are reported on). In English each of the "
        f"{alike['en']['titles']} articles of squad that have such questions was reported on in turn (the shipped "
        "calibration was fitted on their answered questions).\n"
    )
    yield from _areas(
        {
            f"{language}, {fitting}": alike[language][fitting]
            for language in alike
            for fitting in ("shipped", "fitted anew")
        }
    )
    yield "The held-out titles of the development sets, and general questions that no guild answers.\n"
    yield from table(
        ("", "searches", "calibration error", "Brier score", "predicted → actual (of)"),
        (
            (
                name,
                found["examples"],
                f"{found['expected calibration error']:.3f}",
                f"{found['Brier score']:.3f}",
                "; ".join(f"{each['said']:.2f} → {each['was']:.2f} ({each['of']})" for each in found["reliability"]),
            )
            for name, found in figures["said and was"].items()
        ),
    )
    yield provenance(result)


def _areas(rows: dict[str, Figures]) -> Iterable[str]:
    alone = [name for name in next(iter(rows.values()))["ROC area"] if name != "probability"]
    yield from table(
        (
            "",
            "searches",
            "ROC area",
            *(f"{name} alone" for name in alone),
            "minus best BM25",
            "minus best cosine",
            "calibration error",
            "Brier score",
        ),
        (
            (
                name,
                found["examples"],
                _area(found["ROC area"]["probability"]),
                *(f"{found['ROC area'][each]['share']:.3f}" for each in alone),
                *(_less(found["probability less the other"][each]) for each in ("best BM25", "best cosine")),
                f"{found['expected calibration error']:.3f}",
                f"{found['Brier score']:.3f}",
            )
            for name, found in rows.items()
        ),
    )


def _area(found: Figures) -> str:
    low, high = found["interval"]
    return f"{found['share']:.3f} ({low:.3f}–{high:.3f})"


def _less(found: Figures) -> str:
    low, high = found["interval"]
    return f"{found['difference']:+.3f} ({low:+.3f} to {high:+.3f})"
