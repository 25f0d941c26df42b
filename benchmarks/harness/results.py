"""Keeps a measurement in benchmarks/results, with its command, commit, date and machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def write(name: str, figures: object, folder: Path = RESULTS) -> Path:
    """Write NAME.json into benchmarks/results, or into another folder."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    text = json.dumps({"figures": figures, "provenance": provenance()}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")
    return path


def provenance() -> dict[str, str | int]:
    """Return what somebody needs to repeat this process's measurement."""
    began = datetime.fromtimestamp(psutil.Process().create_time(), UTC)
    return {
        "command": "python -m " + " ".join([_main_module(), *map(_shown, sys.argv[1:])]),
        # A commit that was made while it ran is not what was measured.
        "commit": commit_at(began, ROOT),
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def commit_at(moment: datetime, folder: Path) -> str:
    """Return the commit that was checked out at that moment, by git's reflog; `unknown` where git can't tell."""
    named = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--short", f"HEAD@{{{moment.isoformat()}}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    return named.stdout.strip() if named.returncode == 0 else "unknown"


def _shown(argument: str) -> str:
    """Show a path as it is seen from here: where it lies on this machine helps nobody else."""
    if not Path(argument).is_absolute():
        return argument
    near = os.path.relpath(argument)
    return near if near.count("..") <= 1 else "FOLDER"


def _main_module() -> str:
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else Path(sys.argv[0]).stem
