"""A model on this machine as LangChain's chat model: streaming, cancellable, one answer at a time.

Knows a prepared model folder; doesn't know where that came from, nor who asks.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from pathlib import Path

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.chat_models import agenerate_from_stream, generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, PrivateAttr

from finetune.engine import Engine
from finetune.generation import Generated, Request


class LocalChatModel(BaseChatModel):
    """Greedy by default. A prompt beyond the context raises PromptTooLongError: nothing is cut silently.

    Cancelling the task that waits, or closing the stream, frees the worker for the next answer at once.
    """

    folder: Path
    """Prepared by `weights`, or any model folder that is given a name by `shown_as`."""
    shown_as: str | None = None
    """The model's name, for people; None: what the prepared folder calls it."""
    max_new_tokens: int = Field(default=384, ge=1)
    threads: int = Field(default=2, ge=1)
    _engine: Engine = PrivateAttr()

    def model_post_init(self, context: object, /) -> None:
        """Raises BrokenFolderError. Loads nothing yet."""
        super().model_post_init(context)
        self._engine = Engine(self.folder, self.threads, self.shown_as)

    @property
    def title(self) -> str:
        """The model's name, for people."""
        return self._engine.title

    def load(self) -> None:
        """Load the model now, before anybody asks. Blocks."""
        self._engine.load()

    def close(self) -> None:
        """End the running answer and forget those that wait. Blocks briefly."""
        self._engine.close()

    def bind_tools(
        self,
        tools: Sequence[dict[str, object] | type | Callable[..., object] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: object,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Show the tools' schemas to the model, where its chat template knows tools. Nothing forces a choice."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    @property
    def _llm_type(self) -> str:
        return "routewise-local"

    @property
    def _identifying_params(self) -> Mapping[str, object]:
        return {"model": self.title, "max_new_tokens": self.max_new_tokens}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        return await agenerate_from_stream(self._astream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> Iterator[ChatGenerationChunk]:
        words: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        generation = self._engine.start(self._request(messages, stop, kwargs), words.put)
        # However the generation ends, an error included, the reader is told.
        generation.result.add_done_callback(lambda _: words.put(None))
        try:
            while (text := words.get()) is not None:
                yield _chunk(text)
            yield self._last_chunk(generation.result.result())
        finally:
            generation.cancel()

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        loop = asyncio.get_running_loop()
        words: asyncio.Queue[str | None] = asyncio.Queue()

        def deliver(text: str | None) -> None:
            # The loop may have ended while the worker was in the middle of a token.
            if not loop.is_closed():
                loop.call_soon_threadsafe(words.put_nowait, text)

        generation = self._engine.start(self._request(messages, stop, kwargs), deliver)
        generation.result.add_done_callback(lambda _: deliver(None))
        try:
            while (text := await words.get()) is not None:
                yield _chunk(text)
            yield self._last_chunk(generation.result.result())
        finally:
            generation.cancel()

    def _request(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, object]) -> Request:
        tools = kwargs.get("tools")
        return Request(
            messages=tuple(messages),
            max_new_tokens=self.max_new_tokens,
            stop=tuple(stop or ()),
            tools=tuple(tool for tool in tools if isinstance(tool, dict)) if isinstance(tools, list) else (),
        )

    def _last_chunk(self, generated: Generated) -> ChatGenerationChunk:
        usage = UsageMetadata(
            input_tokens=generated.input_tokens,
            output_tokens=generated.output_tokens,
            total_tokens=generated.input_tokens + generated.output_tokens,
        )
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=usage,
                response_metadata={"model_name": self.title, "finish_reason": generated.finish_reason},
                chunk_position="last",
            )
        )


def _chunk(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))
