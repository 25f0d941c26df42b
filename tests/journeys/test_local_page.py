"""Discord in the browser: the page's own protocol, spoken to a live bot."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import httpx
import pytest
import simcord
from simcord.backend.models import Message

from bot.local.app import LocalDiscord
from bot.local.saved_conversation import AttachmentStore
from bot.local.simulator import LivePage
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.loader import Loader
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant
from tests.journeys import discord_api


class Tab:
    """A browser's tab: opens the page, sends what a person does, reads what is published."""

    def __init__(self, page: LivePage, http: httpx.AsyncClient) -> None:
        self._page, self._http = page, http
        self._state: dict[str, Any] = {}
        self._sequence = 0

    async def open(self) -> None:
        answer = await self._http.post("/api/pages", json={})
        self._state = answer.raise_for_status().json()
        self._http.headers["X-Simcord-Context"] = self._state["context"]["id"]

    async def act(self, kind: str, **body: Any) -> dict[str, Any]:
        """Act on the state that was read last, however old it is."""
        self._sequence += 1
        answer = await self._http.post(
            "/api/action",
            json={
                "kind": kind,
                "protocol_version": 3,
                "sequence": self._sequence,
                "request_id": f"r{self._sequence}",
                "generation": self._state["context"]["generation"],
                "bot_generation": self._state["botGeneration"],
                "published_revision": self._state["publishedRevision"],
                **body,
            },
        )
        receipt: dict[str, Any] = answer.raise_for_status().json()
        assert receipt["settlement"] == "settled", receipt
        return receipt

    async def say(self, text: str) -> None:
        await self.act("send_message", content=text, target_id=None, reply_to_id=None)

    async def read(self) -> list[str]:
        self._state = (await self._http.get("/api/state")).raise_for_status().json()
        return [self._state["messages"][key]["content"] for key in self._state["timeline"]]

    async def wait_for(self, shown: Callable[[list[str]], bool]) -> list[str]:
        while not shown(texts := await self.read()):
            pass
        return texts

    async def button(self, label: str) -> dict[str, str]:
        """What to act on for the last button of that label."""
        await self.read()
        for key in reversed(self._state["timeline"]):
            for row in self._state["messages"][key]["components"]:
                for child in row["components"]:
                    if child.get("label") == label:
                        return {"target_id": key, "control_key": child["control_key"]}
        raise AssertionError(f"there is no button {label!r}")


Start = Callable[[], AbstractAsyncContextManager[tuple[LocalDiscord, Tab]]]


@pytest.fixture
def start(settings: Settings, assistant: ScriptedAssistant, documents: ListedDocuments) -> Start:
    @asynccontextmanager
    async def local() -> AsyncIterator[tuple[LocalDiscord, Tab]]:
        world = LocalDiscord(
            settings, LazyService.of("documents", documents), LazyService.of("chat_model", assistant), Loader(settings)
        )
        try:
            async with await world.open(None, "ask-the-crew") as page:
                headers = {"X-Simcord-Capability": page.capability}
                async with httpx.AsyncClient(base_url=page.url.partition("/#")[0], headers=headers) as http:
                    tab = Tab(page, http)
                    await tab.open()
                    yield world, tab
        finally:
            discord_api.check(list(world.env.http_requests))
            await world.close()

    return local


async def test_the_first_start_greets_and_takes_the_handbook_in(start: Start, documents: ListedDocuments) -> None:
    async with start() as (_, tab):
        texts = await tab.wait_for(lambda texts: any("Added the handbook" in text for text in texts))
    assert texts[0].startswith("**Welcome to Harbour Lights**")
    assert "tools.md" in {source.name for source in documents.listed}


async def test_an_answer_grows_on_the_page_while_it_is_written_and_can_be_stopped_there(
    start: Start, assistant: ScriptedAssistant
) -> None:
    assistant.may_go_on.clear()
    async with start() as (_, tab):
        await tab.say("@Routewise How long can I borrow a tool?")
        await tab.wait_for(lambda texts: texts[-1] == "Seven")
        await tab.act("click", **await tab.button("Stop"))
        texts = await tab.wait_for(lambda texts: texts[-1].endswith("stopped"))
    assert texts[-1] == "Seven\n-# stopped"
    assert assistant.questions[0].text == "How long can I borrow a tool?"


async def test_what_one_member_alone_sees_is_shown_though_it_comes_late(
    start: Start, assistant: ScriptedAssistant
) -> None:
    async with start() as (_, tab):
        await tab.say("@Routewise How long can I borrow a tool?")
        # Nothing else may happen in the channel meanwhile, which would bring the explanation with it.
        await tab.wait_for(lambda texts: any("Added the handbook" in text for text in texts))
        await tab.wait_for(lambda texts: any("4.2 s" in text for text in texts))
        assistant.may_go_on.clear()
        await tab.act("click", **await tab.button("Why?"))
        await asyncio.sleep(4 * 0.25)  # the page's interval: it is at rest again
        assistant.may_go_on.set()
        async with asyncio.timeout(10):
            await tab.wait_for(lambda texts: any("**Route: documents**" in text for text in texts))


