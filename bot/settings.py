"""Reads all settings from the environment and `.env`; each is declared once, by the package that uses it.

Edit this file to add a setting of the bot itself, or another package's settings."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsInvalid
from chains.settings import ChainsSettings
from finetune.settings import FinetuneSettings
from knowledge.settings import KnowledgeSettings
from weights.settings import WeightsSettings


class BotSettings(BaseSettings):
    """Keeps the settings of Discord and the process."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    discord_token: SecretStr | None = None
    data_dir: Path = Path("data")
    member_limit: int = Field(default=2, ge=1, le=20)
    """The questions that one member may have in progress."""
    guild_limit: int = Field(default=20, ge=1, le=500)
    """The questions that one server may have in progress: all servers share one chat model."""
    message_content: bool = False
    """Whether the Message Content intent was enabled for the bot, so that it can read what a question replies to."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


_PACKAGES: tuple[type[BaseSettings], ...] = (
    BotSettings,
    ChainsSettings,
    FinetuneSettings,
    KnowledgeSettings,
    WeightsSettings,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Keeps the settings of every package."""

    bot: BotSettings
    chains: ChainsSettings
    finetune: FinetuneSettings
    knowledge: KnowledgeSettings
    weights: WeightsSettings


def setting_names() -> tuple[str, ...]:
    """Return the names of all settings, as they are written in the environment, sorted."""
    return tuple(sorted(setting_defaults()))


def setting_defaults() -> dict[str, str]:
    """Return each setting's default as `.env.example` shows it; empty if there is none or it depends on the machine."""
    fields = {name.upper(): field for package in _PACKAGES for name, field in package.model_fields.items()}
    return {
        name: "" if field.default_factory or field.default is None else str(field.default)
        for name, field in fields.items()
    }


def load_settings(env_file: Path = Path(".env")) -> Settings:
    """Read all settings; the environment takes precedence over `env_file`.

    Raises:
        SettingsInvalid: `env_file` has a name that is no setting, or a value cannot be used.
    """
    _check_names(env_file)
    try:
        return Settings(
            BotSettings(_env_file=env_file),
            ChainsSettings(_env_file=env_file),
            FinetuneSettings(_env_file=env_file),
            KnowledgeSettings(_env_file=env_file),
            WeightsSettings(_env_file=env_file),
        )
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_problems(error))) from None


def _check_names(env_file: Path) -> None:
    known = setting_names()
    problems = []
    for name in dotenv_values(env_file):
        if name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else f" The settings are {', '.join(known)}."
            problems.append(f"{env_file} sets {name}, which is not a setting.{hint}")
    if problems:
        raise SettingsInvalid("\n".join(problems))


def _problems(error: ValidationError) -> list[str]:
    """Return one line for each problem, without the value if it may be secret."""
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        name = str(problem["loc"][0]).upper() if problem["loc"] else "A setting"
        # An address may contain a password.
        is_secret = "TOKEN" in name or "KEY" in name or "@" in str(problem["input"])
        shown = "" if is_secret else f"={problem['input']}"
        lines.append(f"{name}{shown} is not valid: {problem['msg']}. See .env.example for what it can be.")
    return lines
