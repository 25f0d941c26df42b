"""Writes answers into Discord, from the question to the last edit, with Stop, queueing and each member's limit.

Edit this file to change what members see while an answer is being written.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from contextlib import AbstractContextManager, aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import discord

from bot.error_messages import ErrorBoundary
from bot.errors import NothingToStop, NotYoursToStop, ServerBusy, TooManyQuestions
from bot.locales import Texts
from bot.member_limit import MemberLimit
from bot.messages.buttons import PassageButton, StopButton, WhyButton, make_view
from bot.messages.live_message import LAST_EDIT_TIMEOUT_S, Content, LiveMessage
from bot.messages.message_targets import MessageTarget
from bot.messages.throttling import Throttles
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.render.answer_links import with_known_links
from bot.render.answers import answer_pages
from bot.render.message_text import join_parts, loading_line, split_message, subtext, with_footer
from chains.types import (
    Answer,
    AnswerEvent,
    AskedIn,
    BotTopic,
    Chosen,
    Decided,
    Delta,
    Finished,
    Question,
    Route,
    Waiting,
)

_MOST_REMEMBERED = 10_000
"""The members whose last answers are remembered."""


@dataclass(frozen=True, slots=True)
class Services:
    """Keeps the services that every answer needs."""

    assistant: LazyService[AssistantPort]
    documents: LazyService[DocumentsPort]
    texts: Texts
    error_boundary: ErrorBoundary
    throttles: Throttles


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Keeps a question and where its answer goes."""

    question: Question
    channel_id: int
    target: MessageTarget
    head: str = ""
    """The line above the answer: the question, or the server that it is about."""


class Replies:
    """Keeps all answers in progress."""

    def __init__(self, services: Services, member_limit: int, guild_limit: int) -> None:
        self._services = services
        self._limit = MemberLimit(member_limit, TooManyQuestions)
        self._guild_limit = MemberLimit(guild_limit, ServerBusy)
        self._in_progress: dict[str, RunningReply] = {}
        self._last: OrderedDict[tuple[int, str, AskedIn], str] = OrderedDict()
        """The latest decisions, by channel, asker and who sees the answer; forgotten when the bot restarts."""

    def check_limit(self, asker_id: str) -> None:
        """Raise TooManyQuestions if the member has as many questions in progress as they may."""
        self._limit.check(asker_id)

    def place(self, asker_id: str, *, repeats: bool = True) -> AbstractContextManager[None]:
        """Return the place of one question, to be taken before anything is fetched for it. See `MemberLimit.place`."""
        return self._limit.place(asker_id, repeats=repeats)

    async def write(self, request: AnswerRequest, *, repeats: bool = True) -> None:
        """Write the whole answer to `request`, after the asker's earlier ones in the same channel. It needs a `place`.

        Raises:
            ServerBusy: the server has as many questions in progress as it may; without `repeats`, only once.
        """
        own = [reply for reply in self._in_progress.values() if reply.asker_id == request.question.asker_id]
        earlier = next((reply.ended for reply in reversed(own) if reply.channel_id == request.channel_id), None)
        reply_id = secrets.token_hex(8)
        with self._guild_limit.place(request.question.guild_id, repeats=repeats):
            await self._write(RunningReply(reply_id, request, self._services, earlier), reply_id, request)

    async def _write(self, reply: RunningReply, reply_id: str, request: AnswerRequest) -> None:
        self._in_progress[reply_id] = reply
        try:
            await reply.write()
        finally:
            del self._in_progress[reply_id]
            if reply.explained is not None:
                self._remember(request, reply.explained)

    def last_decision(self, channel_id: int, asker_id: str, asked_in: AskedIn) -> str | None:
        """Return the id of the decision behind the member's last answer there; None if none is remembered.

        What only the member saw is not the last answer where others read along, nor the other way round.
        """
        return self._last.get((channel_id, asker_id, asked_in))

    def _remember(self, request: AnswerRequest, decision_id: str) -> None:
        key = (request.channel_id, request.question.asker_id, request.question.asked_in)
        self._last[key] = decision_id
        self._last.move_to_end(key)
        if len(self._last) > _MOST_REMEMBERED:
            self._last.popitem(last=False)

    def stop(self, reply_id: str, user_id: str, *, moderator: bool) -> None:
        """Stop an answer on behalf of a member.

        Raises:
            NothingToStop: it is no longer being written.
            NotYoursToStop: it is another member's, and this one is not a moderator.
        """
        reply = self._in_progress.get(reply_id)
        if reply is None:
            raise NothingToStop
        if reply.asker_id != user_id and not moderator:
            raise NotYoursToStop
        reply.stop()


