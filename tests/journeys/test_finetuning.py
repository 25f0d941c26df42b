"""What an admin sees of fine-tuning, from the upload of a training set to the report, a promotion and a rollback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import discord
import pytest
import simcord
from simcord.actors import MemberActor
from simcord.backend.errors import SetupError
from simcord.builders import ChannelHandle, GuildHandle

from bot.local.simulator import RealTimeContext
from bot.locales import load_texts
from bot.messages.buttons import TuneAction, TuneButton, make_view
from bot.messages.throttling import EditIntervals, Throttles
from bot.messages.training_message import start_view
from bot.ports import AssistantPort, DocumentsPort, TunerPort
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.app import App, assemble
from bot.tasks import Tasks
from chains.types import Language
from finetune.data.dataset import load_dataset
from finetune.errors import NoMemoryError, TrainingFailedError
from finetune.registry import Registry
from finetune.types import Evaluation, FailureReason, LabelHelp, TrainingProgress, TrainingRequest, TrainingStage
from tests.fakes.scripted_tuner import (
    BETTER,
    FETCHES,
    LOSSES,
    NOT_BETTER,
    SCRIPT,
    ScriptedTuner,
    register,
)
from tests.journeys import discord_api
from weights.errors import NoSourceError

File = tuple[str, bytes]
ENDED = "🏁 The training of **help-desk** has ended: {link}"


def training_set(*extra: dict[str, str], name: str = "help_desk.jsonl") -> File:
    examples = [{"question": f"request number {n}", "label": f"queue_{n % 4}"} for n in range(40)]
    return name, "\n".join(json.dumps(row) for row in [*examples, *extra]).encode()


@dataclass
class Workshop:
    """A server with an admin, another server with its own, and the bot on both."""

    env: simcord.Env
    app: App
    restart: Callable[[], App]
    """Makes the bot of the next start."""
    guild: GuildHandle
    channel: ChannelHandle
    far_channel: ChannelHandle
    """In the other server."""
    member: MemberActor
    admin: MemberActor
    other_admin: MemberActor
    far_admin: MemberActor
    tuner: ScriptedTuner
    registry: Registry
    clock: list[float] = field(default_factory=lambda: [0.0])

    async def rest(self) -> None:
        await self.app.tasks.idle()
        await self.env.settle()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not holds():
                await self.env.settle()
                await asyncio.sleep(0)

    def message(self, channel: ChannelHandle | None = None) -> discord.Message:
        message = (channel or self.channel).last_message
        assert message is not None
        return message

    def message_of(self, message_id: int) -> discord.Message:
        return next(message for message in self.channel.history() if message.id == message_id)

    def told(self, actor: MemberActor, channel: ChannelHandle | None = None) -> str:
        """What this person alone, or everyone, was told last."""
        return (channel or self.channel).history(viewer=actor)[-1].content

    async def command(self, name: str, **options: str) -> str:
        """Give a command as the admin, and return the answer that the admin alone sees."""
        await self.admin.slash(self.channel, f"finetune {name}", **options)
        await self.until(lambda: bool(self.told(self.admin)))
        return self.told(self.admin)

    async def prepare(
        self, file: File | None = None, *, skill: str = "help-desk", far: bool = False, **options: str
    ) -> discord.Message:
        """Upload a training set, and return the preview."""
        actor, channel = (self.far_admin, self.far_channel) if far else (self.admin, self.channel)
        result = await actor.slash(channel, "finetune start", file=file or training_set(), skill=skill, **options)
        assert result.acknowledged
        await self.until(lambda: bool(self.message(channel).content))
        await self.until(lambda: not self.message(channel).content.startswith("-#"))
        return self.message(channel)

    async def begin(self, holds_at: str, **options: str) -> discord.Message:
        """Start a training, and return its message once it stands at a stage."""
        self.tuner.holds_at = holds_at
        preview = await self.prepare(**options)
        await self.admin.click(preview, label="Start")
        await self.until(lambda: f": {STAGES[holds_at]}" in self.message().content)
        return self.message()

    async def train(self, **options: str) -> discord.Message:
        """From the upload to the report."""
        await self.admin.click(await self.prepare(**options), label="Start")
        await self.rest()
        return self.message()

    def picture(self, channel: ChannelHandle | None = None) -> bytes:
        [attachment] = self.message(channel).attachments
        picture = self.env.backend.cdn.get(attachment.url)
        assert picture is not None
        return picture


STAGES = {
    "loading": "loading",
    "training": "training",
    "paused": "paused while I answer",
    "evaluating": "testing",
}


@pytest.fixture
def registry(settings: Settings) -> Registry:
    return Registry(settings.finetune.data_dir)


@pytest.fixture
async def tuner(registry: Registry, tmp_path: Path) -> ScriptedTuner:
    return ScriptedTuner(registry, tmp_path / "trained")


@pytest.fixture
async def tuner_part(tuner: ScriptedTuner) -> LazyService[TunerPort]:
    return LazyService.of("tuner", tuner)


@pytest.fixture
async def workshop(
    settings: Settings,
    tuner: ScriptedTuner,
    tuner_part: LazyService[TunerPort],
    registry: Registry,
    assistant_part: LazyService[AssistantPort],
    documents_part: LazyService[DocumentsPort],
) -> AsyncIterator[Workshop]:
    clock = [0.0]
    made: list[Workshop] = []

    def bot() -> App:
        scope = RealTimeContext()
        app = assemble(
            settings,
            documents_part,
            assistant_part,
            Tasks(scope),
            tuner=tuner_part,
            registry=registry,
            throttles=Throttles(0.0),
            edit_intervals=EditIntervals(clock=lambda: clock[0]),
            shard_count=1,
        )
        if made:
            scope.attach(made[0].env)
            made[0].app = app
        else:
            scopes.append(scope)
        return app

    scopes: list[RealTimeContext] = []
    app = bot()
    env = simcord.Env(app.client)
    scopes[0].attach(env)
    env.backend.edit_bot_profile("Routewise")
    guild, far = env.create_guild("Harbour Lights"), env.create_guild("Far Shore")
    managing = guild.create_role("Admin", permissions=discord.Permissions(manage_guild=True))
    far_managing = far.create_role("Admin", permissions=discord.Permissions(manage_guild=True))
    workshop = Workshop(
        env=env,
        app=app,
        restart=bot,
        guild=guild,
        channel=guild.create_text_channel("crew"),
        far_channel=far.create_text_channel("crew"),
        member=guild.add_member(env.create_user("ada")),
        admin=guild.add_member(env.create_user("iris"), roles=[managing]),
        other_admin=guild.add_member(env.create_user("otto"), roles=[managing]),
        far_admin=far.add_member(env.create_user("finn"), roles=[far_managing]),
        tuner=tuner,
        registry=registry,
        clock=clock,
    )
    made.append(workshop)
    await env.start()
    yield workshop
    await workshop.app.close()
    requests = list(env.http_requests)
    await env.shutdown()
    env.raise_errors()
    discord_api.check(requests)


def card_in(
    workshop: Workshop,
    name: str,
    *,
    far: bool = False,
    skill: str = "help-desk",
    evaluation: Evaluation = BETTER,
) -> str:
    """Put an adapter into the registry as a training would, and return its hash."""
    guild = workshop.far_channel.guild if far else workshop.guild
    wanted = TrainingRequest(str(guild.id), skill, "guild", "auto")
    dataset = load_dataset(training_set()[1], "x.jsonl")
    return register(workshop.registry, workshop.tuner.folder / name, dataset, wanted, evaluation).adapter_sha256


class TestPreview:
    async def test_it_says_what_the_training_would_be(self, workshop: Workshop) -> None:
        preview = await workshop.prepare()
        assert preview.content.splitlines() == [
            "🧪 **help-desk** is ready to train.",
            "- Answers: one of 4 labels. 30 examples for training, 10 held back for testing.",
            "- Base model: SmolLM2-135M-Instruct. 40 steps, about 6 min "
            "(estimated: this base hasn't been trained on this machine yet).",
            "- Memory: 2,300 MB needed, 5,120 MB free.",
            f"- It can answer those who can read <#{workshop.channel.id}>.",
            "- If it beats its base model, it answers from then on. This skill has no tuned model yet.",
        ]
        [row] = preview.components
        assert [button.label for button in row.children] == ["Start", "Discard"]

    async def test_lines_that_are_left_out_are_told_the_first_five_in_words(self, workshop: Workshop) -> None:
        repeated = [{"question": "request number 1", "label": "queue_1"}] * 6
        unknown = {"label": "**bold**", "sentence": "Nobody uses it."}
        preview = await workshop.prepare(training_set(unknown, *repeated))
        assert preview.content.splitlines()[-7:] == [
            "7 lines are skipped:",
            "- Line 41 describes the label \\*\\*bold\\*\\*, but no example has it.",
            "- Line 42 repeats line 2.",
            "- Line 43 repeats line 2.",
            "- Line 44 repeats line 2.",
            "- Line 45 repeats line 2.",
            "- and 2 more",
        ]

    async def test_it_names_the_champion_that_would_be_replaced(self, workshop: Workshop) -> None:
        sha256 = card_in(workshop, "earlier")
        workshop.registry.promote(str(workshop.guild.id), sha256)
        preview = await workshop.prepare(skill="Help-Desk")
        assert f"it replaces the current champion, `{sha256[:12]}`." in preview.content
        assert "**help-desk**" in preview.content  # The skill that exists, however it is written.

    async def test_a_channel_beside_a_label_becomes_its_mention(self, workshop: Workshop) -> None:
        described = {"label": "queue_0", "sentence": "Ask there.", "channel": "#crew"}
        await workshop.prepare(training_set(described))
        assert workshop.tuner.help == [LabelHelp("queue_0", "Ask there.", f"<#{workshop.channel.id}>")]

    async def test_the_audience_and_the_base_are_those_that_were_chosen(self, workshop: Workshop) -> None:
        preview = await workshop.prepare(base="embedded", audience="guild", skill="a _b_\n*c*")
        assert "- It can answer every member." in preview.content
        [(_, wanted)] = workshop.tuner.prepared.values()
        assert wanted == TrainingRequest(str(workshop.guild.id), "a -b- c", "guild", "embedded")

    async def test_a_base_that_must_be_fetched_is_fetched_with_its_progress(self, workshop: Workshop) -> None:
        workshop.tuner.fetches = FETCHES
        await workshop.prepare()
        await workshop.until(lambda: any("40 of 100 MB" in str(r.json) for r in workshop.env.http_requests))

    async def test_discard_takes_the_run_away(self, workshop: Workshop) -> None:
        preview = await workshop.prepare()
        await workshop.other_admin.click(preview, label="Discard")
        await workshop.rest()
        assert workshop.message().content == "-# Discarded: nothing was trained."
        assert workshop.message().components == []
        assert workshop.tuner.discarded == ["run0"]


class TestRefusals:
    async def test_a_member_does_not_see_the_command(self, workshop: Workshop) -> None:
        with pytest.raises(SetupError, match="not visible"):
            await workshop.member.slash(workshop.channel, "finetune status")

    async def test_the_command_checks_again_where_a_server_opened_it(self, workshop: Workshop) -> None:
        command = next(c for c in await workshop.app.client.tree.fetch_commands() if c.name == "finetune")
        workshop.guild.set_command_permissions(command, {workshop.guild.default_role: True})
        for name, options in (("start", {"file": training_set(), "skill": "x"}), ("list", {}), ("cancel", {})):
            await workshop.member.slash(workshop.channel, f"finetune {name}", **options)
            await workshop.rest()
            assert workshop.told(workshop.member).startswith("You need the **Manage Server** permission for that.")
        assert workshop.tuner.prepared == {}

    async def test_a_member_cannot_press_what_an_admin_was_shown(self, workshop: Workshop) -> None:
        preview = await workshop.prepare()
        for label in ("Start", "Discard"):
            await workshop.member.click(preview, label=label)
            await workshop.rest()
            assert workshop.told(workshop.member).startswith("You need the **Manage Server** permission for that.")
        assert workshop.tuner.ran == workshop.tuner.discarded == []

    async def test_a_file_of_30_mb_is_refused_before_it_is_read(self, workshop: Workshop) -> None:
        big = ("big_one.jsonl", b"x" * 30_000_000)
        await workshop.admin.slash(workshop.channel, "finetune start", file=big, skill="x")
        await workshop.rest()
        assert workshop.told(workshop.admin).startswith("**big\\_one.jsonl** has 30.0 MB; the limit is 20 MB.")

    async def test_a_file_that_is_no_text_is_refused_with_what_to_do(self, workshop: Workshop) -> None:
        message = await workshop.prepare(("x.jsonl", b"\x00\x01\x02\xff" * 100))
        assert message.content == ("**x.jsonl** isn't a text file. Save it as JSONL, or as CSV in UTF-8.")

    async def test_five_examples_are_too_few(self, workshop: Workshop) -> None:
        rows = [json.dumps({"question": f"q {n}", "label": f"l{n % 2}"}) for n in range(5)] + ["no json"]
        message = await workshop.prepare(("x.jsonl", "\n".join(rows).encode()))
        assert message.content.splitlines() == [
            "**x.jsonl** has 5 usable examples; the minimum is 20. Add more, or correct the skipped lines.",
            "- Line 6 isn't a complete JSON object. Put each object on one line.",
        ]
        assert message.components == []

    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (NoMemoryError(2300, 512), "This training needs about 2,300 MB of memory, but only 512 MB are free"),
            (NoSourceError("m", "f", Path("/secret"), ["down"]), "I couldn't download the base model."),
        ],
    )
    async def test_what_stands_against_it_is_told_with_its_figures(
        self, workshop: Workshop, error: Exception, told: str
    ) -> None:
        workshop.tuner.refuses = error
        message = await workshop.prepare()
        assert message.content.startswith(told)
        assert "/secret" not in message.content

    async def test_a_skill_of_markdown_alone_has_no_name(self, workshop: Workshop) -> None:
        await workshop.admin.slash(workshop.channel, "finetune start", file=training_set(), skill="**__**")
        await workshop.rest()
        assert workshop.told(workshop.admin).startswith("Give the skill a name")


class TestTraining:
    async def test_the_preview_becomes_the_progress_with_a_picture(self, workshop: Workshop) -> None:
        message = await workshop.begin("paused")
        await workshop.until(lambda: bool(workshop.message().attachments))
        lines = workshop.message().content.splitlines()
        assert lines == [
            "🧪 **help-desk** on SmolLM2-135M-Instruct: paused while I answer",
            "`██████████░░░░░░░░░░` step 20 of 40",
            "loss 1.00 · 310 tokens/s · about 4 min left",
            f"-# started by <@{workshop.admin.id}>",
        ]
        assert workshop.picture().startswith(b"\x89PNG")
        [row] = workshop.message().components
        assert [button.label for button in row.children] == ["Cancel"]
        assert workshop.message().id == message.id

    async def test_text_and_picture_are_edited_no_faster_than_their_pace(self, workshop: Workshop) -> None:
        steps = [
            TrainingProgress(TrainingStage.TRAINING, step, 40, LOSSES[:step], 310.0, 60.0) for step in range(2, 21)
        ]
        workshop.tuner.script = (SCRIPT[0], *steps)
        workshop.tuner.holds_at = "never"
        await workshop.train()
        shown = [r.json["content"] for r in workshop.env.http_requests if r.method == "PATCH" and r.json]
        assert sum("step" in content for content in shown) == 1  # The clock stands still: only the new stage is shown.

    async def test_the_report_says_what_was_measured_and_what_happens_now(self, workshop: Workshop) -> None:
        report = await workshop.train()
        [listed] = workshop.registry.adapters(str(workshop.guild.id))
        assert report.content.splitlines() == [
            "✅ **help-desk** is trained, and better than its base model.",
            "- Correct on 64 test examples: base model 52.3 %, tuned **91.7 %**",
            "- Improvement: **+39.4 points** (95 % interval +30.1 to +48.0)",
            "- It answers questions of this kind from now on.",
            "-# 264 examples · 7 min · 1,830 MB · 310 tokens/s · answers in 0.9 s, 95 % within 1.4 s · "
            f"`{listed.card.adapter_sha256[:12]}`",
        ]
        assert listed.is_champion
        assert report.components == []
        assert workshop.picture().startswith(b"\x89PNG")
        assert workshop.tuner.discarded == ["run0"]

    async def test_what_is_not_better_than_its_base_leaves_the_champion(self, workshop: Workshop) -> None:
        sha256 = card_in(workshop, "earlier")
        workshop.registry.promote(str(workshop.guild.id), sha256)
        workshop.tuner.evaluation = NOT_BETTER
        report = await workshop.train()
        assert report.content.startswith("⚖️ **help-desk** is trained, but not significantly better than its base model")
        assert f"- The previous model, `{sha256[:12]}`, stays in use." in report.content
        assert "(95 % interval −5.0 to +9.0)" in report.content
        assert [champion.adapter_sha256 for champion in workshop.registry.champions(str(workshop.guild.id))] == [sha256]

    async def test_a_failure_is_told_and_can_be_tried_again(self, workshop: Workshop) -> None:
        workshop.tuner.fails = TrainingFailedError(FailureReason.NO_DISK)
        failed = await workshop.train()
        assert failed.content.startswith("⚠️ Training **help-desk** failed. The disk is full.")
        assert failed.content.endswith("Whatever answered before stays in use.")
        assert workshop.tuner.discarded == []
        await workshop.admin.click(failed, label="Try again")
        await workshop.rest()
        assert workshop.message().content.startswith("✅ **help-desk** is trained")
        assert workshop.message_of(failed.id).content == ENDED.format(link=workshop.message().jump_url)

    async def test_how_it_ended_stands_in_a_message_below_which_members_notice(self, workshop: Workshop) -> None:
        message = await workshop.begin("evaluating")
        await workshop.member.send(workshop.channel, "chatter")
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        report = workshop.message()
        assert report.content.startswith("✅ **help-desk** is trained")
        assert workshop.picture().startswith(b"\x89PNG")
        assert report.reference is not None and report.reference.message_id == message.id
        shown = workshop.message_of(message.id)
        assert shown.content == ENDED.format(link=report.jump_url)
        assert shown.components == []

    async def test_a_skill_that_is_trained_or_waits_is_not_started_again(self, workshop: Workshop) -> None:
        running = await workshop.begin("training")
        again = await workshop.prepare(skill="Help-Desk")
        await workshop.admin.click(again, label="Start")
        await workshop.until(lambda: workshop.told(workshop.admin).startswith("**help-desk** is already being trained"))
        assert running.jump_url in workshop.told(workshop.admin)
        other = await workshop.prepare(skill="greeting")
        await workshop.admin.click(other, label="Start")
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        assert workshop.tuner.ran == ["run0", "run2"]
        # It is still there: once the other has ended, it can be started.
        await workshop.admin.click(again, label="Start")
        await workshop.rest()
        assert workshop.tuner.ran == ["run0", "run2", "run1"]

    async def test_a_report_whose_message_was_deleted_is_sent_anew(self, workshop: Workshop) -> None:
        message = await workshop.begin("evaluating")
        await workshop.admin.send(workshop.channel, "chatter")
        workshop.env.backend.delete_message(workshop.channel.id, message.id)
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        assert workshop.message().content.startswith("✅ **help-desk** is trained")
        assert workshop.message().id != message.id
        assert workshop.picture().startswith(b"\x89PNG")

    async def test_pressed_twice_it_is_trained_once(self, workshop: Workshop) -> None:
        workshop.tuner.holds_at = "training"
        preview = await workshop.prepare()
        await workshop.admin.click(preview, label="Start")
        with suppress(SetupError):
            await workshop.other_admin.click(preview, label="Start")
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        assert workshop.tuner.ran == ["run0"]

    async def test_a_start_whose_run_is_gone_says_so(self, workshop: Workshop, settings: Settings) -> None:
        preview = await workshop.prepare()
        for path in (settings.bot.data_dir / "trainings").iterdir():
            path.unlink()
        await workshop.admin.click(preview, label="Start")
        await workshop.rest()
        assert workshop.message().content.startswith("This training is no longer prepared.")
        assert workshop.message().components == []

    async def test_a_run_whose_record_cannot_be_read_is_not_there_and_hinders_no_other(
        self, workshop: Workshop, settings: Settings
    ) -> None:
        preview = await workshop.prepare()
        records = settings.bot.data_dir / "trainings"
        (records / "run0.json").write_bytes(b'{"guild_id": "1')
        await workshop.admin.click(preview, label="Start")
        await workshop.rest()
        assert workshop.message().content.startswith("This training is no longer prepared.")
        assert (records / "run0.json.unreadable").exists()
        assert (await workshop.train(skill="other")).content.startswith("✅ **other** is trained")

    async def test_it_goes_on_in_the_language_of_its_preview(self, workshop: Workshop) -> None:
        await workshop.prepare()
        # The simulator's members all have Discord in English: this is the button of one who has it in Chinese.
        view = start_view("run0", Language.ZH, load_texts())
        preview = await workshop.app.client.get_partial_messageable(workshop.channel.id).send("-", view=view)
        await workshop.admin.click(preview, label="开始")
        await workshop.rest()
        assert workshop.message().content.startswith("✅ **help-desk** 训练完成，胜过基础模型。")

    async def test_without_the_right_to_attach_files_the_words_go_alone(self, workshop: Workshop) -> None:
        await workshop.begin("loading")
        workshop.env.inject_error("PATCH", "/channels/*/messages/*", status=403, code=50013)
        workshop.tuner.holds_at = "training"
        workshop.tuner.may_go_on.set()
        workshop.tuner.may_go_on.clear()
        await workshop.until(lambda: ": training" in workshop.message().content)
        assert workshop.message().attachments == []
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        assert workshop.message().content.startswith("✅ **help-desk** is trained")


class TestCancelling:
    @pytest.mark.parametrize("stage", ["loading", "training", "paused", "evaluating"])
    async def test_it_is_cancelled_at_each_stage_by_its_button(self, workshop: Workshop, stage: str) -> None:
        message = await workshop.begin(stage)
        await workshop.other_admin.click(message, label="Cancel")
        await workshop.rest()
        lines = workshop.message().content.splitlines()
        assert lines[0] == (
            f"✖️ <@{workshop.other_admin.id}> cancelled the training of **help-desk**. "
            "Whatever answered before stays in use."
        )
        assert lines[1].startswith(f"-# {STAGES[stage]}")
        assert workshop.message().components == []
        assert workshop.tuner.cancelled == workshop.tuner.discarded == ["run0"]
        assert workshop.registry.adapters(str(workshop.guild.id)) == ()

    async def test_it_is_cancelled_by_the_command(self, workshop: Workshop) -> None:
        await workshop.begin("training")
        told = await workshop.command("cancel")
        assert told == "Cancelled the training of **help-desk** and deleted its files."
        assert workshop.message().content.splitlines()[0].endswith("Whatever answered before stays in use.")

    async def test_one_that_waits_says_its_place_and_can_be_cancelled(self, workshop: Workshop) -> None:
        await workshop.begin("training")
        for skill in ("second", "third"):
            await workshop.admin.click(await workshop.prepare(skill=skill), label="Start")
            await workshop.until(lambda: workshop.message().content.startswith("⏳"))
        assert (
            workshop.message().content == "⏳ **third** is waiting: 2 trainings ahead of it. Only one runs at a time."
        )
        choices = await workshop.admin.autocomplete(workshop.channel, "finetune cancel", "training", "sec")
        assert [choice["name"] for choice in choices] == ["second"]
        assert (await workshop.command("cancel")).startswith("There are 3 trainings running or waiting here.")
        await workshop.command("cancel", training=choices[0]["value"])
        await workshop.until(lambda: "1 training ahead of it" in workshop.message().content)
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        assert workshop.tuner.ran == ["run0", "run2"]
        assert workshop.message().content.startswith("✅ **third** is trained")

    async def test_a_button_that_outlived_its_training_is_taken_away(self, workshop: Workshop) -> None:
        button = TuneButton(TuneAction.CANCEL, "run7", Language.EN, "Cancel")
        channel = workshop.app.client.get_partial_messageable(workshop.channel.id)
        message = await channel.send("half a training", view=make_view(button))
        await workshop.admin.click(message, label="Cancel")
        await workshop.rest()
        assert workshop.told(workshop.admin) == "There is no training here to cancel."
        [left] = [seen for seen in workshop.channel.history(viewer=workshop.member) if seen.id == message.id]
        assert left.components == []

    async def test_where_nothing_runs_there_is_nothing_to_cancel(self, workshop: Workshop) -> None:
        assert await workshop.command("cancel") == "There is no training here to cancel."

    async def test_a_report_stays_where_it_is_cancelled_while_the_files_go(self, workshop: Workshop) -> None:
        workshop.tuner.holds_discarding = asyncio.Event()
        await workshop.admin.click(await workshop.prepare(), label="Start")
        await workshop.until(lambda: bool(workshop.tuner.discarding))
        report = workshop.message().content
        assert report.startswith("✅")
        assert await workshop.command("cancel") == "There is no training here to cancel."
        workshop.tuner.holds_discarding.set()
        await workshop.rest()
        seen = [message.content for message in workshop.channel.history(viewer=workshop.member)]
        assert report in seen

    async def test_a_report_stays_where_it_is_cancelled_after_a_restart(self, workshop: Workshop) -> None:
        workshop.tuner.holds_discarding = asyncio.Event()
        await workshop.admin.click(await workshop.prepare(), label="Start")
        await workshop.until(lambda: bool(workshop.tuner.discarding))
        report = workshop.message().content
        await workshop.app.close()
        await workshop.env.restart_bot(workshop.restart().client)
        await workshop.until(lambda: len(workshop.tuner.discarding) == 2)
        assert await workshop.command("cancel") == "There is no training here to cancel."
        workshop.tuner.holds_discarding.set()
        await workshop.rest()
        assert report in [message.content for message in workshop.channel.history(viewer=workshop.member)]

    async def test_a_failure_that_was_told_is_logged_once(
        self, workshop: Workshop, caplog: pytest.LogCaptureFixture
    ) -> None:
        workshop.tuner.fails = TrainingFailedError("no_disk")
        await workshop.train()
        assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


class TestAfterARestart:
    async def test_the_same_message_goes_on_being_edited(self, workshop: Workshop) -> None:
        message = await workshop.begin("training")
        await workshop.app.close()
        workshop.tuner.script = (SCRIPT[0], *(replace(told, resumed_from=16) for told in SCRIPT[1:]))
        workshop.tuner.holds_at = "paused"
        await workshop.env.restart_bot(workshop.restart().client)
        await workshop.until(lambda: "paused" in workshop.message().content)
        assert workshop.message().content.splitlines()[-1] == (
            f"-# started by <@{workshop.admin.id}> · resumed from step 16 after an interruption"
        )
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        assert workshop.message().content.startswith("✅ **help-desk** is trained")
        assert workshop.message_of(message.id).content == ENDED.format(link=workshop.message().jump_url)
        assert workshop.tuner.ran == ["run0", "run0"]

    async def test_the_buttons_still_work(self, workshop: Workshop) -> None:
        preview = await workshop.prepare()
        await workshop.app.close()
        await workshop.env.restart_bot(workshop.restart().client)
        await workshop.admin.click(preview, label="Start")
        await workshop.rest()
        assert workshop.message().content.startswith("✅ **help-desk** is trained")


class TestAdapters:
    async def test_status_tells_what_runs_and_who_answers(self, workshop: Workshop) -> None:
        sha256 = card_in(workshop, "earlier", skill="greeting")
        workshop.registry.promote(str(workshop.guild.id), sha256)
        message = await workshop.begin("paused")
        told = await workshop.command("status")
        assert told.splitlines() == [
            "**Trainings**",
            "- **help-desk**: paused while I answer, step 20 of 40, about 4 min left · "
            f"https://discord.com/channels/{workshop.guild.id}/{workshop.channel.id}/{message.id}",
            "**Tuned models in use**",
            f"- 🏆 **greeting** · `{sha256[:12]}` · 52.3 % → 91.7 % · 264 examples · 4 labels · <t:1791763200:d>",
        ]
        await workshop.command("cancel")

    async def test_list_shows_every_adapter(self, workshop: Workshop) -> None:
        first, second = card_in(workshop, "first"), card_in(workshop, "second")
        workshop.registry.promote(str(workshop.guild.id), second)
        told = await workshop.command("list")
        assert told.splitlines()[0] == "**Tuned models** (2)"
        assert f"- **help-desk** · `{first[:12]}`" in told
        assert f"- 🏆 **help-desk** · `{second[:12]}`" in told

    async def test_nothing_tuned_says_how_to_begin(self, workshop: Workshop) -> None:
        assert (await workshop.command("list")).startswith("Nothing has been tuned here yet.")

    async def test_promote_and_rollback_say_what_they_changed(self, workshop: Workshop) -> None:
        first, second = card_in(workshop, "first"), card_in(workshop, "second")
        told = await workshop.command("promote", adapter=first[:12])
        assert told == f"🏆 `{first[:12]}` now answers for **help-desk**, which had no tuned model before."
        choices = await workshop.admin.autocomplete(workshop.channel, "finetune promote", "adapter", second[:6])
        assert [choice["value"] for choice in choices] == [second]
        told = await workshop.command("promote", adapter=second)
        assert told.endswith(f"replacing `{first[:12]}`.")
        skills = await workshop.admin.autocomplete(workshop.channel, "finetune rollback", "skill", "HELP")
        assert [choice["value"] for choice in skills] == ["help-desk"]
        told = await workshop.command("rollback", skill="help-desk")
        assert told == f"↩️ `{first[:12]}` answers for **help-desk** again, replacing `{second[:12]}`."
        told = await workshop.command("rollback", skill="help-desk")
        assert told.startswith(f"↩️ `{first[:12]}` no longer answers for **help-desk**.")
        told = await workshop.command("rollback", skill="help-desk")
        assert told.startswith("No tuned model answers for **help-desk**")

    async def test_what_was_not_better_is_asked_about_first(self, workshop: Workshop) -> None:
        sha256 = card_in(workshop, "weak", evaluation=NOT_BETTER)
        told = await workshop.command("promote", adapter=sha256)
        assert told.startswith(f"`{sha256[:12]}` is not significantly better than its base model at **help-desk**")
        assert workshop.registry.champion_of(str(workshop.guild.id), "help-desk") is None
        question = workshop.channel.history(viewer=workshop.admin)[-1]
        await workshop.admin.click(question, label="Use it")
        await workshop.rest()
        assert workshop.told(workshop.admin).startswith(f"🏆 `{sha256[:12]}` now answers for **help-desk**")
        assert workshop.registry.champion_of(str(workshop.guild.id), "help-desk") is not None

    async def test_a_hash_of_no_adapter_says_so(self, workshop: Workshop) -> None:
        told = await workshop.command("promote", adapter="`0000")
        assert told.startswith("No tuned model here has a hash starting with “\\`0000”")


class TestTwoServers:
    async def test_one_sees_nothing_of_the_others(self, workshop: Workshop) -> None:
        far_sha256 = card_in(workshop, "far", far=True, skill="secret")
        workshop.tuner.holds_at = "training"
        await workshop.far_admin.click(await workshop.prepare(far=True, skill="secret"), label="Start")
        await workshop.until(lambda: ": training" in workshop.message(workshop.far_channel).content)
        for name in ("status", "list"):
            assert "secret" not in await workshop.command(name)
        assert (await workshop.command("cancel")).startswith("There is no training here")
        assert (await workshop.command("cancel", training="run0")).startswith("There is no training here")
        assert (await workshop.command("promote", adapter=far_sha256)).startswith("No tuned model here has")
        for command, option in (("promote", "adapter"), ("rollback", "skill"), ("cancel", "training")):
            assert await workshop.admin.autocomplete(workshop.channel, f"finetune {command}", option, "") == []
        assert workshop.tuner.cancelled == []

    async def test_a_training_waits_for_that_of_another_server(self, workshop: Workshop) -> None:
        workshop.tuner.holds_at = "training"
        await workshop.far_admin.click(await workshop.prepare(far=True), label="Start")
        await workshop.until(lambda: ": training" in workshop.message(workshop.far_channel).content)
        await workshop.admin.click(await workshop.prepare(), label="Start")
        await workshop.until(lambda: "is waiting: 1 training ahead of it" in workshop.message().content)
        workshop.tuner.may_go_on.set()
        await workshop.rest()
        for channel in (workshop.channel, workshop.far_channel):
            assert workshop.message(channel).content.startswith("✅")


class TestBeforeTheTunerIsThere:
    @pytest.fixture
    async def tuner_part(self) -> LazyService[TunerPort]:
        return LazyService("tuner")

    async def test_preparing_waits_for_it(
        self, workshop: Workshop, tuner: ScriptedTuner, tuner_part: LazyService[TunerPort]
    ) -> None:
        await workshop.admin.slash(workshop.channel, "finetune start", file=training_set(), skill="x")
        await workshop.until(lambda: "About to load the trainer" in workshop.message().content)
        tuner_part.succeed(tuner)
        await workshop.rest()
        assert workshop.message().content.startswith("🧪 **x** is ready to train.")
