"""Writes the sections of docs/benchmarks.md on the probability that the passages hold the answer."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.report.markdown import Figures, is_measured, load, provenance, share, table


def calibration() -> Iterable[str]:
    """Yield the section on how the probability was fitted, and how it fares on held-out titles."""
    yield "## Whether the passages hold the answer\n"
    yield (
        "The calibrated probability, judged on titles that it was not fitted on. *Neighbour*: the question's document "
        "is in another guild, and this one often holds the rest of its article. *Off corpus*: a general question.\n"
    )
    for name in ("calibration_embedding", "calibration_embedding-en", "calibration_any"):
        result = load(name)
        figures = result["figures"]
        across = figures["across languages"]["judged on"]
        judged = figures["judged on"] | {f"{name}, of pages in the other": found for name, found in across.items()}
        yield from table(
            (
                "language",
                "searches",
                "ROC area",
                "best cosine alone",
                "answered, gold",
                "answered, neighbour",
                "answered, off corpus",
            ),
            (
                (
                    language,
                    found["searches"],
                    f"{found['ROC area']:.3f}",
                    f"{found['ROC area, best cosine alone']:.3f}",
                    *(
                        share(found["answered"][origin]) if origin in found["answered"] else "–"
                        for origin in ("gold", "neighbour", "off corpus")
                    ),
                )
                for language, found in judged.items()
            ),
        )
        for language, found in judged.items():
            bins = "; ".join(f"{each['said']:.2f} → {each['was']:.2f}" for each in found["reliability"])
            yield f"Reliability, {language} (said → was): {bins}.\n"
        yield f"Below {figures['threshold']:.2f} the bot refuses.\n"
        yield provenance(result)


def confidence() -> Iterable[str]:
    """Yield the section on how true the probability is, on what it was not fitted on."""
    if not is_measured("confidence"):
        return
    result = load("confidence")
    figures = result["figures"]
    held, alike = figures["leave gold out"], figures["looks answered"]
    yield "## How true the probability is\n"
    yield (
        "The shipped calibration on sets that nothing was fitted on. ROC area: how often a search that holds the "
        "answer gets the higher figure of two. *Alone*: the same of one raw figure. Calibration error: the mean "
        "distance between said and was, over ten bins. Intervals resample articles.\n"
    )
    yield (
        "xquad: each question where its gold document is, and where it is left out although the same article's others "
        "are there.\n"
    )
    yield from _areas(held)
    yield "![Said and was, by language, with how often each probability was said](pictures/confidence.png)\n"
    yield (
        "Questions that look answered and are not, against answered ones on the same passages, all in one guild. "
        "*Fitted anew*: the same figures, fitted on other titles of the same set; not shipped. In Chinese half of "
        f"squad2's titles ({alike['zh']['titles']} are reported on), in English the {alike['en']['titles']} articles "
        "of squad that have such questions, in turn (the shipped calibration was fitted on their answered questions).\n"
    )
    yield from _areas(
        {
            f"{language}, {fitting}": alike[language][fitting]
            for language in alike
            for fitting in ("shipped", "fitted anew")
        }
    )
    yield "The development sets' held-out titles, and general questions that no guild answers.\n"
    yield from table(
        ("", "searches", "calibration error", "Brier score", "said → was (of)"),
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
            "less best BM25",
            "less best cosine",
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
