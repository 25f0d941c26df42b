"""A loaded causal language model: from messages to text that grows, by itself or with one of its adapters.

For one thread at a time: PEFT keeps one state. Imports torch and transformers, so it is itself imported only when a
model is needed. Edit this file to change how text is decoded, stopped or cancelled.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
    TextStreamer,
)
from transformers.modeling_layers import GradientCheckpointingLayer

from finetune.bases import context_tokens
from finetune.data.encoding import ChatTokenizer
from finetune.data.transcript import turns_of
from finetune.errors import PromptTooLongError
from finetune.serving import tool_calls
from finetune.serving.generation import (
    AdapterFiles,
    FinishReason,
    GenerationRequest,
    GenerationResult,
    IsStopping,
    OnText,
    Sampling,
)
from finetune.serving.label_decoding import LabelTree, choose_label
from weights.torch_setup import configure_torch

if TYPE_CHECKING:
    from peft import LoraModel, PeftModel

_HALF_CHARACTER = "\ufffd"
_ADAPTERS_KEPT = 4
"""Adapters that stay loaded; one takes tens of megabytes."""


class TextModel:
    """Generates text with the weights and the tokenizer of one folder."""

    def __init__(self, folder: Path, threads: int, title: str) -> None:
        """Raises NoChatTemplateError."""
        dtype = configure_torch(threads)
        self._tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True, trust_remote_code=False
        )
        self._model = model
        self._adapters = _LoadedAdapters(model)
        self._chat_tokenizer = ChatTokenizer(self._tokenizer, title)
        self._default_config = model.generation_config
        self._control_tokens = tuple(self._tokenizer.get_added_vocab())
        # A template with other tags would produce calls that nothing here can read.
        self.knows_tools = tool_calls.OPEN in str(self._tokenizer.chat_template)
        self._context_tokens = context_tokens(model.config)
        self._is_stopping: IsStopping = lambda: False
        for module in model.modules():
            if isinstance(module, GradientCheckpointingLayer):
                module.register_forward_pre_hook(self._between_layers)

    def generate(self, request: GenerationRequest, on_text: OnText, is_stopping: IsStopping) -> GenerationResult:
        """OnText the answer piece by piece, always the likeliest word unless the request samples.

        Raises PromptTooLongError before the first piece.
        """
        prompt, mask = self._encode(request)
        input_tokens = prompt.shape[1]
        if self._context_tokens is not None and input_tokens >= self._context_tokens:
            raise PromptTooLongError(input_tokens, self._context_tokens)
        self._is_stopping = is_stopping
        with self._adapters.using(request.adapter):
            if request.labels:
                return self._choose(request, prompt, on_text, is_stopping)
            return self._write(request, (prompt, mask), on_text, is_stopping)

    def close(self) -> None:
        """Do nothing: the weights are freed with the model."""

    def _choose(
        self, request: GenerationRequest, prompt: torch.Tensor, on_text: OnText, is_stopping: IsStopping
    ) -> GenerationResult:
        """OnText one of the labels."""
        tree = LabelTree.of(request.labels, self._chat_tokenizer.labels(request.labels))
        end = self._tokenizer.eos_token_id
        try:
            label, probability = choose_label(self._model, prompt[0].tolist(), tree, int(end), is_stopping)
        except _CancelledError:
            label, probability = None, 0.0
        if label is None:
            return GenerationResult(prompt.shape[1], 0, FinishReason.CANCELLED)
        on_text(label)
        return GenerationResult(
            prompt.shape[1], len(self._tokenizer.tokenize(label)), FinishReason.STOP, label_probability=probability
        )

    def _write(
        self,
        request: GenerationRequest,
        encoded: tuple[torch.Tensor, torch.Tensor],
        on_text: OnText,
        is_stopping: IsStopping,
    ) -> GenerationResult:
        """OnText free text."""
        prompt, mask = encoded
        input_tokens = prompt.shape[1]
        streamer = _Streamer(self._tokenizer, StopStrings(request.stop), on_text, is_stopping)
        limit = request.max_new_tokens
        if self._context_tokens is not None:
            limit = min(limit, self._context_tokens - input_tokens)
        try:
            self._model.generate(
                prompt,
                # Explicit, because a tokenizer may pad with the same token that ends a turn.
                attention_mask=mask,
                generation_config=self._config(limit, request.sampling),
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([_StopWhenDone(streamer)]),
            )
        except _CancelledError:
            streamer.was_cancelled = True
        return GenerationResult(input_tokens, streamer.output_tokens, streamer.finish_reason(limit))

    def _encode(self, request: GenerationRequest) -> tuple[torch.Tensor, torch.Tensor]:
        rendered = self._tokenizer.apply_chat_template(
            # Its annotation doesn't allow for tool calls in a turn.
            turns_of(request.messages, knows_tools=self.knows_tools, control_tokens=self._control_tokens),  # type: ignore[arg-type]
            tools=[dict(tool) for tool in request.tools] if request.tools and self.knows_tools else None,
            add_generation_prompt=True,
            tokenize=False,
        )
        encoded = self._tokenizer(f"{rendered}{request.prefix}", add_special_tokens=False, return_tensors="pt")
        return encoded["input_ids"], encoded["attention_mask"]

    def _config(self, max_new_tokens: int, sampling: Sampling | None) -> GenerationConfig:
        default = self._default_config
        drawn: dict[str, float] = {}
        if sampling is not None:
            drawn = {
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "repetition_penalty": sampling.repetition_penalty,
            }
        return GenerationConfig(  # type: ignore[no-untyped-call]
            do_sample=sampling is not None,
            **drawn,
            max_new_tokens=max_new_tokens,
            bos_token_id=default.bos_token_id,
            eos_token_id=default.eos_token_id,
            pad_token_id=default.pad_token_id,
        )

    def _between_layers(self, *_: object) -> None:
        # The stopping criteria are only checked between tokens, and reading a long prompt takes seconds.
        if self._is_stopping():
            raise _CancelledError


class _CancelledError(Exception):
    """Raised to leave the model in the middle of a forward pass."""


class _Streamer(TextStreamer):
    """OnTexts whole words up to a stop string, and counts tokens."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, stop: StopStrings, on_text: OnText, is_stopping: IsStopping
    ) -> None:
        super().__init__(tokenizer, skip_prompt=True, skip_special_tokens=True)
        self._stop = stop
        self._on_text = on_text
        self._is_stopping = is_stopping
        self._put_count = 0
        self.was_cancelled = False

    @property
    def output_tokens(self) -> int:
        """How many tokens were generated: the prompt is put first, then one token at a time."""
        return max(0, self._put_count - 1)

    def put(self, value: torch.Tensor) -> None:
        self._put_count += 1
        super().put(value)  # type: ignore[no-untyped-call]

    def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
        if stream_end:
            # The last token may end in the middle of a character.
            text = text.rstrip(_HALF_CHARACTER)
        shown = self._stop.push(text) + (self._stop.flush() if stream_end else "")
        if shown:
            self._on_text(shown)

    def is_done(self) -> bool:
        self.was_cancelled = self.was_cancelled or self._is_stopping()
        return self.was_cancelled or self._stop.found

    def finish_reason(self, max_new_tokens: int) -> FinishReason:
        if self.was_cancelled:
            return FinishReason.CANCELLED
        reached_limit = self.output_tokens >= max_new_tokens and not self._stop.found
        return FinishReason.LENGTH if reached_limit else FinishReason.STOP


