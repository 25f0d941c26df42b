"""The settings of this package, read from the environment and `.env`."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """Where documents are kept and how they are embedded."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Path("data")
    """Holds knowledge.db and Chroma's files."""
    chroma_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+/?$")
    """A Chroma server to join, such as http://10.0.0.5:8000, instead of a child on loopback."""
    embedding_model: str = "embedded"
    """`embedded` knows a hundred languages, `embedded-en` is faster and knows English only; `hf:` and a folder or a
    hub's id, or `provider:model`, is any other."""
    embedding_base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Where a provider's protocol is served; None: the provider's own address."""
    embedding_api_key: SecretStr | None = None
    """None: the provider's own variable, such as OPENAI_API_KEY, is read from the environment."""
    reranker: str | None = Field(default=None, pattern=r"^hf:\S.*$")
    """`hf:` and a folder or a hub's id of a cross-encoder, which then orders the best passages; None: the order is
    that of the search."""
    max_document_mb: int = Field(default=10, ge=1, le=200)
    """A larger file is refused."""

    @field_validator("embedding_model")
    @classmethod
    def _has_a_form(cls, value: str) -> str:
        if not re.fullmatch(r"embedded|embedded-en|[a-z][a-z0-9_]*:\S.*", value):
            raise ValueError("it must be `embedded`, `embedded-en`, `hf:<id or folder>` or `<provider>:<model>`")
        return value
