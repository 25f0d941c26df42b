"""The text about a training: its preview, progress, report and errors.

Edit this file to change what admins read in the message of a training. Nothing here sends anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from discord.utils import escape_markdown

from bot.locales import Texts
from bot.prepared_trainings import PreparedTraining
from bot.render.message_text import MESSAGE_LIMIT, audience_phrase, join_parts, shorten, subtext
from chains.types import Language
from finetune.types import (
    Evaluation,
    Interval,
    LineProblem,
    Outcome,
    Preview,
    TaskKind,
    TrainingProgress,
    VerdictReason,
)
from knowledge.types import Audience

SHOWN_PROBLEMS = 5
_HASH_LENGTH = 12
_FIGURE_LIMIT = 80
_VALUE_LIMIT = 200
_BAR_LENGTH = 20
_SHOWN_LABELS = 10
_NAMED_LABELS = 3
_LABEL_LIMIT = 24


def escape_name(name: str) -> str:
    """Return a name, short and without Markdown; the sentences around it make it bold."""
    return escape_markdown(shorten(name, _FIGURE_LIMIT))


def short_hash(sha256: str) -> str:
    """Return the start of a hash, long enough to tell adapters apart."""
    return sha256[:_HASH_LENGTH]


def training_preview(found: Preview, audience: Audience, language: Language, texts: Texts) -> str:
    """Return the preview of a training, before anybody starts it."""
    is_label = found.kind is TaskKind.LABEL
    lines = [
        texts(language, "tuning.preview_title", skill=escape_name(found.skill)),
        texts(
            language,
            "tuning.preview_label" if is_label else "tuning.preview_text",
            examples=f"{found.example_count:,}",
            held_out=f"{found.held_out_count:,}",
            labels=found.label_count,
        ),
        texts(
            language,
            "tuning.preview_base",
            base=escape_name(found.base_title),
            steps=f"{found.steps:,}",
            minutes=_minutes(found.minutes),
            how=texts(language, "tuning.measured" if found.minutes_measured else "tuning.estimated"),
        ),
        texts(language, "tuning.preview_memory", needed=f"{found.memory_mb:,}", free=f"{found.free_memory_mb:,}"),
        audience_phrase("tuning.audience", audience, language, texts),
        texts(language, "tuning.preview_first")
        if found.replaces is None
        else texts(language, "tuning.preview_replaces", hash=short_hash(found.replaces)),
    ]
    lines += _label_notes(found, language, texts)
    if found.problems:
        lines.append(texts(language, "tuning.left_out", count=f"{len(found.problems):,}"))
        room = MESSAGE_LIMIT - len("\n".join(lines)) - 1
        listed = (dataset_problems(found.problems, language, texts, most) for most in range(SHOWN_PROBLEMS, 0, -1))
        lines.append(next((problems for problems in listed if len(problems) <= room), ""))
    return join_parts(*lines)


def _label_notes(found: Preview, language: Language, texts: Texts) -> list[str]:
    """Return a line on labels that are written in several ways, and one on those with a single example."""
    joined = [
        f"{_short_label(each.label)} ({_first_few(map(_short_label, each.spellings), _NAMED_LABELS, language, texts)})"
        for each in found.joined_labels
    ]
    single = map(_short_label, found.single_labels)
    named = (("tuning.joined_labels", joined), ("tuning.single_labels", list(single)))
    return [
        texts(language, key, labels=_first_few(labels, _NAMED_LABELS, language, texts))
        for key, labels in named
        if labels
    ]


def _first_few(items: Iterable[str], most: int, language: Language, texts: Texts) -> str:
    """Return the first `most` items, and how many more there are."""
    listed = list(items)
    more = [texts(language, "tuning.more_labels", count=len(listed) - most)] if len(listed) > most else []
    return ", ".join([*listed[:most], *more])


def _short_label(label: str) -> str:
    return escape_markdown(shorten(label, _LABEL_LIMIT))


def dataset_problems(
    problems: Sequence[LineProblem], language: Language, texts: Texts, most: int = SHOWN_PROBLEMS
) -> str:
    """Return the first problems, at most `most`, one per line, and how many more there are."""
    lines = [f"- {_problem(problem, language, texts)}" for problem in problems[:most]]
    more = len(problems) - most
    if more > 0:
        lines.append(texts(language, "tuning.more_problems", count=f"{more:,}"))
    return "\n".join(lines)


def tuning_error_values(values: Mapping[str, object], language: Language, texts: Texts) -> dict[str, object]:
    """Return the values for an error's sentence: escaped texts, numbers with separators, problems as lines."""
    shown: dict[str, object] = {}
    for name, value in values.items():
        if isinstance(value, str):
            shown[name] = escape_markdown(shorten(value, _VALUE_LIMIT))
        elif isinstance(value, int):
            shown[name] = f"{value:,}"
        elif isinstance(value, tuple):
            shown[name] = f"\n{dataset_problems(value, language, texts)}" if value else ""
    return shown


