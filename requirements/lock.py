"""Writes the lock files of this folder from pyproject.toml. `make lock` runs it; it needs uv (`pip install uv`).

Each file names exact versions with the hashes of their files, for each Python that pyproject.toml allows, on any
platform: run.lock is what `make run` installs, dev.lock what `make test` does. torch comes first: from torch-cpu.lock
where pip finds that build, else from torch.lock, which also has the CUDA libraries that PyPI's builds for Linux need.
What is locked stays as it is unless pyproject.toml or `--upgrade` asks for another version. Edit this file for another
lock file.
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
"""By torch's version, the SHA-256 of its builds for Linux that need no CUDA, which PyPI lacks (3.11, x86_64)."""
_UV = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
_PLAIN = ("--no-emit-index-url", "--no-annotate", "--no-header")
_RUN, _DEV = ("local",), ("local", "openai", "hf", "dev")
_ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?P<marker>[^\\\n]*).*\n(?: .*\n)*", re.MULTILINE)
_PINNED = ("torch", "dev")
_CUDA = re.compile(r"(nvidia|cuda)-.*|triton")


def main() -> int:
    """Write the files, and return the exit code."""
    parser = argparse.ArgumentParser(description="Lock the dependencies.")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    locked = "".join(path.read_text("utf-8") for path in (FOLDER / f"{n}.lock" for n in _PINNED) if path.exists())
    dev = _compiled(_DEV, locked, upgrade)
    run = _compiled(_RUN, dev, [])
    _write("torch", (entry[0] for entry in _entries(dev) if _is_of_torch(entry)))
    _write("torch-cpu", (_cpu_build(entry["version"]) for entry in _entries(dev) if entry["name"] == "torch"))
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


def _cpu_build(version: str) -> str:
    if version not in CPU_BUILDS:
        sys.stderr.write(f"the hash of torch {version} without CUDA is not known: add it to CPU_BUILDS\n")
    return f"torch=={version}+cpu" + "".join(f" \\\n    --hash=sha256:{h}" for h in CPU_BUILDS.get(version, ())) + "\n"


def _write(name: str, entries: Iterable[str]) -> None:
    (FOLDER / f"{name}.lock").write_text(HEADER + "".join(entries), "utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
