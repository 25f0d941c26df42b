"""The message of a training, from its preview to its report: its text, buttons and picture at each stage.

Edit this file to change what members see of a training while it waits, runs and ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import discord

from bot.locales import Texts
from bot.messages.buttons import TuneAction, TuneButton, make_view
from bot.messages.progress_message import ProgressContent, ProgressMessage
from bot.prepared_trainings import PreparedTraining
from bot.render.charts import comparison_chart, loss_plot
from bot.render.message_text import subtext
from bot.render.tuning import (
    training_cancelled,
    training_ended,
    training_failed,
    training_progress,
    training_report,
    training_waiting,
)
from chains.types import Language
from finetune.types import Outcome, TaskKind, TrainingProgress, TrainingStage


@dataclass(frozen=True, slots=True)
class TrainingDestination:
    """Keeps where a training is shown, and who started it."""

    guild_id: int
    channel_id: int
    message_id: int
    member_id: int
    """The admin who started it."""
    language: Language

    @property
    def link(self) -> str:
        """Return the link to the message."""
        return f"https://discord.com/channels/{self.guild_id}/{self.channel_id}/{self.message_id}"

    def as_inputs(self) -> dict[str, str]:
        """Return the destination as the inputs of a job."""
        return {
            "guild": str(self.guild_id),
            "channel": str(self.channel_id),
            "message": str(self.message_id),
            "member": str(self.member_id),
            "language": str(self.language),
        }

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, str]) -> TrainingDestination:
        """Return the destination that `as_inputs` turned into inputs."""
        return cls(
            guild_id=int(inputs["guild"]),
            channel_id=int(inputs["channel"]),
            message_id=int(inputs["message"]),
            member_id=int(inputs["member"]),
            language=Language(inputs["language"]),
        )


class TrainingMessage:
    """Shows one run in its message."""

    def __init__(
        self, progress_message: ProgressMessage, run_id: str, destination: TrainingDestination, texts: Texts
    ) -> None:
        self._message = progress_message
        self._run_id = run_id
        self._member_id = destination.member_id
        self._language = destination.language
        self._texts = texts
        self._cancel = make_view(_button(TuneAction.CANCEL, run_id, self._language, "tuning.cancel", texts))
        self._stage: TrainingStage | None = None

    def follow(self) -> None:
        """Follow `show_progress` and `show_line` with edits from now on."""
        self._message.follow()

    async def close(self) -> None:
        """Stop following. Calling it again is safe."""
        await self._message.close()

    def show_progress(self, prepared: PreparedTraining, now: TrainingProgress) -> None:
        """Show the progress: a new stage at once, the rest when an edit is due.

        The stage after a pause waits, too: each answer pauses the training, and would cost two edits.
        """
        text = training_progress(prepared, now, self._member_id, self._language, self._texts)
        draw = partial(loss_plot, now.losses, now.total_steps) if len(now.losses) > 1 else None
        is_new = now.stage is not self._stage and self._stage is not TrainingStage.PAUSED
        self._message.show(ProgressContent(text, self._cancel, draw), at_once=is_new)
        self._stage = now.stage

    def show_line(self, line: str) -> None:
        """Show a line about what comes before the training, such as the loading of the tuner."""
        self._message.show(ProgressContent(subtext(line), self._cancel))

    async def put_waiting(self, prepared: PreparedTraining, ahead: int) -> None:
        """Show now that the training waits for `ahead` others."""
        text = training_waiting(prepared, ahead, self._language, self._texts)
        await self._message.put(ProgressContent(text, self._cancel))

    async def put_sentence(self, sentence: str) -> None:
        """Show now why the training was not and cannot be started."""
        await self._message.put(ProgressContent(sentence))

    async def finish_failed(self, prepared: PreparedTraining | None, sentence: str) -> None:
        """Show at the end that the training failed; what is still prepared can be tried again."""
        if prepared is None:
            await self._message.finish(ProgressContent(sentence))
            return
        text = training_failed(prepared, sentence, self._language, self._texts)
        view = start_view(self._run_id, self._language, self._texts, again=True)
        await self._message.finish_below(ProgressContent(text, view), partial(self._ended, prepared.skill))

    async def finish_cancelled(self, prepared: PreparedTraining, at: TrainingProgress | None, member_id: int) -> None:
        """Show at the end that a member cancelled the training."""
        text = training_cancelled(prepared, at, member_id, self._language, self._texts)
        await self._message.finish(ProgressContent(text))

    async def finish_report(self, outcome: Outcome) -> None:
        """Show at the end the report on the training."""
        text = training_report(outcome, self._language, self._texts)
        content = ProgressContent(text, None, partial(_chart, outcome))
        await self._message.finish_below(content, partial(self._ended, outcome.card.skill))

    def _ended(self, skill: str, link: str) -> str:
        return training_ended(skill, link, self._language, self._texts)


def start_view(run_id: str, language: Language, texts: Texts, *, again: bool = False) -> discord.ui.View:
    """Return the buttons below a training that is prepared and does not run."""
    return make_view(
        _button(TuneAction.START, run_id, language, "tuning.try_again" if again else "tuning.start", texts),
        _button(TuneAction.DISCARD, run_id, language, "tuning.discard", texts),
    )


def _button(action: TuneAction, run_id: str, language: Language, key: str, texts: Texts) -> TuneButton:
    return TuneButton(action, run_id, language, texts(language, key))


def _chart(outcome: Outcome) -> bytes:
    card, measured = outcome.card, outcome.card.evaluation
    return comparison_chart(
        measured.base_score,
        measured.tuned_score,
        measured.gain,
        is_share=card.kind is TaskKind.LABEL,
        promoted=outcome.promoted,
    )