class _StopWhenDone(StoppingCriteria):
    """Ends the generation at a stop string, or when it was cancelled."""

    def __init__(self, streamer: _Streamer) -> None:
        self._streamer = streamer

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: object) -> torch.BoolTensor:
        return torch.BoolTensor([self._streamer.is_done()] * input_ids.shape[0])


class StopStrings:
    """Ends a growing text before the first of some strings, and holds back only what could be the start of one."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = tuple(string for string in strings if string)
        self._held = ""
        self.found = False

    def push(self, text: str) -> str:
        """Return the text that may be shown now; nothing more once a stop string was found."""
        if self.found:
            return ""
        self._held += text
        cuts = [cut for string in self._strings if (cut := self._held.find(string)) >= 0]
        if cuts:
            self.found = True
            shown, self._held = self._held[: min(cuts)], ""
            return shown
        keep = max((tool_calls.overlap(self._held, string) for string in self._strings), default=0)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def flush(self) -> str:
        """Return what was held back: the text has ended, so it was no stop string."""
        shown, self._held = self._held, ""
        return shown


class _LoadedAdapters:
    """Switches between the untuned model and its adapters. Imports peft, which takes seconds, at the first one."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._model = model
        self._tuned: PeftModel | None = None
        self._loaded: OrderedDict[str, None] = OrderedDict()

    @contextmanager
    def using(self, adapter: AdapterFiles | None) -> Iterator[None]:
        """Have the model answer with `adapter` while the block lasts; None is the untuned model."""
        if adapter is None:
            yield
            return
        layers = self._switch_to(adapter)
        layers.enable_adapter_layers()
        try:
            yield
        finally:
            layers.disable_adapter_layers()

    def _switch_to(self, adapter: AdapterFiles) -> LoraModel:
        name = adapter.sha256
        if self._tuned is None:
            from peft import PeftModel

            # In the base's own number format: fp32 beside bf16 costs a conversion in every layer.
            self._tuned = PeftModel.from_pretrained(
                self._model, str(adapter.folder), adapter_name=name, autocast_adapter_dtype=False
            )
            self._tuned.eval()
        elif name not in self._loaded:
            self._tuned.load_adapter(str(adapter.folder), adapter_name=name, autocast_adapter_dtype=False)
        self._loaded[name] = None
        self._loaded.move_to_end(name)
        self._tuned.set_adapter(name)
        while len(self._loaded) > _ADAPTERS_KEPT:
            self._tuned.delete_adapter(self._loaded.popitem(last=False)[0])
        return cast("LoraModel", self._tuned.base_model)  # Its annotation is that of any module.
