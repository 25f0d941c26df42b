"""The settings of this package, read from the environment and `.env`. Edit it to add or restrict a setting."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """Holds where documents are stored and how they are embedded."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Path("data")
    """Holds knowledge.db and Chroma's files."""
    chroma_url: str | None = Field(default=None, pattern=r"^(?:https?://[^/\s]+/?|unix://\S+)$")
    """A running Chroma server to use, such as http://10.0.0.5:8000 or, if it asks for a password,
    https://name:password@chroma.example; None: start one that only this program can reach.
    """
    embedding_model: str = "embedded"
    """The embedding model: `embedded` (a hundred languages), `embedded-en` (English only, faster), `hf:` with a folder
    or a hub id, or `provider:model`.
    """
    embedding_base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """The address of a server that speaks the provider's protocol; None: the provider's own."""
    embedding_api_key: SecretStr | None = None
    """None: the provider's own variable, such as OPENAI_API_KEY, is read from the environment."""
    reranker: str | None = Field(default=None, pattern=r"^hf:\S.*$")
    """`hf:` with a folder or a hub id of a cross-encoder that reorders the best passages; None: the search's order
    stays.
    """
    max_document_mb: int = Field(default=10, ge=1, le=200)
    """The size above which a file is refused."""

    max_guild_passages: int = Field(default=200_000, ge=1)
    """The most passages that one guild may have: at most 180 MB of text, with their vectors and terms."""

    @field_validator("embedding_model")
    @classmethod
    def _has_a_form(cls, value: str) -> str:
        if not re.fullmatch(r"embedded|embedded-en|[a-z][a-z0-9_]*:\S.*", value):
            raise ValueError("it must be `embedded`, `embedded-en`, `hf:<id or folder>` or `<provider>:<model>`")
        return value
