"""Walks the main journey in a real browser, checks each step and takes a screenshot of it.

    python -m benchmarks.report.screenshots [FOLDER]

Starts `python -m bot --local` on an empty data folder, so it shows what a person sees at a first `make run`. Needs
Chromium (the variable CHROMIUM holds its path) and the models; missing models are fetched.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.harness.browser import Journey, browser_page, local_discord
from benchmarks.harness.results import ROOT
from benchmarks.report.sample_files import club_zip

_PERMIT = "How much does a mooring permit for a visiting boat cost?"
_REQUEST = "the thicknesser spits out chips on the wrong side and makes a howling noise, can someone take it apart?"
_RIGHT = "A mooring permit for a visiting boat costs **nine pounds a night**. Ask at the slipway office."
_START_LIMIT_S = 3600


def walk(journey: Journey) -> None:
    """Walk the main journey: small talk, an answer, a refusal, a document, its answer, why, and the refusal again."""
    journey.shows("Added the handbook", _START_LIMIT_S)
    journey.picture("first-start")
    journey.ask("Good morning, how are you today?")
    journey.shows(r"direct · .* s\s.*Why\?", _START_LIMIT_S)
    journey.picture("small-talk")
    journey.ask("How long can I borrow a tool?")
    journey.shows(r"tool\?.*(?!Looking|Reading|Writing)\b[A-Z]\w+ \w+ \w+ \w+ \w+ \w+.*Stop")
    journey.picture("while-it-writes")
    journey.shows(r"seven days.*tools\.md.*documents · .* s\s.*Why\?")
    journey.picture("answer-with-sources")
    journey.ask(_PERMIT)
    journey.shows(r"no answer · .*Why\?")
    journey.picture("not-in-the-documents")
    journey.view_as("Moritz")
    journey.command("/ingest", file=str(ROOT / "examples" / "later" / "mooring-permits.md"))
    journey.picture("ingest-command")
    journey.send()
    journey.shows("Added mooring-permits.md")
    journey.picture("ingested")
    journey.view_as("Ada")
    journey.ask(_PERMIT)
    journey.shows(r"£9.*mooring-permits\.md.*documents · .*Why\?")
    journey.picture("now-in-the-documents")
    journey.press("Why?")
    journey.shows("Route: documents")
    journey.picture("why")
    journey.view_as("Moritz")
    journey.command("/sources remove", name="mooring-permits.md")
    journey.send()
    journey.shows("Removed mooring-permits.md")
    journey.picture("removed")
    journey.view_as("Ada")
    journey.ask(_PERMIT)
    journey.shows(r"no answer · .*Why\?")
    journey.picture("gone-again")
    journey.ask("中文工坊日是什么时候？")
    journey.shows(r"星期六.*查文档 · .*为什么")
    journey.picture("in-chinese")
    journey.press("为什么？")
    journey.shows("回答方式")
    journey.picture("why-in-chinese")


def walk_correction(journey: Journey) -> None:
    """Correct an answer as a moderator: a refusal, the correction, another member's question, the list, the removal."""
    journey.view_as("Ada")
    journey.ask(_PERMIT)
    journey.shows(r"no answer · .*Why\?", _START_LIMIT_S)
    journey.view_as("Moritz")
    journey.press("Why?")
    journey.shows("as a moderator you can correct")
    journey.picture("correction-offered")
    journey.press("Correct this answer")
    journey.fill(answer=_RIGHT)
    journey.picture("correction-form")
    journey.submit()
    journey.shows(r"Corrected by .*nine pounds")
    journey.picture("corrected")
    journey.view_as("Iris")
    journey.ask(_PERMIT.lower())
    journey.shows(r"nine pounds.*answered by .*documents · a moderator answered this very question.*Why\?")
    journey.press("Why?")
    journey.shows("Is it wrong")
    journey.picture("moderators-answer")
    journey.view_as("Moritz")
    journey.command("/faq list")
    journey.send()
    journey.shows("Answers by moderators")
    journey.picture("answers-listed")
    journey.command("/faq remove", question="mooring permit")
    journey.send()
    journey.shows("Removed the answer")
    journey.view_as("Ada")
    journey.ask(_PERMIT)
    journey.shows(r"no answer · .*Why\?")
    journey.picture("answer-removed")


def walk_tuning(journey: Journey) -> None:
    """Tune a skill as an admin: a question before, the training, its report, the answer after, why, the rollback."""
    journey.view_as("Ada")
    journey.ask(_REQUEST)
    journey.shows(r"howling.* s\s.*Why\?")
    journey.picture("before-tuning")
    journey.view_as("Iris")
    journey.command("/finetune start", file=str(ROOT / "examples" / "training" / "help-desk.jsonl"), skill="help-desk")
    journey.send()
    journey.shows(r"ready to train.*Start")
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


def walk_files(journey: Journey, folder: Path) -> None:
    """Upload files of several formats as a moderator, ask where two contradict each other, and show a page."""
    (folder / "club.zip").write_bytes(club_zip())
    journey.view_as("Moritz")
    journey.command("/ingest", file=str(folder / "club.zip"))
    journey.send()
    journey.shows(r"4 new.*broken\.docx", _START_LIMIT_S)
    journey.picture("several-files")
    journey.view_as("Ada")
    journey.ask("Until when is the boat shed open on weekdays?")
    journey.shows(r"Two sources disagree.*documents · .*Why\?")
    journey.picture("two-sources-differ")
    journey.ask("Within how many minutes must a protest be handed in after the finish?")
    journey.shows(r"regatta\.pdf, p\. 1.*Why\?")
    journey.press("Show passage 1")
    journey.shows("Regatta rules|regatta")
    journey.shows_a_picture()
    journey.picture("page-behind-an-answer")


def main() -> None:
    """Take the screenshots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "pictures")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with local_discord() as discord, browser_page() as page:
        journey = Journey(page, folder)
        journey.open(discord.start())
        walk(journey)
        walk_tuning(journey)
        walk_correction(journey)
        walk_files(journey, discord.data_dir.parent)


if __name__ == "__main__":
    main()
