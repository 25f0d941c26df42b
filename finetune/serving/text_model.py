"""A loaded causal language model: from messages to text that grows. For one thread at a time.

Imports torch and transformers, so it is itself imported only when a model is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
    TextStreamer,
)
from transformers.modeling_layers import GradientCheckpointingLayer

from finetune.context_window import context_tokens
from finetune.data.encoding import ChatTokenizer
from finetune.data.transcript import turns_of
from finetune.errors import PromptTooLongError
from finetune.serving import tool_calls
from finetune.serving.generation_request import Deliver, GenerationRequest, GenerationResult
from finetune.serving.label_decoding import LabelTree, choose_label
from finetune.serving.loaded_adapters import LoadedAdapters
from finetune.serving.stop_strings import StopStrings
from weights.loading import settle_torch

IsStopping = Callable[[], bool]

_HALF_CHARACTER = "\ufffd"


class TextModel:
    """The weights and the tokenizer of one folder."""

    def __init__(self, folder: Path, threads: int, title: str) -> None:
        """Raises NoChatTemplateError."""
        dtype = settle_torch(threads)
        self._tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)
        self._model = model
        self._adapters = LoadedAdapters(model)
        self._encoder = ChatTokenizer(self._tokenizer, title)
        self._own_config = model.generation_config
        self._control = tuple(self._tokenizer.get_added_vocab())
        # A template with other tags would have calls written that nobody here could read.
        self.knows_tools = tool_calls.OPEN in str(self._tokenizer.chat_template)
        self._context_tokens = context_tokens(model.config)
        self._is_stopping: IsStopping = lambda: False
        for module in model.modules():
            if isinstance(module, GradientCheckpointingLayer):
                module.register_forward_pre_hook(self._between_layers)

    def generate(self, request: GenerationRequest, deliver: Deliver, is_stopping: IsStopping) -> GenerationResult:
        """Deliver the answer piece by piece, greedily chosen. Raises PromptTooLongError before the first."""
        prompt, mask = self._encode(request)
        input_tokens = prompt.shape[1]
        if self._context_tokens is not None and input_tokens >= self._context_tokens:
            raise PromptTooLongError(input_tokens, self._context_tokens)
        self._is_stopping = is_stopping
        with self._adapters.using(request.adapter):
            if request.labels:
                return self._choose(request, prompt, deliver, is_stopping)
            return self._write(request, (prompt, mask), deliver, is_stopping)

    def _choose(
        self, request: GenerationRequest, prompt: torch.Tensor, deliver: Deliver, is_stopping: IsStopping
    ) -> GenerationResult:
        """Deliver one of the labels."""
        tree = LabelTree.of(request.labels, self._encoder.labels(request.labels))
        end = self._tokenizer.eos_token_id
        try:
            label, probability = choose_label(self._model, prompt[0].tolist(), tree, int(end), is_stopping)
        except _CancelledError:
            label, probability = None, 0.0
        if label is None:
            return GenerationResult(prompt.shape[1], 0, "cancelled")
        deliver(label)
        return GenerationResult(prompt.shape[1], len(self._tokenizer.tokenize(label)), "stop", probability)

    def _write(
        self,
        request: GenerationRequest,
        encoded: tuple[torch.Tensor, torch.Tensor],
        deliver: Deliver,
        is_stopping: IsStopping,
    ) -> GenerationResult:
        """Deliver free text."""
        prompt, mask = encoded
        input_tokens = prompt.shape[1]
        streamer = _Streamer(self._tokenizer, StopStrings(request.stop), deliver, is_stopping)
        room = request.max_new_tokens
        if self._context_tokens is not None:
            room = min(room, self._context_tokens - input_tokens)
        try:
            self._model.generate(
                prompt,
                # Explicit: a tokenizer may pad with the very token that ends a turn.
                attention_mask=mask,
                generation_config=self._greedy(room),
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([_Until(streamer)]),
            )
        except _CancelledError:
            streamer.was_cancelled = True
        return GenerationResult(input_tokens, streamer.output_tokens, streamer.finish_reason(room))

    def _encode(self, request: GenerationRequest) -> tuple[torch.Tensor, torch.Tensor]:
        rendered = self._tokenizer.apply_chat_template(
            # Its annotation leaves out that a turn may hold tool calls.
            turns_of(request.messages, knows_tools=self.knows_tools, control=self._control),  # type: ignore[arg-type]
            tools=[dict(tool) for tool in request.tools] if request.tools and self.knows_tools else None,
            add_generation_prompt=True,
            tokenize=False,
        )
        encoded = self._tokenizer(f"{rendered}{request.begins}", add_special_tokens=False, return_tensors="pt")
        return encoded["input_ids"], encoded["attention_mask"]

    def _greedy(self, max_new_tokens: int) -> GenerationConfig:
        own = self._own_config
        return GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=False,
            max_new_tokens=max_new_tokens,
            bos_token_id=own.bos_token_id,
            eos_token_id=own.eos_token_id,
            pad_token_id=own.pad_token_id,
        )

    def _between_layers(self, *_: object) -> None:
        # The criteria below are asked between tokens only, and reading a long prompt takes seconds.
        if self._is_stopping():
            raise _CancelledError


class _CancelledError(Exception):
    """Leaves the model in the middle of a pass."""


class _Streamer(TextStreamer):
    """Delivers whole words up to a stop string, and counts tokens."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, stop: StopStrings, deliver: Deliver, is_stopping: IsStopping
    ) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._stop = stop
        self._deliver = deliver
        self._is_stopping = is_stopping
        self._puts = 0
        self.was_cancelled = False

    @property
    def output_tokens(self) -> int:
        """How many were generated: the prompt is put first, then one token at a time."""
        return max(0, self._puts - 1)

    def put(self, value: torch.Tensor) -> None:
        self._puts += 1
        super().put(value)  # type: ignore[no-untyped-call]

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        if stream_end:
            # The last token allowed may leave a character half written.
            text = text.rstrip(_HALF_CHARACTER)
        shown = self._stop.push(text) + (self._stop.flush() if stream_end else "")
        if shown:
            self._deliver(shown)

    def is_done(self) -> bool:
        self.was_cancelled = self.was_cancelled or self._is_stopping()
        return self.was_cancelled or self._stop.found

    def finish_reason(self, max_new_tokens: int) -> str:
        if self.was_cancelled:
            return "cancelled"
        return "length" if self.output_tokens >= max_new_tokens and not self._stop.found else "stop"


class _Until(StoppingCriteria):
    """Ends the generation when the streamer has what it needs, or nobody listens any more."""

    def __init__(self, streamer: _Streamer) -> None:
        self._streamer = streamer

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: object) -> torch.BoolTensor:
        return torch.BoolTensor([self._streamer.is_done()] * input_ids.shape[0])
