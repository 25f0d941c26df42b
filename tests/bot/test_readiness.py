import asyncio

import pytest

from bot.errors import PartFailed
from bot.readiness import LazyService, Loading


async def test_everyone_who_waits_gets_the_part() -> None:
    part: LazyService[str] = LazyService("chat_model")
    waiting = [asyncio.create_task(part.get()) for _ in range(3)]
    await asyncio.sleep(0)
    part.succeed("here")
    assert await asyncio.gather(*waiting) == ["here"] * 3


async def test_one_who_gives_up_does_not_take_it_from_the_others() -> None:
    part: LazyService[str] = LazyService("chat_model")
    impatient, patient = asyncio.create_task(part.get()), asyncio.create_task(part.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    part.succeed("here")
    assert await patient == "here"


async def test_progress_ends_with_the_part() -> None:
    part: LazyService[str] = LazyService("chat_model")
    seen: list[Loading] = []

    async def watch() -> None:
        async for loading in part.progress():
            seen.append(loading)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    for done in (1, 2):
        part.report(Loading("downloading", done, 2))
        await asyncio.sleep(0)
    part.succeed("here")
    await watching
    assert seen == [Loading("waiting"), Loading("downloading", 1, 2), Loading("downloading", 2, 2)]
    assert part.is_ready


async def test_a_failure_reaches_whoever_asks_later_with_its_cause() -> None:
    part: LazyService[str] = LazyService("chat_model")
    cause = OSError("disk")
    part.fail(cause, "disk_full")
    with pytest.raises(PartFailed) as raised:
        await part.get()
    assert raised.value.__cause__ is cause
    assert raised.value.reason == "disk_full"
    assert not part.is_ready
