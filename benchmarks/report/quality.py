"""Writes the sections of docs/benchmarks.md on what is found, answered and decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.harness.results import RESULTS
from benchmarks.report.markdown import Figures, is_measured, load, provenance, share, table

_OTHERS = {"BM25 alone": "BM25", "dense alone": "dense", "EnsembleRetriever": "ensemble"}
"""What the product's search is compared with, and the name of each in a table."""


def retrieval() -> Iterable[str]:
    """Yield the section on retrieval, with the product's search against each retriever on each question set."""
    names = sorted(path.stem for path in RESULTS.glob("retrieval_*.json"))
    if not names:
        return
    yield "## Retrieval\n"
    yield (
        "The product's search (dense and keyword retriever fused) against each retriever alone and LangChain's "
        "EnsembleRetriever, on the same chunks in one run. The ensemble has the same dense ranking, BM25Retriever, 50 "
        "candidates of each and its defaults (equal weights, c = 60). English is split at spaces, its default, and "
        "Chinese into our index terms. R@5: a gold document is among the first five distinct ones. Of a conversation "
        "only the last turn is asked. `en→zh`: asked in English where only the Chinese documents are present. *Minus*: "
        "fused minus that ranking, paired.\n"
    )
    for name in names:
        result = load(name)
        # A result from before a ranking was added is shown without it.
        others = [each for each in _OTHERS if all(each in found for found in result["figures"].values())]
        yield f"### {name.removeprefix('retrieval_')}\n"
        yield from table(
            (
                *("", "questions", "documents", "R@5 fused"),
                *(_OTHERS[each] for each in others),
                *(f"minus {_OTHERS[each]}" for each in others),
                "MRR of all",
            ),
            (
                (
                    pairing,
                    found["questions"],
                    found["documents"],
                    *(share(found[ranking]["R@5"]) for ranking in ("fused", *others)),
                    *(_gain(found["fused less the arm"][ranking]) for ranking in others),
                    ", ".join(f"{found[ranking]['MRR']:.3f}" for ranking in ("fused", *others)),
                )
                for pairing, found in result["figures"].items()
            ),
        )
        yield provenance(result)


def _gain(figure: Figures) -> str:
    """Return the difference of two R@5 on the same questions, with its interval."""
    low, high = figure["interval"]
    return f"{figure['R@5']:+.3f} ({low:+.3f} to {high:+.3f})"


_ANSWERS = (
    "gold contained",
    "gold contained, where it was read",
    "gold was read",
    "citation right",
    "wrongly refused",
    "wrongly refused before writing",
    "refused, gold left out",
    "refused before writing, gold left out",
    "refused, gold left out and in no other passage",
)


def answer_quality() -> Iterable[str]:
    """Yield the section on answers, end to end with the default models."""
    names = sorted(path.stem for path in RESULTS.glob("answers_*.json"))
    if not names:
        return
    yield "## Answers, end to end\n"
    yield (
        "Measured with the default models, unless the column names another. Each question is asked once where its gold "
        "document is present, and once where it is left out but the other passages of the same article are present. "
        "*In no other passage*: without the questions for which one of those other passages contains a gold string. "
        "The untuned chat model alone, given the gold passage and one other, has the gold in .53 (en) and .50 (zh) of "
        "its answers on xquad, and refuses .43 where neither passage holds it.\n"
    )
    results = [load(name) for name in names]
    figures = [result["figures"] for result in results]
    yield from table(
        ("", *(name.removeprefix("answers_") for name in names)),
        (
            ("questions", *(each["questions"] for each in figures)),
            *(
                (name, *(share(each[name]) for each in figures))
                for name in _ANSWERS
                if all(name in each for each in figures)
            ),
            ("token F1", *(each["token F1"] for each in figures)),
            ("median length, characters", *(each["median length in characters"] for each in figures)),
            (
                "seconds of an answer, median (p95)",
                *(f"{each['seconds']['median']} ({each['seconds']['p95']})" for each in figures),
            ),
            ("seconds of a refusal, median", *(each["seconds to refuse"] for each in figures)),
        ),
    )
    for result in results:
        yield provenance(result)


def routes() -> Iterable[str]:
    """Yield the section on the routes that questions of known kinds take."""
    if not is_measured("routes"):
        return
    result = load("routes")
    yield "## Routes\n"
    yield (
        "Questions of known kinds; no answers are generated. *Held* and *left out*: questions of xquad whose gold "
        "document is present or absent. The right route is direct for small talk, about the bot and creative text (for "
        "creative text also retrieval, if the policy recognised it as creative), abstain for off the corpus and left "
        "out, and retrieval for held.\n"
    )
    figures = result["figures"]
    for lang in ("en", "zh"):
        yield from _routes_taken(lang, figures[lang], ("retrieval", "direct", "abstain"))
    if "with a tuned model" in figures:
        tuned = figures["with a tuned model"]
        given = tuned["given to the tuned model"]
        own, others = given["of its own kind"], given["of the other questions"]
        yield (
            "The same questions in guilds that have a tuned model for messages to a bank (banking77, 616 examples), "
            f"and {own['questions']} questions of its test set. To the tuned model go {share(own)} of its own kind, "
            f"and {share(others)} of the {others['questions']} others.\n"
        )
        for title, found in (("en", tuned["en"]), ("zh", tuned["zh"]), ("its own kind", tuned["its own kind"])):
            yield from _routes_taken(title, found, ("retrieval", "specialist", "direct", "abstain"))
    yield provenance(result)


