"""The commands `ask`, `evaluate` and `explain` of the terminal, which acts as the server's owner.

Edit this file to change what these commands print.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from bot.errors import SkillUnknown
from bot.locales import load_texts
from bot.readiness import Loading
from bot.render.answers import respelled_words, shown_contradictions
from bot.render.message_text import shorten
from bot.settings import Settings
from bot.startup.loader import Loader
from chains.routing.compare import TRIED, Reference, Trial, compare_routes
from chains.types import Answer, Language, Question, Route
from finetune.training.promotion_gate import judge_comparison
from finetune.types import Champion, RouteComparison, TaskKind
from knowledge.types import OWNER, Contradiction, Evidence
from text.plurals import counted

_ANSWER = TypeAdapter(Answer)
_STATEMENT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Comparison:
    """Keeps the comparison of a champion with retrieval."""

    champion: Champion
    trials: tuple[Trial, ...]
    compared: RouteComparison


_COMPARISON = TypeAdapter(Comparison)


async def ask(settings: Settings, question: str, guild: str, route: str | None, *, as_json: bool) -> str:
    """Answer one question, and return the answer with what led to it.

    Raises:
        KnowledgeError, ChainsError, FinetuneError, WeightsError: each says what to do next.
    """
    loader = Loader(settings)
    try:
        embeddings, library = await loader.load_documents(_show_loading)
        guild_id = await library.resolve_guild(guild)
        assistant = await loader.load_assistant(library, embeddings, _show_loading)
        answer = await assistant.answer(
            Question(
                text=question,
                guild_id=guild_id,
                asker_id="terminal",
                reader=OWNER,
                language=Language.of(question),
                requested_route=None if route is None else Route(route),
            )
        )
    finally:
        await loader.close()
    if as_json:
        return _ANSWER.dump_json(answer, indent=2).decode()
    sources = [_source_line(number, item) for number, item in enumerate(answer.evidence, start=1)]
    sources[:0] = [_difference_line(each, answer) for each in shown_contradictions(answer)]
    route = load_texts()(answer.language, f"routes.{answer.route}")
    reason = f"{route}: {assistant.headline(answer)}; {answer.timings.total_s:.1f} s"
    respelled = respelled_words(answer, load_texts())
    lines = [answer.text, "", *sources, *([respelled] if respelled else []), reason]
    return "\n".join([*lines, f"python -m bot explain {answer.decision_id}"])


async def evaluate(settings: Settings, guild: str, skill: str | None, limit: int, *, as_json: bool) -> str:
    """Try the routes on a champion's held-out questions, store the result with the champion, and return a report.

    Raises:
        SkillUnknown: the guild has no champion of that skill.
        KnowledgeError, ChainsError, FinetuneError, WeightsError: each says what to do next.
    """
    loader = Loader(settings)
    try:
        encoders, library = await loader.load_documents(_show_loading)
        guild_id = await library.resolve_guild(guild)
        champions = loader.registry.champions(guild_id)
        champion = next((each for each in champions if skill in (None, each.skill)), None)
        if champion is None:
            raise SkillUnknown(skill, [each.skill for each in champions])
        assistant = await loader.load_assistant(library, encoders, _show_loading)
        references = [
            Reference(example.question, example.completion, is_label=champion.kind is TaskKind.LABEL)
            for example in loader.registry.held_out(champion.adapter_sha256)[:limit]
        ]
        trials = await compare_routes(assistant, references, guild_id, OWNER, _show_count)
    finally:
        await loader.close()
    compared = judge_comparison([_scores_by_route(trial.scores) for trial in trials])
    loader.registry.note_comparison(guild_id, champion.adapter_sha256, compared)
    if as_json:
        return _COMPARISON.dump_json(Comparison(champion, tuple(trials), compared), indent=2).decode()
    lines = [f"{champion.skill}, {counted(len(trials), 'held-out question')}: mean score, median time"]
    for route in TRIED:
        scores = [dict(trial.scores)[route] for trial in trials]
        seconds = [dict(trial.seconds)[route] for trial in trials]
        lines.append(f"{route:<12} {statistics.fmean(scores):.3f} {statistics.median(seconds):6.1f} s")
    gain = compared.passages_gain
    lines.append(
        f"the tuned model won {compared.wins:.0%} of its comparisons with retrieval (a draw counts as half a win)"
    )
    lines.append(
        f"passages change its score by {gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]: "
        f"the combined route is {'open' if compared.reads_passages else 'closed'}"
    )
    return "\n".join(lines)


def _source_line(number: int, item: Evidence) -> str:
    also = ", ".join(source.name for source in item.also_in)
    day = item.source.as_of.date().isoformat()
    parts = (item.source.name, item.chunk.place.heading, day, also and f"also in {also}")
    return f"[{number}] " + ", ".join(part for part in parts if part)


def _difference_line(difference: Contradiction, answer: Answer) -> str:
    found = {item.chunk.id: item for item in answer.evidence}
    statements = [
        f"{found[each.chunk_id].source.name} ({found[each.chunk_id].source.as_of.date()}) says "
        f"“{shorten(found[each.chunk_id].chunk.text[each.start : each.end], _STATEMENT_LIMIT)}”"
        for each in (difference.newer, difference.older)
    ]
    return f"Two sources disagree: {', but '.join(statements)}"


def _scores_by_route(scores: Sequence[tuple[Route, float]]) -> tuple[float, float, float]:
    by_route = dict(scores)
    return by_route[Route.RETRIEVAL], by_route[Route.SPECIALIST], by_route[Route.COMBINED]


async def explain(settings: Settings, decision_id: str, language: Literal["en", "zh"]) -> str:
    """Return why a decision was made. Raise DecisionNotFound."""
    from chains.decision_log import DecisionLog
    from chains.routing.explain import Explainer
    from chains.routing.guidance import load_guidance

    log = DecisionLog(settings.chains.data_dir / "decisions.db", settings.chains.decisions_kept_days)
    await log.open()
    logged = await log.get(decision_id)
    return Explainer(load_guidance()).explain(logged.decision, Language(language), logged.choice, logged.label).markdown


def _show_count(done: int, total: int) -> None:
    """Show progress on stderr, in one line that is overwritten."""
    sys.stderr.write(f"\r\x1b[K{done}/{total}" if sys.stderr.isatty() else "")
    sys.stderr.flush()


def _show_loading(loading: Loading) -> None:
    """Show progress on stderr, in one line that is overwritten."""
    share = f" {100 * loading.done_bytes // loading.total_bytes} %" if loading.total_bytes else ""
    sys.stderr.write(f"\r\x1b[K{loading.stage}{share}" if sys.stderr.isatty() else "")
    sys.stderr.flush()
