"""Discord in the browser, as a person sees it: in a real browser, wide and on a phone, dark and light."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from bot.local.app import LocalDiscord
from bot.readiness import LazyService
from bot.settings import Settings
from bot.startup.loader import Loader
from tests.fakes.listed_documents import ListedDocuments
from tests.fakes.scripted_assistant import ScriptedAssistant

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
WIDE, PHONE = (1180, 420), (390, 800)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
BELOW_THE_FOLD = """() => {
  const timeline = document.getElementById("channel-timeline");
  return timeline.scrollHeight - timeline.scrollTop - timeline.clientHeight;
}"""

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium, whose path the variable CHROMIUM names")


class Visitor:
    """A person at the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def wait_for(self, expression: str) -> None:
        async with asyncio.timeout(30):
            while not await self.page.evaluate(expression):
                pass

    async def rest(self) -> None:
        await self.wait_for("Boolean(window.simcordPreview && window.simcordPreview.ready)")

    async def wait_for_message(self, text: str) -> None:
        """Wait until the last message contains `text`, and the page has settled on it."""
        await self.page.locator("article.channel-message").last.filter(has_text=text).wait_for()
        await self.rest()

    async def send(self, text: str) -> None:
        await self.page.locator("#channel-composer-input").fill(text)
        await self.page.click("#send-message")

    async def choose_command(self, name: str) -> None:
        await self.page.locator("#channel-composer-input").press_sequentially(name)
        await self.page.locator(f"[role=option]:has-text('{name}')").first.click()

    async def below_the_fold(self) -> float:
        return await self.page.evaluate(BELOW_THE_FOLD)


Visit = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def visit(settings: Settings, assistant: ScriptedAssistant, documents: ListedDocuments) -> Visit:
    @asynccontextmanager
    async def open_page(size: tuple[int, int] = WIDE, scheme: str = "dark") -> AsyncIterator[Visitor]:
        discord = LocalDiscord(
            settings, LazyService.of("documents", documents), LazyService.of("chat_model", assistant), Loader(settings)
        )
        try:
            async with await discord.open(None, "ask-the-crew") as served, async_playwright() as browsers:
                browser = await browsers.chromium.launch(executable_path=CHROMIUM, args=QUIET)
                window = await browser.new_context(
                    viewport={"width": size[0], "height": size[1]},
                    color_scheme="light" if scheme == "light" else "dark",
                )
                visitor = Visitor(await window.new_page())
                await visitor.page.goto(served.url)
                await visitor.wait_for_message("Added the handbook")
                yield visitor
                await browser.close()
        finally:
            await discord.close()

    return open_page


@pytest.mark.parametrize("size", [WIDE, PHONE])
async def test_the_page_shows_the_reply_to_a_command_and_ones_own_message_after_it(
    visit: Visit, size: tuple[int, int]
) -> None:
    async with visit(size) as visitor:
        assert await visitor.below_the_fold() <= 1
        await visitor.choose_command("/help")
        await visitor.page.click("#send-message")
        await visitor.wait_for_message("Routewise answers questions")
        assert await visitor.below_the_fold() <= 1
        await visitor.send("@Routewise How long can I borrow a tool?")
        await visitor.wait_for_message("4.2 s")
        assert await visitor.below_the_fold() <= 1


async def test_whoever_scrolled_up_is_left_in_peace_until_they_write(visit: Visit) -> None:
    async with visit((390, 420)) as visitor:
        await visitor.page.mouse.move(200, 200)
        await visitor.page.mouse.wheel(0, -400)
        await visitor.wait_for(f"({BELOW_THE_FOLD})() > 150")
        await visitor.page.locator("#channel-composer-input").fill("a draft")
        await asyncio.sleep(1)  # the page is published again meanwhile
        assert await visitor.below_the_fold() > 150
        await visitor.send("@Routewise How long can I borrow a tool?")
        await visitor.wait_for_message("4.2 s")
        assert await visitor.below_the_fold() <= 1


@pytest.mark.parametrize("size", [WIDE, PHONE])
async def test_the_viewers_name_is_shown_whole(visit: Visit, size: tuple[int, int]) -> None:
    async with visit(size) as visitor:
        await visitor.page.select_option("#viewer-picker", label="Moritz (moderator)")
        await visitor.rest()
        # How wide the browser would make the list by itself, with the arrow.
        cut_px = await visitor.page.evaluate(
            """() => {
              const shown = document.getElementById("viewer-picker");
              const free = shown.cloneNode(true);
              free.removeAttribute("id");
              free.style.maxWidth = "none";
              shown.after(free);
              const width = free.getBoundingClientRect().width;
              free.remove();
              return width - shown.getBoundingClientRect().width;
            }"""
        )
        assert cut_px <= 0
        assert await visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_the_page_is_light_for_whoever_prefers_that(visit: Visit) -> None:
    async with visit(scheme="light") as visitor:
        await visitor.choose_command("/help")
        for part in ("body", "#toolbar", "#channel-layout", ".channel-composer"):
            color = await visitor.page.locator(part).first.evaluate(
                """(part) => {
                  let color = getComputedStyle(part).backgroundColor;
                  for (let at = part; /, 0\\)$/.test(color) && (at = at.parentElement);) {
                    color = getComputedStyle(at).backgroundColor;
                  }
                  return color.match(/\\d+/g).slice(0, 3).map(Number);
                }"""
            )
            assert min(color) > 200, (part, color)


async def test_what_can_be_chosen_is_offered_as_soon_as_the_option_is(visit: Visit) -> None:
    async with visit() as visitor:
        await visitor.page.select_option("#viewer-picker", label="Moritz (moderator)")
        await visitor.rest()
        await visitor.choose_command("/sources remove")
        if await visitor.page.locator(".command-option-input").count() == 0:
            await visitor.page.locator(".command-ghost").click()
            await visitor.page.locator(".command-suggestion").first.click()
        await visitor.page.locator(".command-suggestion:has-text('conduct.md')").wait_for(timeout=5000)


async def test_the_bots_name_is_completed(visit: Visit) -> None:
    async with visit() as visitor:
        box = visitor.page.locator("#channel-composer-input")
        await box.press_sequentially("Hello @rou")
        await visitor.page.locator(".mention-offer:has-text('@Routewise')").wait_for(timeout=5000)
        await box.press("Tab")
        assert await box.input_value() == "Hello @Routewise "
        assert await visitor.page.locator(".mention-offer").is_hidden()
