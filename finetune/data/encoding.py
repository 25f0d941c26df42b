"""Examples as token ids, through the chat template of their base: the same in training, evaluation and answers.

Imports transformers, so it is itself imported only where a tokenizer is needed. Edit this file when a family of chat
templates ends its turns in another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langchain_core.messages import AIMessage, BaseMessage
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from finetune.data.transcript import messages_of, turns_of
from finetune.errors import NoChatTemplateError
from finetune.types import Example, TaskKind


@dataclass(frozen=True, slots=True)
class TokenizedExample:
    """Holds an example in token ids."""

    prompt: tuple[int, ...]
    completion: tuple[int, ...]
    """The completion with the token that ends the turn."""

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)


class ChatTokenizer:
    """Encodes conversations with the tokenizer and the chat template of one base."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, title: str) -> None:
        """Wrap a tokenizer. Raises NoChatTemplateError."""
        if tokenizer.chat_template is None:
            raise NoChatTemplateError(title)
        self.tokenizer = tokenizer
        self._control = tuple(tokenizer.get_added_vocab())

    @classmethod
    def of(cls, folder: Path, title: str) -> ChatTokenizer:
        """Return the tokenizer of a model folder. Raises NoChatTemplateError."""
        return cls(AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False), title)

    def encode(self, example: Example, kind: TaskKind) -> TokenizedExample:
        """Return an example's prompt and completion in token ids."""
        messages = messages_of(example.turns, kind)
        prompt = self._rendered(messages, add_generation_prompt=True)
        whole = self._rendered([*messages, AIMessage(example.completion)], add_generation_prompt=False)
        # What the template puts after an answer ends the turn. Some templates rewrite earlier turns; then the end is
        # the tokenizer's own.
        completion = whole.removeprefix(prompt).rstrip() if whole.startswith(prompt) else None
        if completion is None:
            completion = f"{example.completion}{self.tokenizer.eos_token}"
        return TokenizedExample(tuple(self._ids(prompt)), tuple(self._ids(completion)))

    def prompt(self, messages: Sequence[BaseMessage]) -> tuple[int, ...]:
        """Return the ids of a conversation whose next turn is the model's."""
        return tuple(self._ids(self._rendered(messages, add_generation_prompt=True)))

    def labels(self, labels: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the ids of each label as an answer, without the end of the turn."""
        return [tuple(self._ids(label)) for label in labels]

    def _rendered(self, messages: Sequence[BaseMessage], *, add_generation_prompt: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(
                turns_of(messages, knows_tools=False, control_tokens=self._control),  # type: ignore[arg-type]
                add_generation_prompt=add_generation_prompt,
                tokenize=False,
            )
        )

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids
