"""What can go wrong with the local models and with what was tuned.

FinetuneError
├── PromptTooLongError         the question and its passages exceed the model's context
├── NoChatTemplateError        the model was not trained to hold a conversation
├── ModelClosedError           an answer was asked for while the bot ends
├── AdapterNotRegisteredError  a champion's adapter is not on this machine
└── RegistryTooNewError        finetune.db was written by a later version of this program
"""

from __future__ import annotations


class FinetuneError(Exception):
    """Any failure of this package. Its message can be shown to an admin."""


class PromptTooLongError(FinetuneError):
    """Nothing is cut silently: whoever asks sends less."""

    def __init__(self, prompt_tokens: int, context_tokens: int) -> None:
        self.prompt_tokens = prompt_tokens
        self.context_tokens = context_tokens
        super().__init__(
            f"The prompt has {prompt_tokens:,} tokens, and the model's context ends at {context_tokens:,}. "
            "Ask with fewer or shorter passages, or a shorter question."
        )


class NoChatTemplateError(FinetuneError):
    """A model that only continues text."""

    def __init__(self, title: str) -> None:
        super().__init__(
            f"{title} has no chat template, so it cannot answer. Set CHAT_MODEL to a model that was trained for chat; "
            "its name often ends in Instruct or Chat."
        )


class ModelClosedError(FinetuneError):
    """The model was closed."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} answers no more: the program is ending. Start it again.")


class AdapterNotRegisteredError(FinetuneError):
    """The champion names an adapter that is not here."""

    def __init__(self, skill: str, adapter_sha256: str) -> None:
        super().__init__(
            f"The adapter {adapter_sha256[:12]} of the skill {skill!r} is not registered on this machine. "
            "Questions of this skill are answered by other routes until it is."
        )


class RegistryTooNewError(FinetuneError):
    """An older program must not write into a newer one's database."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"finetune.db has version {found}, but this program reads up to {known}. Install the later program again, "
            "or set DATA_DIR to another folder."
        )
