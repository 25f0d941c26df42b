"""A GGUF file that llama.cpp runs in a child process: from messages to text that grows.

For one thread at a time. Edit this file for how a prompt is written for llama.cpp, and what its answers mean.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import TemplateError

from finetune.data.transcript import TemplateTurn, turns_of
from finetune.errors import ModelCrashedError, NoChatTemplateError, PromptTooLongError
from finetune.serving import tool_calls
from finetune.serving.generation import FinishReason, GenerationRequest, GenerationResult, IsStopping, OnText
from finetune.serving.llama_cpp_child import LlamaCppChild
from weights.gguf_header import read_gguf_header

_log = logging.getLogger(__name__)

_MOST_CONTEXT_TOKENS = 8192
"""A prompt holds a few passages; a longer context would take memory that is never used."""


class GgufModel:
    """Generates text with one GGUF file.

    Its process is started again after a crash, by the next request; the answer that the crash cut off is lost.
    """

    def __init__(self, file: Path, threads: int, title: str, is_closing: Callable[[], bool]) -> None:
        """Load the file, unless `is_closing`. Raises NoChatTemplateError, ModelNotLoadedError."""
        self._header = read_gguf_header(file)
        if self._header.chat_template is None:
            raise NoChatTemplateError(title)
        self._file = file
        self._threads = threads
        self._title = title
        self._is_closing = is_closing
        self._template = self._header.chat_template
        self.knows_tools = tool_calls.OPEN in self._template
        self._context_tokens = min(self._header.context_tokens or _MOST_CONTEXT_TOKENS, _MOST_CONTEXT_TOKENS)
        self._requests = 0
        self._child: LlamaCppChild | None = self._started()

    def generate(self, request: GenerationRequest, on_text: OnText, is_stopping: IsStopping) -> GenerationResult:
        """Pass on the answer piece by piece.

        Raises:
            PromptTooLongError: before the first piece.
            ModelCrashedError: this answer is lost; the next request starts the model again.
            ModelNotLoadedError: it could not be started again.
        """
        if request.adapter is not None or request.labels:
            raise ValueError("a GGUF file answers neither with an adapter nor with labels")
        prompt = self._prompt(request)
        if self._child is None or not self._child.is_running():
            self.close()
            self._child = self._started()
        try:
            return self._answer(self._child, request, prompt, on_text, is_stopping)
        except ModelCrashedError:
            self.close()
            raise

    def close(self) -> None:
        """End the process. Blocks briefly."""
        if self._child is not None:
            self._child.end()
        self._child = None

    def _started(self) -> LlamaCppChild:
        began = time.monotonic()
        child = LlamaCppChild(self._file, self._title, self._threads, self._context_tokens)
        try:
            child.wait_until_loaded(self._is_closing)
        except BaseException:
            child.end()
            raise
        _log.info("llama.cpp loaded %s in %.1f s", self._title, time.monotonic() - began)
        return child

    def _answer(
        self,
        child: LlamaCppChild,
        request: GenerationRequest,
        prompt: str | list[int | str],
        on_text: OnText,
        is_stopping: IsStopping,
    ) -> GenerationResult:
        self._requests += 1
        options: dict[str, object] = {
            "prompt": prompt,
            "max_tokens": request.max_new_tokens,
            "stop": [string for string in request.stop if string],
            "temperature": 0,
            "cache_prompt": True,
        }
        for message in child.complete(self._requests, options, is_stopping):
            if message.error is not None:
                raise self._error_of(message.error)
            if message.text:
                on_text(message.text)
            if message.finish_reason is not None:
                reason = FinishReason(message.finish_reason)
                return GenerationResult(message.input_tokens, message.output_tokens, reason, message.cached_tokens)
        raise ModelCrashedError(self._title, "its answer has no end")

    def _error_of(self, error: Mapping[str, object]) -> Exception:
        match error:
            case {"type": "exceed_context_size_error", "n_prompt_tokens": int(prompt), "n_ctx": int(context)}:
                return PromptTooLongError(prompt, context)
            case _:
                return ModelCrashedError(self._title, str(error.get("message", error)).rstrip("."))

    def _prompt(self, request: GenerationRequest) -> str | list[int | str]:
        """Return the prompt as llama.cpp reads it, which adds the token that begins a text only where it has to."""
        turns = turns_of(request.messages, knows_tools=self.knows_tools, control_tokens=self._header.control_tokens)
        tools = [dict(tool) for tool in request.tools] if request.tools and self.knows_tools else None
        try:
            rendered = self._rendered(turns, tools)
        except TemplateError:
            # Some families have no system turn.
            rendered = self._rendered(_without_system_turn(turns), tools)
        text = f"{rendered}{request.prefix}"
        bos = self._header.bos
        if bos and self._header.bos_id is not None and text.startswith(bos):
            return [self._header.bos_id, text.removeprefix(bos)]
        return text

    def _rendered(self, turns: Sequence[TemplateTurn], tools: list[dict[str, object]] | None) -> str:
        from transformers.utils.chat_template_utils import render_jinja_template

        # Its annotations are wrong: it takes any mappings, and returns a list of texts beside something else.
        rendered: tuple[list[str], object] = render_jinja_template(  # type: ignore[assignment]
            conversations=[list(turns)],  # type: ignore[arg-type]
            tools=tools,  # type: ignore[arg-type]
            chat_template=self._template,
            add_generation_prompt=True,
            bos_token=self._header.bos,
            eos_token=self._header.eos,
            # Where a model can think aloud first, that would take minutes, and would be part of the answer.
            enable_thinking=False,
        )
        return rendered[0][0]


def _without_system_turn(turns: Sequence[TemplateTurn]) -> list[TemplateTurn]:
    """Return the turns with what the system's says before the first question."""
    system = "\n\n".join(turn["content"] for turn in turns if turn["role"] == "system")
    rest = [turn.copy() for turn in turns if turn["role"] != "system"]
    for turn in rest:
        if turn["role"] == "user":
            turn["content"] = f"{system}\n\n{turn['content']}"
            break
    return rest
