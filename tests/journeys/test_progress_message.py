"""A message that follows a long work: how often it is edited, and what happens when it is taken away."""

from __future__ import annotations

import asyncio

import discord
import pytest

from bot.messages.progress_message import ProgressContent, ProgressMessage
from bot.messages.throttling import EditIntervals, Throttle
from tests.journeys.conftest import Community


class Wall:
    """A message of the bot's with a placard on it, and a clock that a test moves."""

    def __init__(self, community: Community, message: discord.Message) -> None:
        self.now_s = 0.0
        self.pictures = 0
        self._community = community
        self.id = message.id
        channel = community.app.client.get_partial_messageable(community.channel.id)
        self.placard = ProgressMessage(channel, message.id, Throttle(0.0), EditIntervals(5.0, 30.0, lambda: self.now_s))

    def draw(self) -> bytes:
        self.pictures += 1
        return b"\x89PNG"

    async def show(self, text: str, *, at_once: bool = False) -> str:
        """Show a sheet with a picture, and return what stands there once the bot is at rest."""
        self.placard.show(ProgressContent(text, None, self.draw), at_once=at_once)
        for _ in range(50):
            await asyncio.sleep(0.002)  # The picture is drawn in a thread, which nothing else announces.
        return self._community.last().content


@pytest.fixture
async def wall(community: Community) -> Wall:
    channel = community.app.client.get_partial_messageable(community.channel.id)
    return Wall(community, await channel.send("first"))


async def test_the_text_is_edited_every_five_seconds_and_the_picture_every_thirty(wall: Wall) -> None:
    wall.placard.follow()
    assert await wall.show("0 s") == "0 s"
    wall.now_s = 4.9
    assert await wall.show("4.9 s") == "0 s"
    wall.now_s = 5.0
    assert await wall.show("5 s") == "5 s"
    assert wall.pictures == 1
    wall.now_s = 30.0
    assert await wall.show("30 s") == "30 s"
    assert wall.pictures == 2
    await wall.placard.close()


async def test_what_is_new_is_shown_at_once(wall: Wall) -> None:
    wall.placard.follow()
    await wall.show("training")
    assert await wall.show("evaluating", at_once=True) == "evaluating"
    await wall.placard.close()


async def test_after_an_hour_it_is_edited_once_a_minute(wall: Wall) -> None:
    wall.placard.follow()
    wall.now_s = 3601.0
    await wall.show("an hour")
    wall.now_s += 59.0
    assert await wall.show("59 s later") == "an hour"
    wall.now_s += 1.0
    assert await wall.show("60 s later") == "60 s later"
    await wall.placard.close()


async def test_a_deleted_message_is_left_alone_until_the_end_and_then_sent_anew(
    wall: Wall, community: Community
) -> None:
    wall.placard.follow()
    await community.app.client.get_partial_messageable(community.channel.id).get_partial_message(wall.id).delete()
    wall.placard.show(ProgressContent("progress"))
    await wall.placard.finish(ProgressContent("the end", None, wall.draw))
    assert community.last().content == "the end"
    assert community.last().id != wall.id
    assert len(community.last().attachments) == 1


async def test_a_picture_that_cannot_be_drawn_does_not_take_the_words_with_it(
    wall: Wall, community: Community, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> bytes:
        raise ValueError("not a number")

    await wall.placard.finish(ProgressContent("the end", None, broken))
    assert community.last().content == "the end"
    assert "could not draw" in caplog.text
