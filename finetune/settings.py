"""The settings of this package, read from the environment and `.env`: which models, and where adapters are kept."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from weights.catalog import CHAT_MODELS

AUTO = "auto"
"""The value of `CHAT_MODEL` and of `TUNING_BASE` that leaves the choice to the bot."""
_CHAT_MODELS = (AUTO, *CHAT_MODELS)


class FinetuneSettings(BaseSettings):
    """Holds which local model answers, which one is tuned, and how long an answer may be."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Path("data")
    """Holds finetune.db, the runs and the adapters."""
    chat_model: str = "embedded"
    """`embedded` and `embedded-gguf`, its file run by llama.cpp, know English and Chinese; `embedded-large` has three
    times the parameters, `embedded-small` a quarter and English only. `auto` chooses by what is free on the machine.
    `gguf:` and a file, `hf:` and a folder or a hub's id, or `provider:model`, is any other."""
    tuning_base: str = "auto"
    """`auto`: `embedded-small`, or `embedded` where the data hold Chinese. Or one of them, or `hf:<id or folder>`."""
    max_answer_tokens: int = Field(default=384, ge=16, le=4096)
    """A longer answer is ended there."""

    @field_validator("chat_model")
    @classmethod
    def _has_a_form(cls, value: str) -> str:
        if value not in _CHAT_MODELS and not re.fullmatch(r"[a-z][a-z0-9_]*:\S.*", value):
            named = ", ".join(f"`{name}`" for name in _CHAT_MODELS)
            raise ValueError(f"it must be {named}, `gguf:<file>`, `hf:<id or folder>` or `<provider>:<model>`")
        return value

    @field_validator("tuning_base")
    @classmethod
    def _is_local(cls, value: str) -> str:
        return tunable(value)


def tunable(base: str) -> str:
    """Return a value of `TUNING_BASE` as it is. Raises ValueError: no such model can be tuned."""
    if not re.fullmatch(r"auto|embedded|embedded-small|hf:\S.*", base):
        raise ValueError("it must be `auto`, `embedded`, `embedded-small` or `hf:<id or folder>`")
    return base
