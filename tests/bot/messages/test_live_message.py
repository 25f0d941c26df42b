import asyncio

import discord
import pytest

from bot.messages.live_message import Content, LiveMessage
from bot.messages.throttling import Throttle, Throttles
from tests.fakes.broken_connection import BREAKS


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
        self.breaks: list[Exception] = []
        """Raised by the next edits, one each."""
        self.broke, self.edited = asyncio.Event(), asyncio.Event()
        self.breaks_at_removal: list[Exception] = []
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
        if self._board.breaks:
            self._board.broke.set()
            raise self._board.breaks.pop()
        self._board.edits += 1
        self._board.messages[self._number] = content
        self._board.views[self._number] = view
        self._board.edited.set()

    async def remove(self) -> None:
        if self._number == 1 and self._board.breaks_at_removal:
            raise self._board.breaks_at_removal.pop()
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


@pytest.mark.parametrize("error", [*BREAKS, discord.DiscordServerError(Refusal(503), "overloaded")])
async def test_a_broken_connection_at_the_last_edit_leaves_no_interim_text(board: Board, error: Exception) -> None:
    draft = draft_on(board)
    await draft.open(Content(("…",), discord.ui.View()))
    board.breaks = [error]
    await draft.finish(Content(("the answer",)))
    assert board.messages == ["the answer"]
    assert board.views == [None]


@pytest.mark.parametrize("error", BREAKS)
async def test_a_broken_connection_at_an_interim_edit_does_not_end_the_edits(board: Board, error: Exception) -> None:
    draft = draft_on(board)
    await draft.open(Content(("…",)))
    board.breaks = [error]
    draft.show(Content(("some",)))
    async with asyncio.timeout(1):
        await board.broke.wait()
        draft.show(Content(("some more",)))
        await board.edited.wait()
    assert board.messages == ["some more"]
    await draft.close()


async def test_a_text_that_shrinks_goes_on_where_the_connection_broke(board: Board) -> None:
    draft = draft_on(board)
    await draft.open(Content(("a", "b", "c")))
    board.breaks_at_removal = [BREAKS[0]]
    await draft.finish(Content(("stopped",)))
    assert board.messages == ["stopped"]


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
