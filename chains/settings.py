"""What an operator may set about answering."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ChainsSettings(BaseSettings):
    """Read from the environment; `.env.example` says what each is for."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    routing: Literal["policy"] = "policy"
    max_question_chars: int = Field(default=2000, ge=100, le=4000)
    passages_read: int = Field(default=2, ge=1, le=8)
    """How many passages the chat model is given: small models read one or two, not eight."""
