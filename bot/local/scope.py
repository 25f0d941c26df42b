"""Lets the bot's work run outside of the simulator's watch, in real time.

The simulator holds every action of the page back until all that the bot does in its scope is at rest, and lets
virtual time pass there. An answer takes long, and real time; it only needs to know where its responses go.
"""

from __future__ import annotations

from contextvars import Context, copy_context

import simcord
from discord.webhook.async_ import async_context


class OutsideScope:
    """Makes the contexts of the bot's tasks. Create it outside of any task of the bot."""

    def __init__(self) -> None:
        self._outside = copy_context()
        self._env: simcord.Env | None = None

    def attach(self, env: simcord.Env) -> None:
        """Send responses to this simulated Discord from now on."""
        self._env = env

    def __call__(self) -> Context:
        """A context of real time whose responses go to the simulated Discord."""
        context = self._outside.copy()
        if self._env is not None:
            context.run(self._enter, self._env)
        return context

    def _enter(self, env: simcord.Env) -> None:
        with env.time_context():
            adapter = async_context.get()
        async_context.set(adapter)