class RunningReply:
    """Writes one answer."""

    def __init__(
        self, reply_id: str, request: AnswerRequest, services: Services, earlier: asyncio.Event | None = None
    ) -> None:
        """`earlier` is set once the member's earlier answer in the same channel is complete."""
        self.ended = asyncio.Event()
        self._earlier = earlier
        self._request = request
        self._services = services
        self._language = request.question.language
        self._stop_view = make_view(StopButton(reply_id, self._language, self._text("answer.stop")))
        self._message = LiveMessage(request.target, services.throttles.of(request.channel_id), self.stop)
        self._writing: asyncio.Task[Content] | None = None
        self._stopped = False
        self._decision_id: str | None = None
        self.explained: str | None = None
        """The id of the decision that a later "why?" is about; None: there is none, or it answers such a question."""
        self._activity = ""
        self._written = ""
        self._is_tuned = False
        """Whether a tuned model writes, whose text is shown as it is."""

    @property
    def asker_id(self) -> str:
        """Return the id of the member who asked."""
        return self._request.question.asker_id

    @property
    def channel_id(self) -> int:
        """Return the id of the channel of the answer."""
        return self._request.channel_id

    def stop(self) -> None:
        """Stop writing; what is written stays."""
        self._stopped = True
        if self._writing is not None:
            self._writing.cancel()

    async def write(self) -> None:
        """Acknowledge the question, show the answer as it grows, and finish it."""
        try:
            await self._message.open(self._interim(self._text("answer.thinking")))
            self._writing = asyncio.create_task(self._stream())
            if self._stopped:
                self._writing.cancel()
            await self._message.finish(await self._outcome(self._writing))
        except asyncio.CancelledError:
            # The bot is stopping: say so, lest members wait for more, but let a slow Discord not delay the stop.
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_EDIT_TIMEOUT_S):
                    await self._message.finish(self._interrupted())
            raise
        finally:
            self.ended.set()
            await self._message.close()

    async def _outcome(self, writing: asyncio.Task[Content]) -> Content:
        try:
            return await writing
        except asyncio.CancelledError:
            if not self._stopped:
                writing.cancel()
                await asyncio.wait([writing])
                raise
            return self._partial(self._text("answer.stopped"))
        except Exception as error:  # noqa: BLE001 - the boundary of one answer: it is logged and shown
            return self._partial("", self._services.error_boundary.sentence(error, self._language))

    async def _stream(self) -> Content:
        assistant = await self._loaded_assistant()
        if self._earlier is not None and not self._earlier.is_set():
            self._message.show(self._interim(self._text("answer.earlier_first")))
            await self._earlier.wait()
        async with aclosing(assistant.stream(self._request.question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return self._whole(event.answer, assistant.headline(event.answer))
                self._handle(event)
        raise RuntimeError("the assistant ended without an answer")

    async def _loaded_assistant(self) -> AssistantPort:
        """Return the assistant; show the progress of its loading until then."""
        for service in (self._services.documents, self._services.assistant):
            async with aclosing(service.progress()) as reports:
                async for loading in reports:
                    line = loading_line(service.name, loading, self._language, self._services.texts)
                    self._message.show(self._interim(self._text("loading.kept", progress=line)))
            await service.get()
        return await self._services.assistant.get()

    def _handle(self, event: AnswerEvent) -> None:
        match event:
            case Decided(decision_id=decision_id, decision=decision, evidence=evidence):
                self._decision_id = decision_id
                self._is_tuned = decision.route is Route.SPECIALIST
                self.explained = None if decision.bot_topic is BotTopic.WHY else decision_id
                self._show_activity(len(evidence))
            case Chosen(evidence=evidence):
                self._show_activity(len(evidence))
            case Waiting(ahead=ahead) if ahead:
                self._message.show(self._interim(self._text("answer.ahead", count=ahead)))
            case Waiting():
                self._message.show(self._interim(self._activity))
            case Delta(text=text):
                self._written += text
                self._message.show(self._interim(self._shown()))

    def _show_activity(self, passages: int) -> None:
        """Show what happens once it is the answer's turn."""
        self._activity = self._text("answer.reading" if passages else "answer.writing", count=passages)
        self._message.show(self._interim(self._activity))

    def _interim(self, text: str) -> Content:
        return Content(split_message(join_parts(self._request.head, text)), self._stop_view)

    def _shown(self) -> str:
        """Return what was written so far; which of its links its sources have is known at the end."""
        return self._written if self._is_tuned else with_known_links(self._written, ())

    def _whole(self, answer: Answer, headline: str) -> Content:
        pages = answer_pages(answer, headline, self._services.texts, datetime.now(UTC), self._request.head)
        return Content(pages, self._buttons(len(answer.evidence)))

    def _partial(self, status: str, sentence: str = "") -> Content:
        """Return what an incomplete answer shows at the end."""
        words = join_parts(self._request.head, self._shown().strip(), sentence)
        if not self._written and not sentence:
            words = join_parts(self._request.head, self._text("answer.stopped_empty"))
        return Content(with_footer(words, subtext(status) if status and self._written else ""), self._buttons())

    def _interrupted(self) -> Content:
        words = join_parts(self._request.head, self._shown().strip())
        return Content(with_footer(words, self._text("answer.interrupted")), self._buttons())

    def _buttons(self, passages: int = 0) -> discord.ui.View | None:
        """Return the buttons below an answer: Why, and one for each of its passages."""
        if self._decision_id is None:
            return None
        shown = [
            PassageButton(
                self._decision_id,
                number,
                self._language,
                self._text("passages.show" if passages == 1 else "passages.show_one_of", number=number),
            )
            for number in range(1, passages + 1)
        ]
        return make_view(WhyButton(self._decision_id, self._language, self._text("answer.why")), *shown)

    def _text(self, key: str, /, **values: object) -> str:
        return self._services.texts(self._language, key, **values)
