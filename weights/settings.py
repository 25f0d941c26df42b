"""The setting of this package: where the models are kept."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WeightsSettings(BaseSettings):
    """Holds the settings that are read from the environment and `.env`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    model_dir: Path = Field(default_factory=lambda: user_cache_path("routewise") / "models")
    """Pinned files that are here under their own names are used, checked by hash; prepared folders are kept here."""
