"""Kills the trainer of a training, and its bot, at random moments, and measures what becomes of it.

    python -m benchmarks.service.crash_recovery [--kills N]

In a real browser on `python -m bot --local`, with the small models: an admin tunes a skill, which makes a champion, and
then starts a longer training, with a checkpoint every ten seconds instead of thirty. Once before its first checkpoint,
and N times after it, the bot is killed by SIGKILL; then N times the trainer alone, which the bot starts again itself.
After each kill a member asks the champion, which has to answer. In the end one adapter must be there, and no trainer
left.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks.datasets.synthetic_tasks import messages
from benchmarks.harness import results
from benchmarks.harness.browser import POLL_S, BrowserDiscord, Journey, browser_page, local_discord
from benchmarks.harness.results import ROOT
from finetune.registry import Registry
from finetune.training.run_folder import RunFolder, step_of
from finetune.types import Example

_SEED = 3
_LIMIT_S = 1800
_CHECKPOINT_S = 10.0
_LONGEST_WAIT_S = 12.0
_ORPHAN_LIMIT_S = 15.0
_SETTINGS = {"CHAT_MODEL": "embedded-small", "MAX_ANSWER_TOKENS": "64"}


def main() -> None:
    """Measure, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10, help="of the bot, and then of the trainer")
    kills: int = parser.parse_args().kills
    with local_discord(_SETTINGS) as discord, browser_page() as page:
        figures = _Trial(discord, Journey(page, discord.data_dir.parent)).run(kills)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    print("wrote", results.write("kills", figures))


class _Trial:
    """The bot, the person, and what was seen."""

    def __init__(self, discord: BrowserDiscord, journey: Journey) -> None:
        self._discord = discord
        self._journey = journey
        self._chance = random.Random(_SEED)
        self._asked = iter(each.question for each in messages("test"))
        self._answer_seconds: list[float] = []

    def run(self, kills: int) -> dict[str, object]:
        self._journey.open(self._discord.start())
        self._journey.shows("Added the handbook", _LIMIT_S)
        self._prepare("garden", _rows(messages("train")))
        self._journey.press("Start")
        self._journey.shows("is trained", _LIMIT_S)
        _until(lambda: not self._runs())
        self._prepare("help-desk", _english_help_desk())
        (run,) = self._runs()
        plan = run.plan()
        run.write_plan(replace(plan, recipe=replace(plan.recipe, checkpoint_s=_CHECKPOINT_S)))
        self._journey.press("Start")
        self._journey.shows("step [1-9]", _LIMIT_S)
        first = self._kill_bot(run)
        bot = [self._kill_bot(run) for _ in range(kills) if self._comes_to_a_checkpoint(run)]
        trainer = [self._kill_trainer(run) for _ in range(kills) if self._comes_to_a_checkpoint(run)]
        _until(lambda: not run.path.exists())
        registry = Registry(self._discord.data_dir)
        cards = [listed.card for guild in registry.guilds() for listed in registry.adapters(guild)]
        return {
            "the bot is killed before the first checkpoint": first,
            "the bot is killed after it": bot,
            "the trainer is killed after it": trainer,
            "adapters of the skill": sum(card.skill == "help-desk" for card in cards),
            "steps": next(card.steps for card in cards if card.skill == "help-desk"),
            "trainers left": len(_trainers(run.path.parent)),
            "questions that the champion answered meanwhile": len(self._answer_seconds),
            "slowest of them, seconds": round(max(self._answer_seconds), 1),
        }

    def _prepare(self, skill: str, rows: str) -> None:
        file = self._discord.data_dir.parent / f"{skill}.jsonl"
        file.write_text(rows, "utf-8")
        self._journey.view_as("Iris")
        self._journey.command("/finetune start", file=str(file), skill=skill)
        self._journey.send()
        self._journey.shows(r"ready to train.*Start", _LIMIT_S)

    def _runs(self) -> list[RunFolder]:
        folders = map(RunFolder, (self._discord.data_dir / "runs").glob("*"))
        return [folder for folder in folders if folder.has_plan()]

    def _comes_to_a_checkpoint(self, run: RunFolder) -> bool:
        """Wait for one newer than what was gone on from, and then some while. False where the run ends first."""
        begun_from = _begun_from(run)[-1]
        _until(lambda: _checkpoint_step(run) > begun_from or run.result() is not None)
        time.sleep(self._chance.uniform(0, _LONGEST_WAIT_S))
        return run.result() is None and run.path.exists()

    def _kill_bot(self, run: RunFolder) -> dict[str, object]:
        (trainer,) = _trainers(run.path)
        starts, checkpoint = len(_begun_from(run)), _checkpoint_step(run)
        self._discord.kill()
        psutil.wait_procs([trainer], timeout=_ORPHAN_LIMIT_S)
        left_behind = trainer.is_running()
        self._journey.open(self._discord.start())
        return {**self._after_a_kill(run, starts, checkpoint), "the old trainer was left behind": left_behind}

    def _kill_trainer(self, run: RunFolder) -> dict[str, object]:
        (trainer,) = _trainers(run.path)
        starts, checkpoint = len(_begun_from(run)), _checkpoint_step(run)
        trainer.kill()
        return self._after_a_kill(run, starts, checkpoint)

    def _after_a_kill(self, run: RunFolder, starts: int, checkpoint: int) -> dict[str, object]:
        """A member asks the champion at once; and where the training goes on from."""
        self._journey.view_as("Ada")
        began = time.monotonic()
        self._journey.ask(next(self._asked))
        self._journey.shows(r"tuned model · .* s\s.*Why\?", _LIMIT_S)
        seconds = time.monotonic() - began
        self._answer_seconds.append(seconds)
        _until(lambda: len(_begun_from(run)) > starts)
        found: dict[str, object] = {
            "last checkpoint": checkpoint,
            "goes on from": _begun_from(run)[-1],
            "seconds to the champion's answer": round(seconds, 1),
        }
        print(found, file=sys.stderr, flush=True)
        return found


def _begun_from(run: RunFolder) -> list[int]:
    """The steps that the trainers began from, one a trainer, as their log has it."""
    log = run.path / "training.log"
    text = log.read_text(errors="replace") if log.exists() else ""
    return [int(step) for step in re.findall(r"training from step (\d+)", text)]


def _checkpoint_step(run: RunFolder) -> int:
    found = run.checkpoint()
    return 0 if found is None else step_of(found)


def _trainers(runs: Path) -> list[psutil.Process]:
    """The processes that train a run of that folder."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(argument.startswith(str(runs)) for argument in process.info["cmdline"] or ())
    ]


def _until(holds: Callable[[], bool]) -> None:
    """Raises SystemExit where it does not come to hold."""
    ends = time.monotonic() + _LIMIT_S
    while not holds():
        if time.monotonic() > ends:
            raise SystemExit(f"what is waited for has not happened in {_LIMIT_S} s")
        time.sleep(POLL_S)


def _rows(examples: Iterable[Example]) -> str:
    return "\n".join(json.dumps({"question": each.question, "label": each.completion}) for each in examples)


def _english_help_desk() -> str:
    file = ROOT / "examples" / "training" / "help-desk.jsonl"
    return "\n".join(row for row in file.read_text("utf-8").splitlines() if row.isascii())


if __name__ == "__main__":
    main()
