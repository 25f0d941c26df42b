"""What a member sees who replies to somebody else, where the bot may read other messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from chains.types import Turn
from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys.conftest import Community


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MESSAGE_CONTENT", "true")
    return load_settings(tmp_path / ".env")


async def test_the_message_that_a_question_replies_to_is_part_of_it(
    community: Community, assistant: ScriptedAssistant
) -> None:
    above = await community.other.send(community.channel, "My display says **E-4017**.")
    answer = await community.ask(community.member, "what does this mean?", reply_to=above)
    assert assistant.questions[0].text == "what does this mean?"
    assert assistant.questions[0].history == (Turn("My display says **E-4017**.", ""),)
    assert answer.content.startswith("Seven days.")


async def test_a_mention_of_the_bots_role_is_answered(community: Community, assistant: ScriptedAssistant) -> None:
    role = community.guild.roles["Routewise"]
    await community.member.send(community.channel, f"<@&{role.id}> How long?")
    await community.rest()
    assert [question.text for question in assistant.questions] == ["How long?"]
