"""Runs the bot in its local Discord, and acts as a person at its page in a real browser.

It needs Chromium, whose path the variable CHROMIUM names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as NothingOffered

from benchmarks.harness.results import ROOT

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
STEP_LIMIT_S = 60
POLL_S = 0.1
_PORT = 8799
_OFFER_LIMIT_MS = 2000
_MESSAGE = "article.channel-message"


class Journey:
    """What a person does at the page, and what it shows."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._taken = 0

    def open(self, url: str) -> None:
        """Open the page, and give the conversation the room of the simulator's list."""
        self._page.goto("about:blank")  # The address of a bot that was started anew is the same: it would not load.
        self._page.goto(url)
        self._at_rest()
        self._page.click("#messages-toggle")

    def view_as(self, name: str) -> None:
        """Be another member."""
        options = self._page.locator("#viewer-picker option").all_inner_texts()
        self._page.select_option("#viewer-picker", label=next(option for option in options if name in option))
        self._at_rest()

    def ask(self, question: str) -> None:
        """Mention the bot, and wait until the question stands in the channel."""
        self._at_rest()
        before = self._page.locator(_MESSAGE).count()
        self._page.locator("#channel-composer-input").fill(f"@Routewise {question}")
        self.send()
        self._page.wait_for_function(
            "([of, before]) => document.querySelectorAll(of).length > before", arg=[_MESSAGE, before]
        )

    def command(self, text: str, **options: str) -> None:
        """Choose a slash command and fill its options; `file` is uploaded, others are chosen from what is offered, or
        typed where nothing of that name is."""
        self._page.locator("#channel-composer-input").fill("")
        self._page.locator("#channel-composer-input").press_sequentially(text)
        self._page.locator(f"[role=option]:has-text('{text}')").first.click()
        for name, value in options.items():
            if name == "file":
                self._page.set_input_files("input[type=file]", value)
            else:
                if self._page.locator(f"[data-option='{name}']").count() == 0:  # It is optional.
                    self._page.locator(".command-ghost").click()
                    self._page.locator(f".command-suggestion:has-text('{name}')").first.click()
                self._page.locator(f"[data-option='{name}']").last.click()
                self._page.keyboard.type(value)
                with suppress(NothingOffered):
                    self._page.locator(f"[role=option]:has-text('{value}')").first.click(timeout=_OFFER_LIMIT_MS)

    def send(self) -> None:
        """Send what stands in the composer, once the page takes it: Enter would be lost before."""
        self._page.click("#send-message")

    def press(self, label: str) -> None:
        """Press the last button of that label, once the page takes it."""
        self._at_rest()
        self._page.locator(f"#channel-message-list button:has-text('{label}')").last.click()

    def fill(self, **fields: str) -> None:
        """Fill in the fields of the form that stands open, by their ids."""
        for name, text in fields.items():
            field = self._page.locator(f".modal-field[data-custom-id='{name}']").locator("textarea, input")
            field.wait_for()
            field.fill(text)

    def submit(self) -> None:
        """Send the form."""
        self._page.locator(".modal-dialog button[type=submit]").click()
        self._page.locator(".modal-dialog").wait_for(state="detached")
        self._at_rest()

    def shows(self, pattern: str, limit_s: float = STEP_LIMIT_S) -> str:
        """Wait until the last message matches, and return it."""
        ends = time.monotonic() + limit_s
        while not re.search(pattern, text := self._last(), re.DOTALL):
            if time.monotonic() > ends:
                raise SystemExit(f"after {limit_s} s, the last message does not match {pattern!r}:\n{text}")
            time.sleep(POLL_S)
        self._at_rest()
        return text

    def shows_a_picture(self) -> None:
        """Wait until a picture stands below the last message, and is there."""
        drawn = self._page.locator(_MESSAGE).last.locator("img[src*='attachments'], img[src*='blob:'], .attachment img")
        drawn.first.wait_for(timeout=1000 * STEP_LIMIT_S)
        self._at_rest()

    def picture(self, name: str) -> None:
        """Save a screenshot of the page."""
        self._taken += 1
        path = self._folder / f"{self._taken:02}-{name}.png"
        self._page.evaluate("document.getElementById('channel-timeline').scrollTop = 1e9")
        self._page.screenshot(path=path)
        print(f"{path.name}: {self._last().splitlines()[-1][:100]}", flush=True)

    def _last(self) -> str:
        messages = self._page.locator(_MESSAGE).all_inner_texts()
        return messages[-1] if messages else ""

    def _at_rest(self) -> None:
        ends = time.monotonic() + STEP_LIMIT_S
        while not self._page.evaluate("Boolean(window.simcordPreview && window.simcordPreview.ready)"):
            if time.monotonic() > ends:
                raise SystemExit(f"the page is not ready after {STEP_LIMIT_S} s")
            time.sleep(POLL_S)


class BrowserDiscord:
    """Runs `python -m bot --local` on a data folder that outlives it."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.data_dir = folder / "data"
        self._log = folder / "log"
        self._environment = {**os.environ, "DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1", **settings}
        self._bot: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the bot."""
        if self._bot is None:
            raise RuntimeError("the bot was not started")
        return self._bot.pid

    def start(self) -> str:
        """Start the bot; returns the page's address. Raises SystemExit with its output where it ends instead."""
        command = [sys.executable, "-m", "bot", "--local", "--port", str(_PORT)]
        with self._log.open("wb") as output:
            self._bot = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=output, stderr=output)
        while (found := re.search(r"http://127\S+", self.output())) is None:
            if self._bot.poll() is not None:
                raise SystemExit(self.output())
            time.sleep(POLL_S)
        return found[0]

    def kill(self) -> None:
        """Kill the bot by SIGKILL."""
        if self._bot is not None:
            self._bot.kill()
            self._bot.wait()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._bot is not None and self._bot.poll() is None:
            self._bot.terminate()
            self._bot.wait()

    def output(self) -> str:
        """Return what it printed since its last start."""
        return self._log.read_text(errors="replace")


@contextmanager
def local_discord(settings: Mapping[str, str] | None = None) -> Iterator[BrowserDiscord]:
    """Give a bot on an empty data folder, not started yet. After an error its last output is printed."""
    with tempfile.TemporaryDirectory() as folder:
        discord = BrowserDiscord(Path(folder), settings or {})
        try:
            yield discord
        except BaseException:
            print(discord.output()[-4000:])
            raise
        finally:
            discord.stop()


@contextmanager
def browser_page() -> Iterator[Page]:
    """Open a page in a real browser."""
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser.new_page(viewport={"width": 1180, "height": 860})
        browser.close()
