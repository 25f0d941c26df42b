"""A real assistant, with its finished answers kept: what Discord shows of them is not all that a test asks about."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.ports import AssistantPort
from chains.routing.explain import Explanation
from chains.types import Answer, AnswerEvent, Cited, Finished, Language, Question


class RecordingAssistant:
    """Fulfils `bot.ports.Assistant` by another one."""

    def __init__(self, assistant: AssistantPort) -> None:
        self._assistant = assistant
        self.answers: list[Answer] = []

    async def stream(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        async with aclosing(self._assistant.stream(question)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    self.answers.append(event.answer)
                yield event

    def headline(self, answer: Answer) -> str:
        return self._assistant.headline(answer)

    async def explanation(self, decision_id: str, language: Language) -> Explanation:
        return await self._assistant.explanation(decision_id, language)

    async def asker_of(self, decision_id: str) -> str:
        return await self._assistant.asker_of(decision_id)

    async def cited(self, decision_id: str) -> Cited:
        return await self._assistant.cited(decision_id)


_CONFORMS: type[AssistantPort] = RecordingAssistant
