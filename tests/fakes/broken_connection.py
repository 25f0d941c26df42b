"""Breaks the simulated Discord's connection, which can itself only answer with an error."""

from __future__ import annotations

import errno
import json
from typing import Any

import aiohttp
import simcord

BREAKS = (
    ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    aiohttp.ServerDisconnectedError(),
    TimeoutError(),
)
"""What aiohttp raises and discord.py lets through. The second is no OSError."""


class _Break(dict[str, Any]):
    """A fault of the simulator's that raises what breaks a connection, instead of answering with a status."""

    def __init__(self, env: simcord.Env, error: Exception, method: str, path: str, times: int | None) -> None:
        super().__init__(method=method, path=path, times=times)
        self._env = env
        self._error = error
        self._seen: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        if name == "status":
            raise self._error
        if name == "path" and self["times"] is None:
            request = self._env.http_requests[-1]
            whole = json.dumps([request.method, request.path, request.params, request.json], default=str)
            if whole in self._seen:
                return ""
            self._seen.add(whole)
        return super().__getitem__(name)


def break_connection(env: simcord.Env, method: str, path: str, *, error: Exception = BREAKS[0], times: int = 1) -> None:
    """Let the next `times` calls of `method` on paths like `path` raise `error`."""
    env.backend.faults.append(_Break(env, error, method, path, times))


def break_every_first_try(env: simcord.Env) -> None:
    """From now on let each call fail, and pass when exactly the same is tried again."""
    env.backend.faults.append(_Break(env, BREAKS[0], "*", "*", None))
