"""The settings of this package: what an operator may set about answering."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ChainsSettings(BaseSettings):
    """Holds the settings that are read from the environment; `.env.example` says what each is for."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    data_dir: Path = Path("data")
    routing: Literal["policy", "agent"] = "policy"
    """Who names the route: the policy, or the chat model, which is shown what the policy reads."""
    answer_style: Literal["auto", "quote", "write"] = "auto"
    """How an answer from documents comes by its words: quoted, written by the chat model and checked, or whichever was
    right more often for this chat model."""
    max_question_chars: int = Field(default=2000, ge=100, le=4000)
    decisions_kept_days: int = Field(default=365, ge=1, le=36500)
    """How long the record behind an answer is kept, which "Why?" reads."""
    passages_read: int = Field(default=2, ge=1, le=8)
    """How many passages the chat model is given: small models read one or two, not eight."""
    chat_base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Where a provider's protocol is served, such as http://127.0.0.1:8000/v1; None: the provider's own address."""
    chat_api_key: SecretStr | None = None
    """None: the provider's own variable, such as OPENAI_API_KEY, is read from the environment."""
    chat_timeout_s: float = Field(default=60.0, gt=0, le=600)
    """Seconds without a word after which a provider counts as too slow."""
