import asyncio
from contextvars import ContextVar

import pytest

from bot.tasks import Tasks

EVENT: ContextVar[str] = ContextVar("EVENT", default="none")


async def test_closing_ends_everything_that_runs() -> None:
    tasks, ended = Tasks(), []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")

    tasks.start(work(), "work")
    await asyncio.sleep(0)
    await tasks.close()
    assert ended == ["work"]


async def test_a_task_does_not_take_over_the_context_of_the_event_that_started_it() -> None:
    tasks = Tasks()
    EVENT.set("a message")

    async def read() -> str:
        return EVENT.get()

    assert await tasks.run(read(), "read") == "none"


async def test_what_a_task_raises_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    async def fail() -> None:
        raise ValueError("reason")

    tasks.start(fail(), "the work")
    await tasks.idle()
    await asyncio.sleep(0)
    assert "the work failed" in caplog.text
    assert "reason" in caplog.text


async def test_what_is_raised_to_whoever_waits_is_not_logged_as_well(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    async def fail() -> None:
        raise ValueError("reason")

    with pytest.raises(ValueError, match="reason"):
        await tasks.run(fail(), "the work")
    await asyncio.sleep(0)
    assert caplog.text == ""
