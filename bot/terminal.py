"""The commands of the terminal that need more than one package. The terminal acts as the server's owner."""

from __future__ import annotations

import sys
from typing import Literal

from pydantic import TypeAdapter

from bot.app import Loader
from bot.readiness import Loading
from bot.settings import Settings
from chains.language import detect
from chains.types import Answer, Language, Question, Route
from knowledge.types import OWNER

_ANSWER = TypeAdapter(Answer)


async def ask(settings: Settings, question: str, guild: str, route: str | None, *, as_json: bool) -> str:
    """Answer one question: its text and what led to it.

    Raises:
        KnowledgeError, ChainsError, FinetuneError, WeightsError: each says what to do next.
    """
    loader = Loader(settings)
    try:
        embeddings, library = await loader.load_documents(_show)
        guild_id = await library.resolve_guild(guild)
        assistant = await loader.load_assistant(library, embeddings, _show)
        answer = await assistant.answer(
            Question(
                text=question,
                guild_id=guild_id,
                asker_id="terminal",
                reader=OWNER,
                language=detect(question),
                requested_route=None if route is None else Route(route),
            )
        )
    finally:
        await loader.close()
    if as_json:
        return _ANSWER.dump_json(answer, indent=2).decode()
    sources = [
        f"[{number}] {item.source.name}, {item.chunk.place.heading or ''}"
        for number, item in enumerate(answer.evidence, start=1)
    ]
    reason = f"{answer.route}: {assistant.headline(answer)}; {answer.timings.total_s:.1f} s"
    return "\n".join([answer.text, "", *sources, reason, f"python -m bot explain {answer.decision_id}"])


async def explain(settings: Settings, decision_id: str, language: Literal["en", "zh"]) -> str:
    """Why a decision was made. Raises DecisionNotFound."""
    from chains.log import DecisionLog
    from chains.routing.explain import Explainer
    from chains.routing.guidance import load_guidance

    log = DecisionLog(settings.chains.data_dir / "decisions.db")
    await log.open()
    logged = await log.get(decision_id)
    return Explainer(load_guidance()).explain(logged.decision, Language(language), logged.choice).markdown


def _show(loading: Loading) -> None:
    """One line on stderr that is written over."""
    share = f" {100 * loading.done_bytes // loading.total_bytes} %" if loading.total_bytes else ""
    sys.stderr.write(f"\r\x1b[K{loading.stage}{share}" if sys.stderr.isatty() else "")
    sys.stderr.flush()
