"""Questions for `ask --questions`, one a line, read while they arrive: from a file, a pipe or a terminal.

Edit this file to let a line say more about its question.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import QuestionsUnreadable
from chains.types import Route, Turn

STDIN = "-"
_PIECE_BYTES = 65_536
_PIECES_AHEAD = 4
"""The pieces that are read before the questions in them are needed."""
_MOST_LINE_BYTES = 1_000_000
"""A longer line is no question, and no more of it is kept: a file without line breaks must not fill the memory."""


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """Holds the question on one line, or what is wrong with the line."""

    number: int
    """From 1, empty lines counted."""
    question: str = ""
    history: tuple[Turn, ...] = ()
    """Oldest first."""
    route: Route | None = None
    problem: str | None = None
    """An English sentence; None: the line holds a question."""


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    answer: str


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    history: tuple[_Turn, ...] = ()
    route: Route | None = None


def parse_line(number: int, data: bytes) -> QuestionLine | None:
    """Return the question on a line: plain text, or a JSON object. An empty line has none."""
    if len(data) > _MOST_LINE_BYTES:
        return QuestionLine(number, problem=f"The line is longer than {_MOST_LINE_BYTES:,} bytes.")
    try:
        text = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        return QuestionLine(number, problem="The line isn't valid UTF-8.")
    if not text:
        return None
    if not text.startswith("{"):
        return QuestionLine(number, text)
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        return QuestionLine(number, problem=_problem_of(error))
    history = tuple(Turn(turn.question, turn.answer) for turn in line.history)
    return QuestionLine(number, line.question, history, line.route)


def open_questions(path: str) -> int:
    """Return the descriptor of a file, or of stdin for `-`. Raise QuestionsUnreadable if it can't be opened."""
    if path == STDIN:
        return sys.stdin.fileno()
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise QuestionsUnreadable(path, error.strerror or str(error)) from error


async def read_lines(descriptor: int, path: str) -> AsyncGenerator[QuestionLine, None]:
    """Yield the questions of an open file as they arrive; `path` names it in messages.

    Raises:
        QuestionsUnreadable: it can't be read.
    """
    arrived: asyncio.Queue[bytes | OSError | None] = asyncio.Queue()
    room = threading.Semaphore(_PIECES_AHEAD)
    loop = asyncio.get_running_loop()

    def put(item: bytes | OSError | None) -> None:
        room.acquire()
        # The loop may have ended while the thread waited for the next piece.
        if not loop.is_closed():
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    # A daemon, which reads the descriptor itself: nothing can wake a thread that waits for a line of stdin, and neither
    # the loop nor the interpreter waits for this one at its end.
    threading.Thread(target=_read, args=(descriptor, put), name="questions", daemon=True).start()
    number, rest = 0, b""
    while (item := await arrived.get()) is not None:
        room.release()
        if isinstance(item, OSError):
            raise QuestionsUnreadable(path, item.strerror or str(item)) from item
        *lines, rest = (rest + item).split(b"\n")
        rest = rest[: _MOST_LINE_BYTES + 1]
        for data in lines:
            number += 1
            if (line := parse_line(number, data)) is not None:
                yield line
    if (line := parse_line(number + 1, rest)) is not None:
        yield line


def _read(descriptor: int, put: Callable[[bytes | OSError | None], None]) -> None:
    """Read to the end, piece by piece. It runs in a thread of its own."""
    try:
        while piece := os.read(descriptor, _PIECE_BYTES):
            put(piece)
    except OSError as error:
        put(error)
    put(None)


def _problem_of(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"The line isn't a question in JSON: {place + ': ' if place else ''}{first['msg']}."