def training_waiting(prepared: PreparedTraining, ahead: int, language: Language, texts: Texts) -> str:
    """Return how many trainings one waits for."""
    return texts(language, "tuning.waiting", skill=escape_name(prepared.skill), ahead=ahead)


def training_progress(
    prepared: PreparedTraining, now: TrainingProgress, member_id: int, language: Language, texts: Texts
) -> str:
    """Return the progress of a training."""
    base = escape_name(prepared.base_title)
    title = texts(
        language,
        "tuning.progress_title",
        skill=escape_name(prepared.skill),
        stage=training_stage(now, language, texts),
        base=base,
    )
    resumed = texts(language, "tuning.resumed", step=f"{now.resumed_from:,}") if now.resumed_from else ""
    started = texts(language, "tuning.started_by", member=member_id)
    return join_parts(title, _bar_line(now, language, texts), _figures(now, language, texts), subtext(started, resumed))


def training_stage(now: TrainingProgress, language: Language, texts: Texts) -> str:
    """Return the name of a training's stage."""
    return texts(language, f"tuning.stage_{now.stage}")


def training_position(now: TrainingProgress, language: Language, texts: Texts) -> str:
    """Return how far a training is within its stage; empty if that is unknown yet."""
    if now.total:
        return texts(language, "tuning.example", done=f"{now.done:,}", total=f"{now.total:,}")
    done = texts(language, "tuning.step", step=f"{now.step:,}", total=f"{now.total_steps:,}")
    return done if now.total_steps else ""


def time_left(seconds: float | None, language: Language, texts: Texts) -> str:
    """Return the time left; empty if it is unknown."""
    return "" if seconds is None else texts(language, "tuning.left", minutes=_minutes(seconds / 60))


def training_ended(skill: str, link: str, language: Language, texts: Texts) -> str:
    """Return what is left where the progress was, once the result stands in a message of its own."""
    return texts(language, "tuning.ended", skill=escape_name(skill), link=link)


def training_report(outcome: Outcome, language: Language, texts: Texts) -> str:
    """Return how a training ended, and what happens now."""
    card, measured = outcome.card, outcome.card.evaluation
    verdict = VerdictReason.BETTER if outcome.promoted else outcome.reason
    lines = [
        texts(language, f"tuning.report_{verdict}", skill=escape_name(card.skill)),
        texts(
            language,
            "tuning.report_label" if card.kind is TaskKind.LABEL else "tuning.report_text",
            held_out=f"{measured.held_out_count:,}",
            base=format_score(measured.base_score, card.kind),
            tuned=format_score(measured.tuned_score, card.kind),
        ),
        *_by_label(measured, language, texts),
        _gain(measured, card.kind, language, texts),
    ]
    if verdict is VerdictReason.FORGOT:
        lines.append(_forgotten(measured, language, texts))
    lines.append(_what_now(outcome, language, texts))
    figures = texts(
        language,
        "tuning.report_figures",
        examples=f"{card.example_count:,}",
        minutes=_minutes(card.training_seconds / 60),
        memory=f"{card.peak_memory_mb:,}",
        speed=f"{card.tokens_per_s:,.0f}",
        p50=f"{measured.answer_seconds_p50:.1f}",
        p95=f"{measured.answer_seconds_p95:.1f}",
    )
    lines.append(subtext(figures, texts(language, "tuning.report_hash", hash=short_hash(card.adapter_sha256))))
    return "\n".join(lines)


