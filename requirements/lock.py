"""Writes the lock files of this folder from pyproject.toml. `make lock` runs it; it needs uv (`pip install uv`).

Each file names exact versions with the hashes of their files, for each Python that pyproject.toml allows, on any
platform: run.lock is what `make run` installs, dev.lock what `make test` does. torch comes first, from torch.lock,
whichever of its builds pip finds; PyPI's builds for Linux also need cuda.lock. What is locked stays as it is unless
pyproject.toml or `--upgrade` asks for another version. Edit this file for another lock file.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
HEADER = "# Written by `make lock`.\n"
CPU_BUILDS = {"2.13.0": ("6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b",)}
"""By torch's version, the SHA-256 of its builds for Linux that need no CUDA and aren't on PyPI (Python 3.11, x86_64)."""
_UV = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
_PLAIN = ("--no-emit-index-url", "--no-annotate", "--no-header")
_RUN, _DEV = ("local",), ("local", "openai", "hf", "dev")
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<marker>[^\\\n]*).*\n(?: .*\n)*", re.MULTILINE)
_PINNED = ("torch", "cuda", "dev")
_CUDA = re.compile(r"(nvidia|cuda)-.*|triton")


def main() -> int:
    """Write the files, and return the exit code."""
    parser = argparse.ArgumentParser(description="Lock the dependencies.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    locked = "".join(path.read_text("utf-8") for path in (FOLDER / f"{n}.lock" for n in _PINNED) if path.exists())
    dev = _compiled(_DEV, locked, upgrade)
    run = _compiled(_RUN, dev, [])
    _write("torch", (_with_cpu_builds(entry) for entry in _entries(dev) if entry["name"] == "torch"))
    _write("cuda", (entry[0] for entry in _entries(dev) if _CUDA.fullmatch(entry["name"])))
    _write("run", (entry[0] for entry in _entries(run) if not _is_of_torch(entry)))
    _write("dev", (entry[0] for entry in _entries(dev) if not _is_of_torch(entry)))
    return 0


def _compiled(extras: Sequence[str], locked: str, options: Sequence[str]) -> str:
    """Return what uv writes for the project with these extras, with the versions of `locked` where they fit."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "all.lock"
        output.write_text(locked, "utf-8")
        wanted = [argument for extra in extras for argument in ("--extra", extra)]
        command = [*_UV, *_PLAIN, *options, *wanted, "pyproject.toml", "--output-file", str(output)]
        subprocess.run(command, cwd=FOLDER.parent, check=True)
        return output.read_text("utf-8")


def _entries(lock: str) -> Iterable[re.Match[str]]:
    return _ENTRY.finditer(lock)


def _is_of_torch(entry: re.Match[str]) -> bool:
    return entry["name"] == "torch" or _CUDA.fullmatch(entry["name"]) is not None


def _with_cpu_builds(entry: re.Match[str]) -> str:
    hashes = CPU_BUILDS.get(entry["version"], ())
    if not hashes:
        sys.stderr.write(f"the hash of torch {entry['version']} without CUDA is not known: add it to CPU_BUILDS\n")
    # uv keeps the hashes that it finds in the earlier file.
    missing = [each for each in hashes if each not in entry[0]]
    return entry[0].rstrip("\n") + "".join(f" \\\n    --hash=sha256:{each}" for each in missing) + "\n"


def _write(name: str, entries: Iterable[str]) -> None:
    (FOLDER / f"{name}.lock").write_text(HEADER + "".join(entries), "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
