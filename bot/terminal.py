"""The commands `ask`, `evaluate` and `explain` of the terminal, which acts as the server's owner.

Edit this file to change what these commands print.
"""

# ruff: noqa: T201  # the answers to many questions are printed one by one

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import TypeAdapter

from bot.errors import BotError, QuestionLineInvalid, SkillUnknown
from bot.locales import load_texts
from bot.question_lines import QuestionLine, open_questions, read_lines
from bot.readiness import Loading
from bot.render.answers import respelled_words, shown_contradictions
from bot.render.message_text import shorten
from bot.settings import Settings
from bot.startup.loader import Loader
from chains.errors import ChainsError
from chains.routing.compare import TRIED, Reference, Trial, compare_routes
from chains.types import Answer, AskedIn, Language, Question, Right, Route
from finetune.errors import FinetuneError
from finetune.training.promotion_gate import judge_comparison
from finetune.types import Champion, RouteComparison, TaskKind
from knowledge.errors import KnowledgeError
from knowledge.types import OWNER, Contradiction, Evidence
from text.plurals import counted
from weights.errors import WeightsError

if TYPE_CHECKING:
    from chains.assistant import Assistant

_ANSWER = TypeAdapter(Answer)
_STATEMENT_LIMIT = 200
_ASKER = "terminal"


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
    async with _asking(settings, guild) as (assistant, guild_id):
        line = QuestionLine(1, question, route=None if route is None else Route(route))
        answer = await _answer(assistant, guild_id, line)
        if as_json:
            return json.dumps(_as_json(answer, assistant), ensure_ascii=False, indent=2)
        return _as_text(answer, assistant)


async def ask_many(settings: Settings, path: str, guild: str, route: str | None, *, as_json: bool) -> int:
    """Answer the questions of a file, or of stdin for `-`, and print each answer when it is ready, in their order.

    What is wrong with one line, or goes wrong while it is answered, is printed in its place.

    Returns:
        The exit code: 1 if any question was not answered because something failed.

    Raises:
        QuestionsUnreadable: the file can't be read.
        KnowledgeError, ChainsError, FinetuneError, WeightsError: nothing can be asked at all.
    """
    descriptor = open_questions(path)  # Before the models are loaded, which takes a while.
    has_failed = False
    async with _asking(settings, guild) as (assistant, guild_id), aclosing(read_lines(descriptor, path)) as lines:
        async for line in lines:
            asked = line if line.route is not None or route is None else replace(line, route=Route(route))
            try:
                if line.problem is not None:
                    raise QuestionLineInvalid(line.problem)
                answer = await _answer(assistant, guild_id, asked)
            except (BotError, ChainsError, FinetuneError, KnowledgeError, WeightsError) as error:
                has_failed = True
                _print_failure(line, error, as_json=as_json)
            else:
                _print_answer(line, answer, assistant, as_json=as_json)
    return 1 if has_failed else 0


@asynccontextmanager
async def _asking(settings: Settings, guild: str) -> AsyncGenerator[tuple[Assistant, str], None]:
    """Load what answers questions, once, and yield it with the guild's id."""
    loader = Loader(settings)
    try:
        embeddings, library = await loader.load_documents(_show_loading)
        guild_id = await library.resolve_guild(guild)
        yield await loader.load_assistant(library, embeddings, _show_loading), guild_id
    finally:
        await loader.close()


async def _answer(assistant: Assistant, guild_id: str, line: QuestionLine) -> Answer:
    return await assistant.answer(
        Question(
            text=line.question,
            guild_id=guild_id,
            asker_id=_ASKER,
            reader=OWNER,
            language=Language.of(line.question),
            history=line.history,
            requested_route=line.route,
            asked_in=AskedIn.TERMINAL,
            rights=frozenset(Right),
            previous_decision=await assistant.last_decision(guild_id, _ASKER),
        )
    )


def _as_json(answer: Answer, assistant: Assistant) -> dict[str, object]:
    """Return what most readers look for, then the whole answer with its decision."""
    whole: dict[str, object] = _ANSWER.dump_python(answer, mode="json")
    return {"route": answer.route, "answer": answer.text, "reason": assistant.headline(answer), **whole}


def _as_text(answer: Answer, assistant: Assistant) -> str:
    sources = [_source_line(number, item) for number, item in enumerate(answer.evidence, start=1)]
    sources[:0] = [_difference_line(each, answer) for each in shown_contradictions(answer)]
    route = load_texts()(answer.language, f"routes.{answer.route}")
    reason = f"{route}: {assistant.headline(answer)}; {answer.timings.total_s:.1f} s"
    respelled = respelled_words(answer, load_texts())
    lines = [answer.text, "", *sources, *([respelled] if respelled else []), reason]
    return "\n".join([*lines, f"python -m bot explain {answer.decision_id}"])


def _print_answer(line: QuestionLine, answer: Answer, assistant: Assistant, *, as_json: bool) -> None:
    if as_json:
        whole = {"line": line.number, "question": line.question, **_as_json(answer, assistant)}
        print(json.dumps(whole, ensure_ascii=False), flush=True)
    else:
        print(f"> {line.question}\n{_as_text(answer, assistant)}\n", flush=True)


def _print_failure(line: QuestionLine, error: Exception, *, as_json: bool) -> None:
    if as_json:
        failed = {"line": line.number, "question": line.question or None, "error": str(error)}
        print(json.dumps(failed, ensure_ascii=False), flush=True)
    else:
        print(f"Line {line.number}: {error}", file=sys.stderr, flush=True)


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
    explained = Explainer(load_guidance()).explain(
        logged.decision, Language(language), logged.choice, logged.label, logged.composition
    )
    return explained.markdown


def _show_count(done: int, total: int) -> None:
    """Show progress on stderr, in one line that is overwritten."""
    sys.stderr.write(f"\r\x1b[K{done}/{total}" if sys.stderr.isatty() else "")
    sys.stderr.flush()


def _show_loading(loading: Loading) -> None:
    """Show progress on stderr, in one line that is overwritten."""
    share = f" {100 * loading.done_bytes // loading.total_bytes} %" if loading.total_bytes else ""
    sys.stderr.write(f"\r\x1b[K{loading.stage}{share}" if sys.stderr.isatty() else "")
    sys.stderr.flush()
