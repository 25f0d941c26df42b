"""The errors with which calls to Discord fail, and the retries after a broken connection or an outage.

Edit this file when discord.py or aiohttp lets another error through. discord.py itself retries 500, 502, 504 and 524,
and of broken connections only those with errno 54 and 10054 (BSD and Windows), not Linux's 104.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import aiohttp
import discord

_log = logging.getLogger(__name__)

T = TypeVar("T")

TRANSPORT_ERRORS = (discord.HTTPException, aiohttp.ClientError, OSError)
"""All errors of a send, an edit or a fetch. TimeoutError is an OSError; aiohttp's ServerDisconnectedError isn't."""

RETRY_PAUSES_S = (0.0, 1.0, 3.0, 9.0)
"""The pause before each retry. The first comes at once: usually a connection broke that was idle for too long."""

QUICK_RETRY_PAUSES_S = (0.0,)
"""The pauses for what Discord expects within 3 s of a press or a command."""

_SERVER_ERROR = 500


def is_transient(error: BaseException) -> bool:
    """Return whether the same call may succeed later: the connection broke, or Discord itself is failing."""
    if isinstance(error, discord.HTTPException):
        return error.status >= _SERVER_ERROR
    return isinstance(error, TRANSPORT_ERRORS)


async def retry_transient(call: Callable[[], Awaitable[T]], pauses_s: Sequence[float] = RETRY_PAUSES_S) -> T:
    """Await `call()`, again after each pause while it fails with a transient error. Raises its last error.

    A call may have arrived although it failed: what sends to a channel goes through `send_once`.
    """
    for pause_s in pauses_s:
        try:
            return await call()
        except TRANSPORT_ERRORS as error:
            if not is_transient(error):
                raise
            _log.info("Discord was not reached; retrying in %.0f s: %r", pause_s, error)
        await asyncio.sleep(pause_s)
    return await call()


async def send_once(send: Callable[[int], Awaitable[T]]) -> T:
    """Await `send(nonce)`, again while it fails with a transient error. Raises its last error.

    The nonce is the same in each try: by it Discord knows a message that arrived although the connection broke.
    """
    nonce = secrets.randbits(64)
    return await retry_transient(lambda: send(nonce))
