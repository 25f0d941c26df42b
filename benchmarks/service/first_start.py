"""Measures what `make run` and `make test` take on a bare machine: minutes, memory and disk.

    python -m benchmarks.service.first_start [PICTURES]

Clones the last commit into an empty folder with an empty home, so that nothing of ours is installed or cached, and
nothing lies beside it. There it runs `make run`, opens the page in Chromium at once, asks while the models are still
being fetched, waits for the answer, ends the bot and runs `make run` again; then `make test`.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.harness import results
from benchmarks.harness.browser import CHROMIUM, QUIET, Journey
from benchmarks.harness.results import ROOT

_LIMIT_S = 3600
_POLL_S = 0.2
_MEGABYTE = 1_000_000


class PeakMemory:
    """Measures the most memory that the processes that were started in a folder held together."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._ended = threading.Event()
        self.megabytes = 0

    def watch(self) -> None:
        """Look several times a second until `end` is called."""
        while not self._ended.wait(_POLL_S):
            self.megabytes = max(self.megabytes, self._now() // _MEGABYTE)

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()

    def _now(self) -> int:
        total = 0
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, StopIteration):
                if str((process / "cwd").readlink()).startswith(self._folder):
                    lines = (process / "smaps_rollup").read_text().splitlines()
                    # Shared pages are counted once over all who share them.
                    total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
        return total


class BareMachine:
    """A clone and a home in which nothing is installed or cached, as on a bare machine."""

    def __init__(self, folder: Path) -> None:
        self.clone = folder / "routewise"
        self.home = folder / "home"
        self.home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.clone)], check=True)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "VIRTUAL_ENV", "HF_"))
        }
        self.environment = {**kept, "HOME": str(self.home), "PYTHONUNBUFFERED": "1", "PIP_NO_CACHE_DIR": "1"}

    @contextmanager
    def running(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Start `make run`, and end it as Ctrl-C does."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["make", "run"],
                cwd=self.clone,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                os.killpg(process.pid, signal.SIGINT)
                process.wait()


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="?", type=Path)
    pictures: Path | None = parser.parse_args().pictures
    with tempfile.TemporaryDirectory() as folder:
        machine = BareMachine(Path(folder))
        shown = pictures or Path(folder) / "pictures"
        figures = {
            "make run, the first time": _run(machine, shown / "first"),
            "make run, again": _run(machine, shown / "again"),
            "make test": _test(machine),
            "disk in MB": {
                "installed packages": _size_mb(machine.clone / ".venv"),
                "models": _size_mb(machine.home / ".cache" / "routewise"),
            },
        }
    print(figures)
    print("wrote", results.write("first_start", figures))


def _run(machine: BareMachine, pictures: Path) -> dict[str, float]:
    pictures.mkdir(parents=True, exist_ok=True)
    log = machine.clone.with_name("run.log")
    peak = PeakMemory(machine.clone)
    watcher = threading.Thread(target=peak.watch)
    began = time.monotonic()
    with machine.running(log) as process, sync_playwright() as browsers:
        watcher.start()
        url = _address(process, log)
        page_s = time.monotonic() - began
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        journey = Journey(browser.new_page(viewport={"width": 1180, "height": 860}), pictures)
        journey.open(url)
        journey.ask("How long can I borrow a tool?")
        journey.shows(r"Your question is queued|Looking|Reading|seven days", _LIMIT_S)
        journey.picture("asked-at-once")
        journey.shows(r"seven days.*tools\.md.*documents · .* s\s.*Why\?", _LIMIT_S)
        answer_s = time.monotonic() - began
        journey.picture("answered")
        journey.ask("中文工坊日是什么时候？")
        journey.shows(r"星期六.*查文档 · .*为什么", _LIMIT_S)
        browser.close()
        peak.end()
        watcher.join()
    return {
        "seconds to the page": round(page_s, 1),
        "seconds to an answer": round(answer_s, 1),
        "peak memory in MB": peak.megabytes,
    }


def _test(machine: BareMachine) -> dict[str, object]:
    began = time.monotonic()
    done = subprocess.run(
        ["make", "test"], cwd=machine.clone, env=machine.environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"make test failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    passed = re.findall(r"^(\d+) passed.*$", done.stdout, re.MULTILINE)
    return {"minutes": round((time.monotonic() - began) / 60, 1), "tests passed": int(passed[-1])}


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    ends = time.monotonic() + _LIMIT_S
    while (found := re.search(r"http://127\S+", log.read_text(errors="replace"))) is None:
        if process.poll() is not None or time.monotonic() > ends:
            raise SystemExit(log.read_text(errors="replace"))
        time.sleep(_POLL_S)
    return found[0]


def _size_mb(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) // _MEGABYTE


if __name__ == "__main__":
    main()
