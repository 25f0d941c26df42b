"""The settings of this package, read from the environment and `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """Where documents are kept and how they are embedded."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Path("data")
    """Holds knowledge.db and Chroma's files."""
    chroma_url: str | None = Field(default=None, pattern=r"^https?://[^/\s]+/?$")
    """A Chroma server to join, such as http://10.0.0.5:8000, instead of a child on loopback."""
    embedding_model: Literal["embedded", "embedded-en"] = "embedded"
    """`embedded` knows a hundred languages, `embedded-en` is faster and knows English only."""
    max_document_mb: int = Field(default=10, ge=1, le=200)
    """A larger file is refused."""
