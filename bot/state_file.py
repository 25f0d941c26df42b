"""Small JSON files in which the bot remembers something over restarts: written whole or not at all, and never fatal.

Edit this file when such a file needs another way of being kept. Everything here blocks.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from storage.atomic_write import write_whole

_log = logging.getLogger(__name__)

T = TypeVar("T")


class StateFile(Generic[T]):
    """One file."""

    def __init__(self, path: Path, form: TypeAdapter[T]) -> None:
        self._path = path
        self._form = form

    def read(self) -> T | None:
        """What was kept; None where nothing was, or nothing that can be read, which is then set aside."""
        try:
            return self._form.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            set_aside(self._path, str(error))
            return None

    def write(self, state: T) -> None:
        """Keep `state` in place of what was kept. Only the bot's own user may read it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, self._form.dump_json(state), mode=0o600)


def set_aside(path: Path, reason: str) -> None:
    """Rename what cannot be read, so that nothing of it is lost and the bot goes on without it."""
    aside = path.with_name(f"{path.name}.unreadable")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.unreadable-{number}")
    path.replace(aside)
    _log.warning("%s cannot be read (%s): it is kept as %s, and the bot goes on without it", path, reason, aside.name)
