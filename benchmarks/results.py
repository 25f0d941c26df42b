"""One way to keep a measurement: figures with their interval, command, commit and machine."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def _commit() -> str:
    named = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return named.stdout.strip() or "unknown"


# Read when a measurement begins: a commit that is made meanwhile is not what is measured.
_COMMIT = _commit()


def provenance() -> dict[str, str | int]:
    """What somebody needs to repeat a measurement."""
    return {
        "command": "python -m " + " ".join([_main_module(), *map(_shown, sys.argv[1:])]),
        "commit": _COMMIT,
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def _shown(argument: str) -> str:
    """A path as it is seen from here: where it lies on this machine helps nobody else."""
    if not Path(argument).is_absolute():
        return argument
    near = os.path.relpath(argument)
    return near if near.count("..") <= 1 else "FOLDER"


def write(name: str, figures: object) -> Path:
    """Write benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    text = json.dumps({"figures": figures, "provenance": provenance()}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")
    return path


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if trials == 0:
        return 0.0, 1.0
    z = 1.96
    share, spread = successes / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return round(centre - half, 3), round(centre + half, 3)


def _main_module() -> str:
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else Path(sys.argv[0]).stem
