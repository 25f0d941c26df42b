"""What models on this machine have in common as LangChain's chat models: streaming, cancellable, one answer at a time.

Edit this file for what LangChain expects of a chat model: tools, streaming, metadata.
"""

from __future__ import annotations

import asyncio
import queue
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Self

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.chat_models import agenerate_from_stream, generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, PrivateAttr

from finetune.serving import tool_calls
from finetune.serving.engine import Engine, LoadedModel
from finetune.serving.generation import Busy, GenerationRequest, GenerationResult, IsStopping, Sampling
from finetune.serving.tool_calls import ToolCallSplitter
from finetune.types import LABEL_PROBABILITY


class QueuedChatModel(BaseChatModel):
    """Answers with a model of this machine, decoding greedily unless it is told to sample.

    A prompt longer than the context raises PromptTooLongError: nothing is cut silently. Cancelling the waiting task, or
    closing the stream, frees the worker for the next answer at once.
    """

    max_new_tokens: int = Field(default=384, ge=1)
    threads: int = Field(default=2, ge=1)
    busy: Busy | None = None
    """Counts the answers that are being generated."""
    sampling: Sampling | None = None
    """None: always the likeliest word."""
    _engine: Engine = PrivateAttr()

    def model_post_init(self, context: object, /) -> None:
        """Create the engine, which loads nothing yet. Raises what naming the model raises."""
        super().model_post_init(context)
        self._engine = Engine(self._find_title(), self._load_model, self.busy)

    @abstractmethod
    def _find_title(self) -> str:
        """Return the model's name, for people."""

    @abstractmethod
    def _load_model(self, is_stopping: IsStopping) -> LoadedModel:
        """Load the model; called in the engine's thread."""

    def sampled(self, sampling: Sampling, max_new_tokens: int) -> Self:
        """Return the same loaded model, which draws its words, and at most `max_new_tokens` of them."""
        return self.model_copy(
            update={"sampling": sampling, "max_new_tokens": min(max_new_tokens, self.max_new_tokens)}
        )

    @property
    def title(self) -> str:
        """The model's name, for people."""
        return self._engine.title

    def load(self) -> None:
        """Load the model now, before the first question. Blocks."""
        self._engine.load()

    def close(self) -> None:
        """End the running answer and drop those that wait. Blocks briefly."""
        self._engine.close()

    def bind_tools(
        self,
        tools: Sequence[dict[str, object] | type | Callable[..., object] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: object,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Show the tools' schemas to the model. `tool_choice` makes its answer start as a call of that tool, or, for
        `any` and `required`, of one of them. Blocks until the model is loaded.

        Raises:
            NotImplementedError: the chat template knows no tools, or writes their calls in a form unknown here.
        """
        if not self._engine.knows_tools():
            raise NotImplementedError(f"{self.title} can't call tools: its chat template has no {tool_calls.OPEN}")
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=tool_choice, **kwargs)

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
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        request = self._request(messages, stop, kwargs)
        split = _splitter(request)
        generation = self._engine.start(request, pieces.put)
        # However the generation ends, even by an error, the reader is notified.
        generation.result.add_done_callback(lambda _: pieces.put(None))
        try:
            while (text := pieces.get()) is not None:
                for chunk in split.push(text):
                    yield ChatGenerationChunk(message=chunk)
            for chunk in split.flush():
                yield ChatGenerationChunk(message=chunk)
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
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        def on_text(text: str | None) -> None:
            # The loop may have ended while the worker was in the middle of a token.
            if not loop.is_closed():
                loop.call_soon_threadsafe(pieces.put_nowait, text)

        request = self._request(messages, stop, kwargs)
        split = _splitter(request)
        generation = self._engine.start(request, on_text)
        generation.result.add_done_callback(lambda _: on_text(None))
        try:
            while (text := await pieces.get()) is not None:
                for chunk in split.push(text):
                    yield ChatGenerationChunk(message=chunk)
            for chunk in split.flush():
                yield ChatGenerationChunk(message=chunk)
            yield self._last_chunk(generation.result.result())
        finally:
            generation.cancel()

    def _request(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, object]
    ) -> GenerationRequest:
        bound, choice = kwargs.get("tools"), kwargs.get("tool_choice")
        tools = tuple(tool for tool in bound if isinstance(tool, dict)) if isinstance(bound, list) else ()
        return GenerationRequest(
            messages=tuple(messages),
            max_new_tokens=self.max_new_tokens,
            stop=tuple(stop or ()),
            tools=tools,
            sampling=self.sampling,
            prefix=tool_calls.forced_prefix(choice if isinstance(choice, str) else None, _tool_names(tools)),
        )

    def _last_chunk(self, generated: GenerationResult) -> ChatGenerationChunk:
        usage = UsageMetadata(
            input_tokens=generated.input_tokens,
            output_tokens=generated.output_tokens,
            total_tokens=generated.input_tokens + generated.output_tokens,
            input_token_details=InputTokenDetails(cache_read=generated.cached_tokens),
        )
        metadata: dict[str, object] = {"model_name": self.title, "finish_reason": generated.finish_reason.value}
        if generated.label_probability is not None:
            metadata[LABEL_PROBABILITY] = generated.label_probability
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=usage,
                response_metadata=metadata,
                chunk_position="last",
            )
        )


def _splitter(request: GenerationRequest) -> ToolCallSplitter:
    """Return a splitter for the answer to `request`, which has already read the forced prefix."""
    splitter = ToolCallSplitter(_tool_names(request.tools))
    if request.prefix:
        splitter.push(request.prefix)
    return splitter


def _tool_names(tools: Sequence[Mapping[str, object]]) -> tuple[str, ...]:
    functions = (tool["function"] for tool in tools)
    return tuple(str(function["name"]) for function in functions if isinstance(function, Mapping))
