"""What a member reads when something fails that they did not cause."""

from __future__ import annotations

import errno
import logging
import re
import sqlite3

import aiohttp
import pytest

from bot.error_messages import ErrorBoundary
from bot.locales import load_texts
from bot.tasks import Tasks
from chains.types import Language
from knowledge.errors import SourceNotFound


async def _sentence(error: Exception) -> str:
    return ErrorBoundary(load_texts(), Tasks()).sentence(error, Language.EN)


def _full_database() -> sqlite3.OperationalError:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE page (text)")
        database.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as raised:
            database.execute("INSERT INTO page VALUES (?)", ("x" * 100_000,))
    database.close()
    return raised.value


async def test_a_full_disk_is_named_whichever_part_reports_it() -> None:
    chained = RuntimeError("the index failed")
    chained.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    for error in (OSError(errno.ENOSPC, "No space left on device"), _full_database(), chained):
        assert "free some space" in await _sentence(error)


async def test_any_other_error_has_a_number_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    sentence = await _sentence(OSError(errno.EIO, "Input/output error"))
    number = sentence.partition("**")[2].partition("**")[0]
    assert "Input/output" not in sentence
    assert number in caplog.text


class Named(Exception):
    """An error whose attributes bear the names of the parameters on its way to a sentence."""

    def __init__(self) -> None:
        super().__init__("named")
        self.key = "k"
        self.language = "l"
        self.self = "s"
        self.incident = "i"


async def test_no_name_of_an_errors_attribute_breaks_its_sentence() -> None:
    assert re.search(r"Something unexpected went wrong.* the number \*\*[0-9a-f]{6}\*\*", await _sentence(Named()))


async def test_a_broken_connection_to_discord_is_named() -> None:
    assert "Discord didn't answer" in await _sentence(aiohttp.ServerDisconnectedError())


async def test_what_a_member_typed_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert "No document here" in await _sentence(SourceNotFound("there is no document 'my salary.md'"))
    assert "SourceNotFound" in caplog.text
    assert "salary" not in caplog.text
