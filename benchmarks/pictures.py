"""Walks the main journey in a real browser, checks each step and takes a picture of it.

    python -m benchmarks.pictures [FOLDER]

Starts `python -m bot --local` on an empty data folder, so it shows what a person sees at a first `make run`. Needs
Chromium (the variable CHROMIUM names its path) and the models, which it has fetched where they are missing.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as NothingOffered

ROOT = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_PERMIT = "How much does a mooring permit for a visiting boat cost?"
_REQUEST = "the thicknesser spits out chips on the wrong side and makes a howling noise, can someone take it apart?"
_START_LIMIT_S = 3600
_STEP_LIMIT_S = 60
_POLL_S = 0.1
_OFFER_LIMIT_MS = 2000
_MESSAGE = "article.channel-message"


class Journey:
    """A person at the page."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._taken = 0

    def open(self, url: str) -> None:
        """Open the page, and give the conversation the room of the simulator's list."""
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

    def shows(self, pattern: str, limit_s: float = _STEP_LIMIT_S) -> str:
        """Wait until the last message matches, and return it."""
        ends = time.monotonic() + limit_s
        while not re.search(pattern, text := self._last(), re.DOTALL):
            if time.monotonic() > ends:
                raise SystemExit(f"after {limit_s} s, the last message does not match {pattern!r}:\n{text}")
            time.sleep(_POLL_S)
        self._at_rest()
        return text

    def picture(self, name: str) -> None:
        """Keep what the page shows."""
        self._taken += 1
        path = self._folder / f"{self._taken:02}-{name}.png"
        self._page.evaluate("document.getElementById('channel-timeline').scrollTop = 1e9")
        self._page.screenshot(path=path)
        print(f"{path.name}: {self._last().splitlines()[-1][:100]}", flush=True)

    def _last(self) -> str:
        messages = self._page.locator(_MESSAGE).all_inner_texts()
        return messages[-1] if messages else ""

    def _at_rest(self) -> None:
        while not self._page.evaluate("Boolean(window.simcordPreview && window.simcordPreview.ready)"):
            time.sleep(_POLL_S)


def walk(journey: Journey) -> None:
    """The journey: talk, an answer, a refusal, a document, the answer, why, and the refusal again."""
    journey.shows("The handbook is taken in", _START_LIMIT_S)
    journey.picture("first-start")
    journey.ask("Good morning, how are you today?")
    journey.shows(r"direct · .* s\s.*Why\?", _START_LIMIT_S)
    journey.picture("small-talk")
    journey.ask("How long can I borrow a tool?")
    journey.shows(r"tool\?.*(?!Looking|Reading|Writing)\b[A-Z]\w+ \w+ \w+ \w+ \w+ \w+.*Stop")
    journey.picture("while-it-writes")
    journey.shows(r"seven days.*tools\.md.*retrieval · .* s\s.*Why\?")
    journey.picture("answer-with-sources")
    journey.ask(_PERMIT)
    journey.shows(r"no answer · .*Why\?")
    journey.picture("not-in-the-documents")
    journey.view_as("Moritz")
    journey.command("/ingest", file=str(ROOT / "examples" / "later" / "mooring-permits.md"))
    journey.picture("ingest-command")
    journey.send()
    journey.shows("mooring-permits.md is taken in")
    journey.picture("ingested")
    journey.view_as("Ada")
    journey.ask(_PERMIT)
    journey.shows(r"£9.*mooring-permits\.md.*retrieval · .*Why\?")
    journey.picture("now-in-the-documents")
    journey.press("Why?")
    journey.shows("Route: retrieval")
    journey.picture("why")
    journey.view_as("Moritz")
    journey.command("/sources remove", name="mooring-permits.md")
    journey.send()
    journey.shows("mooring-permits.md is removed")
    journey.picture("removed")
    journey.view_as("Ada")
    journey.ask(_PERMIT)
    journey.shows(r"no answer · .*Why\?")
    journey.picture("gone-again")
    journey.ask("中文工坊日是什么时候？")
    journey.shows(r"星期六.*检索 · .*为什么")
    journey.picture("in-chinese")
    journey.press("为什么？")
    journey.shows("路线")
    journey.picture("why-in-chinese")


def walk_tuning(journey: Journey) -> None:
    """An admin tunes a skill: asked before, the training with its plot, its report, asked after, why, rolled back."""
    journey.view_as("Ada")
    journey.ask(_REQUEST)
    journey.shows(r"howling.* s\s.*Why\?")
    journey.picture("before-tuning")
    journey.view_as("Iris")
    journey.command("/finetune start", file=str(ROOT / "examples" / "training" / "help-desk.jsonl"), skill="help-desk")
    journey.send()
    journey.shows(r"ready to be trained.*Start")
    journey.picture("tuning-preview")
    journey.press("Start")
    journey.shows(r"step [6-9]\d of", _START_LIMIT_S)
    journey.picture("tuning-progress")
    journey.shows("is trained", _START_LIMIT_S)
    journey.picture("tuning-report")
    journey.view_as("Ada")
    journey.ask(_REQUEST)
    journey.shows(r"tool-repair.*tuned model · .* s\s.*Why\?")
    journey.picture("tuned-model-answers")
    journey.press("Why?")
    journey.shows("Route: tuned model")
    journey.picture("why-the-tuned-model")
    journey.view_as("Iris")
    journey.command("/finetune rollback", skill="help-desk")
    journey.send()
    journey.shows("help-desk")
    journey.picture("rolled-back")
    journey.view_as("Ada")
    journey.ask(_REQUEST)
    journey.shows(r"no answer · .*Why\?")
    journey.picture("as-before-tuning")


@contextmanager
def local_discord() -> Iterator[str]:
    """A bot of its own; yields the page's address."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment = {**os.environ, "DATA_DIR": str(Path(folder) / "data"), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "bot", "--local", "--port", "8799"]
        with (
            log.open("wb") as output,
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as bot,
        ):
            try:
                yield _address(bot, log)
            except BaseException:
                print(log.read_text(errors="replace")[-4000:])
                raise
            finally:
                bot.terminate()
                bot.wait()


def _address(bot: subprocess.Popen[bytes], log: Path) -> str:
    while (found := re.search(r"http://127\S+", log.read_text(errors="replace"))) is None:
        if bot.poll() is not None:
            raise SystemExit(log.read_text(errors="replace"))
        time.sleep(_POLL_S)
    return found[0]


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "pictures")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with local_discord() as url, sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1180, "height": 860})
        journey = Journey(page, folder)
        journey.open(url)
        walk(journey)
        walk_tuning(journey)
        browser.close()


if __name__ == "__main__":
    main()