async def test_what_is_typed_while_the_page_changes_is_taken_all_the_same(
    start: Start, assistant: ScriptedAssistant
) -> None:
    async with start() as (_, tab):
        await tab.say("@Routewise One?")
        await tab.say("@Routewise Two?")
        await tab.wait_for(lambda texts: sum("4.2 s" in text for text in texts) == 2)
    assert {question.text for question in assistant.questions} == {"One?", "Two?"}


async def test_ids_conversation_and_address_are_the_same_after_a_restart(
    start: Start, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    async with start() as (first, tab):
        await tab.say("@Routewise How long can I borrow a tool?")
        before = await tab.wait_for(
            lambda texts: "4.2 s" in texts[-1] and any("Added the handbook" in text for text in texts)
        )
        known = first.world.guild.id, [channel.id for channel in first.world.channels.values()]
        url = first.env._preview.url if first.env._preview else ""
    documents.listed.clear()
    async with start() as (second, tab):
        assert await tab.read() == before
        assert (second.world.guild.id, [channel.id for channel in second.world.channels.values()]) == known
        await tab.act("click", **await tab.button("Why?"))
        after = await tab.wait_for(lambda texts: any("**Route: documents**" in text for text in texts))
        assert second.env._preview is not None
        assert second.env._preview.url.partition("#")[2] == url.partition("#")[2]
    assert after[: len(before)] == before
    assert documents.listed == [], "what a moderator removed stays away"


async def test_the_end_of_the_bot_while_the_handbook_is_read_is_said(
    settings: Settings, assistant: ScriptedAssistant
) -> None:
    world = LocalDiscord(settings, LazyService("documents"), LazyService.of("chat_model", assistant), Loader(settings))
    channel = world.world.channels["ask-the-crew"]
    async with await world.open(None, "ask-the-crew"), asyncio.timeout(60):
        while len(channel.history(viewer=world.world.viewers[0])) < 2:
            await world.env.settle()
    await world.close()
    last = channel.last_message
    assert last is not None
    assert last.content == "-# The bot was stopped before it had read the handbook. It reads it at the next start."


@pytest.mark.parametrize(
    "content", [b'[{"id": 1, "chan', b"\xff\xfe", b"{}", b'[{"id": 1}]', b'[{"no_such_field": 1}]', b"[3]"]
)
async def test_a_conversation_that_cannot_be_read_is_set_aside_and_the_page_starts(
    start: Start, settings: Settings, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    folder = settings.bot.data_dir
    async with start() as (_, tab):
        await tab.wait_for(lambda texts: any("Added the handbook" in text for text in texts))
    (folder / "local_conversation.json").write_bytes(content)
    (folder / "local_conversation_files").mkdir(exist_ok=True)
    (folder / "local_conversation_files" / "7").write_bytes(b"a picture")
    async with start() as (_, tab):
        await tab.wait_for(bool)
    assert (folder / "local_conversation.json.unreadable").read_bytes() == content
    assert (folder / "local_conversation_files.unreadable" / "7").read_bytes() == b"a picture"
    assert "local_conversation.json" in caplog.text


async def test_notes_that_cannot_be_read_are_set_aside_and_the_page_starts(start: Start, settings: Settings) -> None:
    folder = settings.bot.data_dir
    folder.mkdir(parents=True)
    (folder / "local.json").write_bytes(b'{"capabil')
    async with start() as (_, tab):
        await tab.wait_for(lambda texts: any("Added the handbook" in text for text in texts))
    assert (folder / "local.json.unreadable").read_bytes() == b'{"capabil'


async def test_a_picture_that_the_bot_attached_is_there_again_after_a_restart(start: Start) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"0" * 2000
    async with start() as (first, _):
        channel = first.app.client.get_channel(first.world.channels["ask-the-crew"].id)
        assert isinstance(channel, discord.TextChannel)
        sent = await channel.send("A chart", file=discord.File(io.BytesIO(picture), "chart.png"))
    async with start() as (second, _):
        kept = second.env.backend.messages[sent.channel.id][sent.id]
        [attachment] = kept.attachments
        assert second.env.backend.cdn.get(attachment["url"]) == picture
        assert attachment["filename"] == "chart.png"


def test_of_many_pictures_the_latest_are_kept(tmp_path: Path) -> None:
    env = simcord.Env(discord.Client(intents=discord.Intents.none()))
    messages = [Message(number, 1, 1, attachments=[_stored(env, number)]) for number in (11, 12, 13)]
    pictures = AttachmentStore(env, tmp_path / "files", most_bytes=2000)
    pictures.save(messages)
    assert {path.name for path in (tmp_path / "files").iterdir()} == {"12", "13"}
    for message in messages:
        pictures.restore(message)
    assert [len(message.attachments) for message in messages] == [0, 1, 1]
    pictures.save(messages[:1])
    assert list((tmp_path / "files").iterdir()) == []


def _stored(env: simcord.Env, number: int) -> dict[str, Any]:
    return env.backend.cdn.store_attachment(number, 1, "x.png", b"0" * 1000, None)


async def test_the_page_of_a_hidden_channel_is_open_to_those_who_see_it(
    settings: Settings, assistant: ScriptedAssistant, documents: ListedDocuments
) -> None:
    world = LocalDiscord(
        settings, LazyService.of("documents", documents), LazyService.of("chat_model", assistant), Loader(settings)
    )
    try:
        page = await world.open(None, "committee")
        assert [viewer.name for viewer in page.viewers] == ["moritz", "iris"]
    finally:
        await world.close()
