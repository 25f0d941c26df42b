import asyncio

import discord
import pytest

from bot.messages.live_message import Content, LiveMessage, Throttle, Throttles


class Refusal:
    """What discord.py makes its exceptions of."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.reason = "refused"


class Board:
    """An outlet that keeps what stands there, and can be told to refuse."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.views: list[discord.ui.View | None] = []
        self.edits = 0
        self.refuse: Exception | None = None
        self.may_edit = asyncio.Event()
        self.may_edit.set()

    async def send(self, content: str, view: discord.ui.View | None) -> "Note":
        self.messages.append(content)
        self.views.append(view)
        return Note(self, len(self.messages) - 1)


class Note:
    def __init__(self, board: Board, number: int) -> None:
        self._board, self._number = board, number

    async def edit(self, content: str, view: discord.ui.View | None) -> None:
        await self._board.may_edit.wait()
        if self._board.refuse is not None:
            raise self._board.refuse
        self._board.edits += 1
        self._board.messages[self._number] = content
        self._board.views[self._number] = view

    async def remove(self) -> None:
        del self._board.messages[self._number]


@pytest.fixture
async def board() -> Board:
    return Board()


def draft_on(board: Board, interval_s: float = 0.0) -> LiveMessage:
    return LiveMessage(board, Throttle(interval_s), lambda: None)


async def test_what_is_shown_while_an_edit_is_under_way_coalesces_into_the_last(board: Board) -> None:
    draft = draft_on(board)
    await draft.open(Content(("…",)))
    board.may_edit.clear()
    for number in range(100):
        draft.show(Content((f"word {number}",)))
        await asyncio.sleep(0)
    board.may_edit.set()
    await draft.finish(Content(("all words",)))
    assert board.messages == ["all words"]
    assert board.edits <= 3


async def test_the_last_edit_comes_whatever_the_throttle_held_back(board: Board) -> None:
    draft = draft_on(board, interval_s=0.01)
    await draft.open(Content(("…",)))
    draft.show(Content(("some",)))
    await draft.finish(Content(("all",)))
    assert board.messages == ["all"]


async def test_a_text_that_grows_beyond_one_message_goes_on_in_the_next(board: Board) -> None:
    draft, view = draft_on(board), discord.ui.View()
    await draft.open(Content(("a",), view))
    await draft.finish(Content(("a", "b", "c"), view))
    assert board.messages == ["a", "b", "c"]
    assert board.views == [None, None, view]


async def test_a_text_that_shrinks_takes_its_messages_back(board: Board) -> None:
    draft = draft_on(board)
    await draft.open(Content(("a", "b")))
    await draft.finish(Content(("stopped",)))
    assert board.messages == ["stopped"]


async def test_a_refused_last_edit_is_sent_as_a_new_message(board: Board) -> None:
    draft = draft_on(board)
    await draft.open(Content(("…",)))
    board.refuse = discord.Forbidden(Refusal(403), "no")
    await draft.finish(Content(("the answer",)))
    assert board.messages == ["…", "the answer"]


async def test_a_deleted_message_is_told_and_not_written_anew(board: Board) -> None:
    gone = asyncio.Event()
    draft = LiveMessage(board, Throttle(0.0), gone.set)
    await draft.open(Content(("…",)))
    board.refuse = discord.NotFound(Refusal(404), "gone")
    draft.show(Content(("some",)))
    await gone.wait()
    await draft.finish(Content(("all",)))
    assert board.messages == ["…"]


async def test_all_answers_in_one_channel_share_one_throttle() -> None:
    throttles = Throttles()
    first = throttles.of(1)
    assert throttles.of(1) is first
    assert throttles.of(2) is not first


async def test_one_edit_may_follow_at_once_and_the_next_are_spaced() -> None:
    interval_s = 0.05
    throttle, clock = Throttle(interval_s), asyncio.get_running_loop().time
    began = clock()
    turns = []
    for _ in range(4):
        await throttle.turn()
        turns.append((clock() - began) / interval_s)
    assert turns[2] >= 0.99
    assert turns[3] >= 1.99
    assert turns[1] < turns[2]