def _routes_taken(title: str, found: Figures, taken: Sequence[str]) -> Iterable[str]:
    yield f"{title}: {found['questions']} questions, right {share(found['right'])}.\n"
    yield from table(
        ("", *taken),
        ((kind, *(counts.get(route, 0) for route in taken)) for kind, counts in found["routes taken"].items()),
    )


def agent_mode() -> Iterable[str]:
    """Yield the section on the routes that a model chooses in agent mode."""
    if not is_measured("agent_mode"):
        return
    result = load("agent_mode")
    figures = result["figures"]
    yield "## A model that chooses the route\n"
    yield (
        f"`ROUTING=agent` with {figures['model']} behind an OpenAI-compatible server on this machine, "
        f"{figures['questions']} questions of known kinds.\n"
    )
    names = ("model right", "policy right", "agreed", "fell back")
    yield from table(("", "share"), ((name, share(figures[name])) for name in names))
    yield f"A choice takes {figures['median seconds of a choice']} s (median).\n"
    yield provenance(result)


def same_question() -> Iterable[str]:
    """Yield the section on when a moderator's answer to another wording is given."""
    if not is_measured("same_question"):
        return
    result = load("same_question")
    yield "## The same question in other words\n"
    yield (
        "The share of question pairs that count as the same question: by the cosine alone, and by the bot's rule, "
        "which compares the content words first. *The same* are hard rewordings, so their share should be high; the "
        "others should be zero. The list of fillers was made with our own pairs in sight, so these are development "
        "figures.\n"
    )
    yield from table(
        ("encoder", "pairs", "number", "cosine alone", "the bot's rule"),
        (
            (
                encoder.partition(":")[0],
                name,
                found["couples"],
                f"{share(found['cosine alone'][str(sets['threshold'])])} from {sets['threshold']}",
                share(found["shipped"]),
            )
            for encoder, sets in result["figures"].items()
            for name, found in sets.items()
            if name != "threshold"
        ),
    )
    yield provenance(result)


def asked_questions() -> Iterable[str]:
    """Yield the section on questions as people ask them, searched for as typed and normalised."""
    if not is_measured("asked_questions"):
        return
    result = load("asked_questions")
    figures = result["figures"]
    yield "## Questions as people ask them\n"
    yield (
        "Questions of our own over examples/handbook, with courtesies, typing errors, joined and parted words, codes, "
        "emoji and markup (benchmarks/datasets/asked_questions). *First*: the passage that answers is the first. "
        "*Answered*: it is, and the probability that the passages hold the answer is above the threshold of "
        f"{figures['threshold']}. *As typed*: with the same index and calibration, but without normalising the "
        "question.\n"
    )
    yield from table(
        ("", "questions", "first, as typed", "first", "answered, as typed", "answered"),
        (
            (
                name,
                found["of"],
                share(figures["as typed"][name]["first"]),
                share(found["first"]),
                share(figures["as typed"][name]["first and likely"]),
                share(found["first and likely"]),
            )
            for name, found in figures["normalised"].items()
        ),
    )
    refused = share(figures["refused where the handbook has no answer"])
    yield f"Of 12 questions that the handbook doesn't answer, {refused} are refused.\n"
    yield provenance(result)


def contradictions() -> Iterable[str]:
    """Yield the section on when two sources are reported as contradicting each other."""
    if not is_measured("differing"):
        return
    result = load("differing")
    figures = result["figures"]
    yield "## Contradictions between sources\n"
    yield (
        "*Alarms*: pairs of sentences of different documents that would be reported as a contradiction if somebody "
        "asked about what they share. Every sentence is compared with all others of its language, and none really "
        "contradicts another.\n"
    )
    yield from table(
        ("", "documents", "sentences", "alarms"),
        (
            (name, found["documents"], found["statements"], found["alarms"])
            for name, found in figures["false alarms"].items()
        ),
    )
    yield (
        "*Reported*: questions of xquad whose answer contains one figure, asked of the passage and of a version of it "
        "with another figure.\n"
    )
    yield from table(
        ("", "questions", "reported"),
        ((lang, found["questions"], share(found["told"])) for lang, found in figures["found"].items()),
    )
    yield provenance(result)


def conversations() -> Iterable[str]:
    """Yield the section on what the search text of a follow-up question contains."""
    names = [name for name in ("mtrag_subset", "kdconv_travel_zh") if is_measured(f"conversations_{name}_reported")]
    if not names:
        return
    yield "## Follow-up questions\n"
    yield (
        "What the search text of a follow-up question contains: the question alone, the question and the one before "
        "it (*behind the one before*), or the question and all before it (*behind all*), with or without their "
        "answers. R@2: a gold document is among the first two distinct ones. *Likelier*: the one of two searches whose "
        "passages more probably hold the answer. Questions of mtrag are rich in words and change the topic; those of "
        "kdconv mostly name nothing. The method was chosen on the other half of the conversations.\n"
    )
    for name in names:
        result = load(f"conversations_{name}_reported")
        figures = result["figures"]
        less = figures["shipped less before"]
        low, high = less["interval"]
        yield f"### {name}, {figures['questions']} questions\n"
        yield from table(
            ("searched for", "R@1", "R@2", "R@5"),
            ((way, *(share(found[f"R@{depth}"]) for depth in (1, 2, 5))) for way, found in figures["ways"].items()),
        )
        yield (
            "The last row, the bot's method, minus the row above it, its earlier method: R@2 "
            f"{less['R@2']:+.3f} ({low:+.3f} to {high:+.3f}).\n"
        )
        yield provenance(result)
