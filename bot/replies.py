"""The answers that are being written: from a question to its last edit, with Stop, waiting and the member's limit."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import discord

from bot.error_messages import ErrorBoundary
from bot.errors import NothingToStop, NotYoursToStop, TooManyQuestions
from bot.locales import Texts
from bot.messages.buttons import PassageButton, StopButton, WhyButton, make_view
from bot.messages.live_message import LAST_EDIT_TIMEOUT_S, Content, LiveMessage
from bot.messages.message_targets import MessageTarget
from bot.messages.throttling import Throttles
from bot.ports import AssistantPort, DocumentsPort
from bot.readiness import LazyService
from bot.render.answers import answer_pages
from bot.render.message_text import join_parts, loading_line, split_message, subtext, with_footer
from chains.types import Answer, AnswerEvent, Chosen, Decided, Delta, Finished, Question, Waiting


@dataclass(frozen=True, slots=True)
class Services:
    """What every answer needs."""

    assistant: LazyService[AssistantPort]
    documents: LazyService[DocumentsPort]
    texts: Texts
    error_boundary: ErrorBoundary
    throttles: Throttles


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """A question and the place of its answer."""

    question: Question
    channel_id: int
    outlet: MessageTarget
    head: str = ""
    """Stands above the answer: what was asked, or which server it is about."""


class Replies:
    """All answers in progress."""

    def __init__(self, services: Services, member_limit: int) -> None:
        self._services = services
        self._member_limit = member_limit
        self._in_progress: dict[str, RunningReply] = {}

    async def write(self, request: AnswerRequest) -> None:
        """Write the whole answer to `request`, after those to the asker's earlier questions in the same channel.

        Raises:
            TooManyQuestions: before anything is shown.
        """
        own = [reply for reply in self._in_progress.values() if reply.asker_id == request.question.asker_id]
        if len(own) >= self._member_limit:
            raise TooManyQuestions(self._member_limit)
        earlier = next((reply.ended for reply in reversed(own) if reply.channel_id == request.channel_id), None)
        reply_id = secrets.token_hex(8)
        reply = self._in_progress[reply_id] = RunningReply(reply_id, request, self._services, earlier)
        try:
            await reply.write()
        finally:
            del self._in_progress[reply_id]

    def stop(self, reply_id: str, user_id: str, *, moderator: bool) -> None:
        """Stop an answer on behalf of a member.

        Raises:
            NothingToStop: it is not being written.
            NotYoursToStop: it is another's, and the member is no moderator.
        """
        reply = self._in_progress.get(reply_id)
        if reply is None:
            raise NothingToStop
        if reply.asker_id != user_id and not moderator:
            raise NotYoursToStop
        reply.stop()


class RunningReply:
    """One answer in progress."""

    def __init__(
        self, reply_id: str, request: AnswerRequest, services: Services, earlier: asyncio.Event | None = None
    ) -> None:
        """`earlier`: set when the answer that must stand before this one stands."""
        self.ended = asyncio.Event()
        self._earlier = earlier
        self._request = request
        self._services = services
        self._language = request.question.language
        self._stop_view = make_view(StopButton(reply_id, self._language, self._say("answer.stop")))
        self._draft = LiveMessage(request.outlet, services.throttles.of(request.channel_id), self.stop)
        self._writing: asyncio.Task[Content] | None = None
        self._stopped = False
        self._decision_id: str | None = None
        self._turn_line = ""
        self._words = ""

    @property
    def asker_id(self) -> str:
        """Who asked."""
        return self._request.question.asker_id

    @property
    def channel_id(self) -> int:
        """Where it is answered."""
        return self._request.channel_id

    def stop(self) -> None:
        """End the writing; what is written stays."""
        self._stopped = True
        if self._writing is not None:
            self._writing.cancel()

    async def write(self) -> None:
        """Acknowledge the question, show the answer as it grows, and leave its last state."""
        try:
            await self._draft.open(self._interim(self._say("answer.thinking")))
            self._writing = asyncio.create_task(self._stream())
            if self._stopped:
                self._writing.cancel()
            await self._draft.finish(await self._outcome(self._writing))
        except asyncio.CancelledError:
            # The bot is ending: nobody should wait for more below what stands there. It ends too where Discord is slow.
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_EDIT_TIMEOUT_S):
                    await self._draft.finish(self._interrupted())
            raise
        finally:
            self.ended.set()
            await self._draft.close()

    async def _outcome(self, writing: asyncio.Task[Content]) -> Content:
        try:
            return await writing
        except asyncio.CancelledError:
            if not self._stopped:
                writing.cancel()
                await asyncio.wait([writing])
                raise
            return self._partial(self._say("answer.stopped"))
        except Exception as error:  # noqa: BLE001 - the boundary of one answer: it is logged and shown
            return self._partial("", self._services.error_boundary.sentence(error, self._language))

    async def _stream(self) -> Content:
        assistant = await self._loaded()
        if self._earlier is not None and not self._earlier.is_set():
            self._draft.show(self._interim(self._say("answer.earlier_first")))
            await self._earlier.wait()
        async with aclosing(assistant.stream(self._request.question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return self._whole(event.answer, assistant.headline(event.answer))
                self._take(event)
        raise RuntimeError("the assistant ended without an answer")

    async def _loaded(self) -> AssistantPort:
        """The assistant; until it is there, how far the loading is."""
        for part in (self._services.documents, self._services.assistant):
            async with aclosing(part.progress()) as reports:
                async for loading in reports:
                    line = loading_line(part.name, loading, self._language, self._services.texts)
                    self._draft.show(self._interim(self._say("loading.kept", progress=line)))
            await part.get()
        return await self._services.assistant.get()

    def _take(self, event: AnswerEvent) -> None:
        match event:
            case Decided(decision_id=decision_id, evidence=evidence):
                self._decision_id = decision_id
                self._show_turn(len(evidence))
            case Chosen(evidence=evidence):
                self._show_turn(len(evidence))
            case Waiting(ahead=ahead) if ahead:
                self._draft.show(self._interim(self._say("answer.ahead", count=ahead)))
            case Waiting():
                self._draft.show(self._interim(self._turn_line))
            case Delta(text=text):
                self._words += text
                self._draft.show(self._interim(self._words))

    def _show_turn(self, passages: int) -> None:
        """Say what happens when the answer's turn has come."""
        self._turn_line = self._say("answer.reading" if passages else "answer.writing", count=passages)
        self._draft.show(self._interim(self._turn_line))

    def _interim(self, text: str) -> Content:
        return Content(split_message(join_parts(self._request.head, text)), self._stop_view)

    def _whole(self, answer: Answer, headline: str) -> Content:
        pages = answer_pages(answer, headline, self._services.texts, datetime.now(UTC), self._request.head)
        return Content(pages, self._why(len(answer.evidence)))

    def _partial(self, status: str, sentence: str = "") -> Content:
        """What stands there when the answer did not come to its end."""
        words = join_parts(self._request.head, self._words.strip(), sentence)
        if not self._words and not sentence:
            words = join_parts(self._request.head, self._say("answer.stopped_empty"))
        return Content(with_footer(words, subtext(status) if status and self._words else ""), self._why())

    def _interrupted(self) -> Content:
        words = join_parts(self._request.head, self._words.strip())
        return Content(with_footer(words, self._say("answer.interrupted")), self._why())

    def _why(self, passages: int = 0) -> discord.ui.View | None:
        """What a reader may ask below an answer: its reasons, and each of its passages, by number where several are."""
        if self._decision_id is None:
            return None
        shown = [
            PassageButton(
                self._decision_id,
                number,
                self._language,
                self._say("passages.show" if passages == 1 else "passages.show_one_of", number=number),
            )
            for number in range(1, passages + 1)
        ]
        return make_view(WhyButton(self._decision_id, self._language, self._say("answer.why")), *shown)

    def _say(self, key: str, /, **values: object) -> str:
        return self._services.texts(self._language, key, **values)
