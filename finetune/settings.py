"""The settings of this package, read from the environment and `.env`: which models, and where adapters are kept."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class FinetuneSettings(BaseSettings):
    """Holds which local model answers, which one is tuned, and how long an answer may be."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Path("data")
    """Holds finetune.db, the runs and the adapters."""
    chat_model: str = "embedded"
    """`embedded` knows English and Chinese, `embedded-small` is faster and knows English only; `hf:` and a folder or a
    hub's id, or `provider:model`, is any other."""
    tuning_base: str = "auto"
    """`auto`: `embedded-small`, or `embedded` where the data hold Chinese. Or one of them, or `hf:<id or folder>`."""
    max_answer_tokens: int = Field(default=384, ge=16, le=4096)
    """A longer answer is ended there."""

    @field_validator("chat_model")
    @classmethod
    def _has_a_form(cls, value: str) -> str:
        if not re.fullmatch(r"embedded|embedded-small|[a-z][a-z0-9_]*:\S.*", value):
            raise ValueError("it must be `embedded`, `embedded-small`, `hf:<id or folder>` or `<provider>:<model>`")
        return value

    @field_validator("tuning_base")
    @classmethod
    def _is_local(cls, value: str) -> str:
        if not re.fullmatch(r"auto|embedded|embedded-small|hf:\S.*", value):
            raise ValueError("it must be `auto`, `embedded`, `embedded-small` or `hf:<id or folder>`")
        return value
