"""The sections of docs/benchmarks.md on what is found, answered and decided."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.markdown import RESULTS, Figures, is_measured, load, provenance, share, table

_OTHERS = {"BM25 alone": "BM25", "dense alone": "dense", "EnsembleRetriever": "ensemble"}
"""What the product's search is compared with, and its name in a table."""


def retrieval() -> Iterable[str]:
    """Each question set, against each arm."""
    names = sorted(path.stem for path in RESULTS.glob("retrieval_*.json"))
    if not names:
        return
    yield "## Retrieval\n"
    yield (
        "The product's search (both arms fused) against each arm alone and LangChain's EnsembleRetriever, on the same "
        "chunks in one run. The ensemble has the same dense ranking, BM25Retriever, 50 candidates of each and its "
        "defaults (equal weights, c = 60); English is cut at spaces, its default, and Chinese into our terms. R@5: a "
        "gold document is among the first five distinct ones; of a conversation the last turn alone is asked. `en→zh`: "
        "asked in English, only the Chinese documents are there. *Less*: fused less that ranking, paired.\n"
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
                *(f"less {_OTHERS[each]}" for each in others),
                "MRR of all",
            ),
            (
                (
                    pairing,
                    found["questions"],
                    found["documents"],
                    *(share(found[ranking]["R@5"]) for ranking in ("fused", *others)),
                    *(_difference(found["fused less the arm"][ranking]) for ranking in others),
                    ", ".join(f"{found[ranking]['MRR']:.3f}" for ranking in ("fused", *others)),
                )
                for pairing, found in result["figures"].items()
            ),
        )
        yield provenance(result)


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


def answers() -> Iterable[str]:
    """End to end, with the default models."""
    names = sorted(path.stem for path in RESULTS.glob("answers_*.json"))
    if not names:
        return
    yield "## Answers, end to end\n"
    yield (
        "The default models, unless the column names another. Each question is asked where its gold document is, and "
        "where it is left out although the same article's other passages are there. *In no other passage*: without the "
        "questions of which one of those holds a gold string. The untuned chat model alone, given the gold passage and "
        "one other, holds the gold in .53 (en) and .50 (zh) of xquad's answers, and refuses .43 where neither passage "
        "holds it.\n"
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
    """Questions of known kinds, by the route taken."""
    if not is_measured("routes"):
        return
    result = load("routes")
    yield "## Routes\n"
    yield (
        "Questions of known kinds; nothing is written. *Held* and *left out*: xquad's, where their gold document is "
        "and where it is not. Right is direct for small talk, about the bot and creative text, and for the last also "
        "retrieval where the policy knew it for creative; abstain off the corpus and left out; retrieval where held.\n"
    )
    for lang, found in result["figures"].items():
        taken = ("retrieval", "direct", "abstain")
        yield f"{lang}: {found['questions']} questions, right {share(found['right'])}.\n"
        yield from table(
            ("", *taken),
            ((kind, *(counts.get(route, 0) for route in taken)) for kind, counts in found["routes taken"].items()),
        )
    yield provenance(result)


def agent_mode() -> Iterable[str]:
    """What a model chooses where it may."""
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


def tuning() -> Iterable[str]:
    """A tuned label skill, beside what costs less."""
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
                    _paired(figures["tuned less the other"][way]) if way != "tuned" else "",
                    f"{found['seconds']['p50']} ({found['seconds']['p95']})",
                )
                for way, found in ways.items()
            ),
        )
        yield (
            f"The run's own judgement, on {figures['examples held out']} held-out examples: untuned "
            f"{run['held out, untuned']:.2f}, tuned {run['held out, tuned']:.2f}, gain {_paired(run['gain'])}, "
            f"{'promoted' if run['promoted'] else 'not promoted'}.\n"
        )
        yield provenance(result)


def facts_and_skill() -> Iterable[str]:
    """The same small model taught facts, and taught a skill."""
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
                _paired(skill["tuned less the other"][name]) if name != "tuned" else "",
                f"{found['seconds']['p50']} ({found['seconds']['p95']})",
            )
            for name, found in skill["right labels"].items()
        ),
    )
    yield provenance(result)


def same_question() -> Iterable[str]:
    """When a moderator's answer to another wording is given."""
    if not is_measured("same_question"):
        return
    result = load("same_question")
    yield "## The same question in other words\n"
    yield (
        "How many couples of questions are taken for one: by the cosine alone, and as the bot does it, which compares "
        "the telling words first. *The same* are hard rewordings and should be high, the others should be zero. The "
        "words that tell nothing were chosen with our own couples in sight, so these are development figures.\n"
    )
    yield from table(
        ("encoder", "couples", "number", "cosine alone", "as the bot does it"),
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


def differing() -> Iterable[str]:
    """When two sources are said to differ."""
    if not is_measured("differing"):
        return
    result = load("differing")
    figures = result["figures"]
    yield "## Two sources that differ\n"
    yield (
        "*Alarms*: couples of statements of different documents that would be told to contradict each other, had "
        "somebody asked of what they share; every statement is compared with all others of its language, and none "
        "does.\n"
    )
    yield from table(
        ("", "documents", "statements", "alarms"),
        (
            (name, found["documents"], found["statements"], found["alarms"])
            for name, found in figures["false alarms"].items()
        ),
    )
    yield (
        "*Told*: questions of xquad whose answer holds one figure, asked of the passage and of a copy of it in which "
        "that figure is another.\n"
    )
    yield from table(
        ("", "questions", "told"),
        ((lang, found["questions"], share(found["told"])) for lang, found in figures["found"].items()),
    )
    yield provenance(result)


def conversations() -> Iterable[str]:
    """For what a follow-up is searched."""
    names = [name for name in ("mtrag_subset", "kdconv_travel_zh") if is_measured(f"conversations_{name}_reported")]
    if not names:
        return
    yield "## Questions of a conversation\n"
    yield (
        "For what a question with turns before it is searched: alone, behind the question before it, or behind all "
        "before it, with or without their answers. R@2: a gold document is among the first two distinct ones. "
        "*Likelier*: the one of two searches whose passages more probably hold the answer. Questions of mtrag are rich "
        "in words and change the topic; those of kdconv mostly name nothing. The way was chosen on the other half of "
        "the conversations.\n"
    )
    for name in names:
        result = load(f"conversations_{name}_reported")
        figures = result["figures"]
        less = figures["shipped less before"]
        low, high = less["interval"]
        yield f"### {name}, {figures['questions']} questions\n"
        yield from table(
            ("searched", "R@1", "R@2", "R@5"),
            ((way, *(share(found[f"R@{depth}"]) for depth in (1, 2, 5))) for way, found in figures["ways"].items()),
        )
        yield (
            "The last way, which the bot takes, less the one before it, which it took: R@2 "
            f"{less['R@2']:+.3f} ({low:+.3f} to {high:+.3f}).\n"
        )
        yield provenance(result)


def confidence() -> Iterable[str]:
    """How true the probability is that the passages hold the answer, on what it was not fitted on."""
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


def _paired(found: dict[str, object]) -> str:
    low, high = found["interval"]  # type: ignore[misc]
    return f"{found['difference']:+.2f} ({low:+.2f} to {high:+.2f})"


def _difference(found: dict[str, object]) -> str:
    low, high = found["interval"]  # type: ignore[misc]
    return f"{found['R@5']:+.3f} ({low:+.3f} to {high:+.3f})"
