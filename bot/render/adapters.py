"""The text about adapters, champions and trainings in progress, in the answers to `/finetune`.

Edit this file to change what admins read about them. Nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.guild_adapters import Promotion
from bot.locales import Texts
from bot.prepared_trainings import PreparedTraining
from bot.render.message_text import shorten, split_message
from bot.render.tuning import escape_name, format_score, short_hash, time_left, training_position, training_stage
from chains.types import Language
from finetune.types import Card, ListedAdapter, TaskKind, TrainingProgress, TrainingStage, VerdictReason

CHOICE_LIMIT = 100
"""The characters that Discord accepts in the name of a choice."""


@dataclass(frozen=True, slots=True)
class ActiveTraining:
    """Keeps what is shown of a training that runs or waits."""

    run_id: str
    prepared: PreparedTraining
    link: str
    """The link to its message."""
    ahead: int
    """The trainings ahead of it; 0 if it runs."""
    progress: TrainingProgress | None
    """Its last progress report; None before the first."""


def training_status(
    trainings: Sequence[ActiveTraining], adapters: Sequence[ListedAdapter], language: Language, texts: Texts
) -> tuple[str, ...]:
    """Return which trainings run and wait, and which adapters answer."""
    champions = [listed for listed in adapters if listed.is_champion]
    lines = [
        texts(language, "tuning.status_trainings" if trainings else "tuning.status_no_trainings"),
        *(_training_line(training, language, texts) for training in trainings),
        texts(language, "tuning.status_champions" if champions else "tuning.status_no_champions"),
        *(_adapter_line(champion, language, texts) for champion in champions),
    ]
    return split_message("\n".join(lines))


def adapter_list(adapters: Sequence[ListedAdapter], language: Language, texts: Texts) -> tuple[str, ...]:
    """Return the messages that list `adapters`."""
    if not adapters:
        return (texts(language, "tuning.list_none"),)
    lines = [_adapter_line(listed, language, texts) for listed in adapters]
    return split_message("\n".join([texts(language, "tuning.list_title", count=len(adapters)), *lines]))


def adapter_choice(card: Card) -> str:
    """Return an adapter's name in a list of choices, which shows no Markdown."""
    words = f"{card.skill} · {short_hash(card.adapter_sha256)} · {_score_change(card)}"
    return shorten(words, CHOICE_LIMIT)


def promotion_message(promotion: Promotion, language: Language, texts: Texts) -> str:
    """Return what a promotion changed."""
    card, previous = promotion.card, promotion.previous
    values = {"skill": escape_name(card.skill), "hash": short_hash(card.adapter_sha256)}
    if previous is None:
        return texts(language, "tuning.promoted_first", **values)
    if previous.adapter_sha256 == card.adapter_sha256:
        return texts(language, "tuning.promoted_already", **values)
    return texts(language, "tuning.promoted", previous=short_hash(previous.adapter_sha256), **values)


def promotion_question(card: Card, reason: VerdictReason, language: Language, texts: Texts) -> str:
    """Return the question whether to promote an adapter that the gate rejects for `reason`."""
    return texts(
        language,
        f"tuning.confirm_{reason}",
        skill=escape_name(card.skill),
        hash=short_hash(card.adapter_sha256),
        base=format_score(card.evaluation.base_score, card.kind),
        tuned=format_score(card.evaluation.tuned_score, card.kind),
    )


def rollback_message(was: Card, now: Card | None, language: Language, texts: Texts) -> str:
    """Return which adapter answers after a rollback."""
    values = {"skill": escape_name(was.skill), "was": short_hash(was.adapter_sha256)}
    if now is None:
        return texts(language, "tuning.rolled_back_to_none", **values)
    return texts(language, "tuning.rolled_back", now=short_hash(now.adapter_sha256), **values)


def _training_line(training: ActiveTraining, language: Language, texts: Texts) -> str:
    skill = escape_name(training.prepared.skill)
    if training.ahead:
        return texts(language, "tuning.status_waits", skill=skill, ahead=training.ahead, link=training.link)
    now = training.progress or TrainingProgress(TrainingStage.LOADING, 0, 0)
    words = (
        training_stage(now, language, texts),
        training_position(now, language, texts),
        time_left(now.seconds_left, language, texts),
    )
    return texts(
        language,
        "tuning.status_runs",
        skill=skill,
        how_far=", ".join(word for word in words if word),
        link=training.link,
    )


def _adapter_line(listed: ListedAdapter, language: Language, texts: Texts) -> str:
    card = listed.card
    labels = texts(language, "tuning.list_labels", count=len(card.labels))
    return texts(
        language,
        "tuning.list_champion" if listed.is_champion else "tuning.list_line",
        skill=escape_name(card.skill),
        hash=short_hash(card.adapter_sha256),
        scores=_score_change(card),
        examples=f"{card.example_count:,}",
        kind=labels if card.kind is TaskKind.LABEL else texts(language, "tuning.list_text"),
        date=f"<t:{datetime.fromisoformat(card.created_at).timestamp():.0f}:d>",
    )


def _score_change(card: Card) -> str:
    measured = card.evaluation
    return f"{format_score(measured.base_score, card.kind)} → {format_score(measured.tuned_score, card.kind)}"
