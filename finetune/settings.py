"""The settings of this package, read from the environment and `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FinetuneSettings(BaseSettings):
    """Which local model answers, and with how much of the machine."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Path("data")
    """Holds finetune.db."""
    chat_model: Literal["embedded", "embedded-small"] = "embedded"
    """`embedded` knows English and Chinese, `embedded-small` is faster and knows English only."""
    max_answer_tokens: int = Field(default=384, ge=16, le=4096)
    """A longer answer is ended there."""