def _by_label(measured: Evaluation, language: Language, texts: Texts) -> list[str]:
    """Return a line with how each label did, the worst first; none if that is not known."""
    scores = measured.label_scores
    if not scores:
        return []
    labels = (f"{_short_label(each.label)} {each.right}/{each.count}" for each in scores)
    return [texts(language, "tuning.by_label", labels=_first_few(labels, _SHOWN_LABELS, language, texts))]


def format_score(value: float, kind: TaskKind) -> str:
    """Return a score: the share of right labels in per cent, or a mean probability."""
    return f"{100 * value:.1f} %" if kind is TaskKind.LABEL else f"{value:.2f}"


def training_failed(prepared: PreparedTraining, sentence: str, language: Language, texts: Texts) -> str:
    """Return why a training failed, and what can be done."""
    return texts(language, "tuning.failed", skill=escape_name(prepared.skill), reason=sentence)


def training_cancelled(
    prepared: PreparedTraining, at: TrainingProgress | None, member_id: int, language: Language, texts: Texts
) -> str:
    """Return who cancelled a training, and how far it was: `at` is None if it was waiting."""
    where = "" if at is None else subtext(training_stage(at, language, texts), training_position(at, language, texts))
    return join_parts(texts(language, "tuning.cancelled", skill=escape_name(prepared.skill), member=member_id), where)


def _problem(problem: LineProblem, language: Language, texts: Texts) -> str:
    figures = {name: escape_name(value) for name, value in problem.figures}
    return texts(language, f"problems.{problem.code}", line=problem.line, **figures)


def _bar_line(now: TrainingProgress, language: Language, texts: Texts) -> str:
    done, total = (now.done, now.total) if now.total else (now.step, now.total_steps)
    where = training_position(now, language, texts)
    return f"`{_bar(done, total)}` {where}" if where else ""


def _bar(done: int, total: int) -> str:
    filled = _BAR_LENGTH * min(done, total) // total
    return "█" * filled + "░" * (_BAR_LENGTH - filled)


def _figures(now: TrainingProgress, language: Language, texts: Texts) -> str:
    loss = now.losses[-1][1] if now.losses else math.nan
    figures = [
        texts(language, "tuning.loss", loss=f"{loss:.2f}") if math.isfinite(loss) else "",
        "" if now.tokens_per_s is None else texts(language, "tuning.speed", speed=f"{now.tokens_per_s:,.0f}"),
        time_left(now.seconds_left, language, texts),
    ]
    return " · ".join(figure for figure in figures if figure)


def _gain(measured: Evaluation, kind: TaskKind, language: Language, texts: Texts) -> str:
    gain, is_label = measured.gain, kind is TaskKind.LABEL
    shown = Interval(100 * gain.mean, 100 * gain.low, 100 * gain.high) if is_label else gain
    mean, low, high = (_signed(value, 1 if is_label else 2) for value in (shown.mean, shown.low, shown.high))
    return texts(language, "tuning.gain_label" if is_label else "tuning.gain_text", mean=mean, low=low, high=high)


def _forgotten(measured: Evaluation, language: Language, texts: Texts) -> str:
    return texts(
        language,
        "tuning.forgotten",
        base=f"{measured.general_loss_base:.2f}",
        tuned=f"{measured.general_loss_tuned:.2f}",
    )


def _what_now(outcome: Outcome, language: Language, texts: Texts) -> str:
    card, previous = outcome.card, outcome.previous
    is_same = previous is not None and previous.adapter_sha256 == card.adapter_sha256
    if outcome.promoted and (previous is None or is_same):
        return texts(language, "tuning.now_answers")
    if outcome.promoted and previous is not None:
        return texts(language, "tuning.now_replaces", hash=short_hash(previous.adapter_sha256))
    if previous is None:
        return texts(language, "tuning.now_none")
    return texts(language, "tuning.now_previous", hash=short_hash(previous.adapter_sha256))


def _minutes(minutes: float) -> str:
    return f"{minutes:,.0f}" if minutes >= 1 else "<1"


def _signed(value: float, places: int) -> str:
    """Return a number with its sign and a true minus; what rounds to zero has no sign."""
    text = f"{value:+.{places}f}".replace("-", "−")
    return text if text.strip("+−0.") else text[1:]
