"""Small JSON files that keep state over restarts: written whole or not at all, and never fatal when they are damaged.

Edit this file to change how such files are written or recovered. Everything here blocks.
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
    """Keeps one value in one JSON file."""

    def __init__(self, path: Path, form: TypeAdapter[T]) -> None:
        self._path = path
        self._form = form

    def read(self) -> T | None:
        """Return the stored value, or None if there is none or it is unreadable; such a file is set aside."""
        try:
            return self._form.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            set_aside(self._path, str(error))
            return None

    def write(self, state: T) -> None:
        """Store `state` in place of the previous value. Only the bot's own user may read the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._path, self._form.dump_json(state), mode=0o600)


def set_aside(path: Path, reason: str) -> None:
    """Rename a file that cannot be read, so that nothing is lost and the bot can continue without it."""
    aside = path.with_name(f"{path.name}.unreadable")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.unreadable-{number}")
    path.replace(aside)
    _log.warning("%s cannot be read (%s): it is kept as %s, and the bot goes on without it", path, reason, aside.name)
