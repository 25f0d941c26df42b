"""Turns verified files into an ordinary model folder, once and atomically.

The work runs in a child process: it gives its memory back, leaves the caller's threads alone, and can be
stopped.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from storage.atomic_write import sync_folder
from weights.child_process import last_line, run
from weights.errors import ConversionError
from weights.folder_record import write_record
from weights.reporter import Reporter, size_of
from weights.types import Entry, Form, Stage


def prepare(entry: Entry, files: dict[str, Path], folder: Path, working: Path, reporter: Reporter) -> None:
    """Make `folder` out of the files, by their names; `working` is on its disk. Raises ConversionError."""
    for left_by_a_killed_process in working.glob("preparing-*"):
        shutil.rmtree(left_by_a_killed_process)
    with tempfile.TemporaryDirectory(dir=working, prefix="preparing-") as scratch:
        staging = Path(scratch) / "folder"
        staging.mkdir()
        if entry.form is Form.FOLDER:
            for name, path in files.items():
                shutil.copyfile(path, staging / name)
        else:
            _convert(entry, next(iter(files.values())), staging, Path(scratch) / "log", reporter)
        write_record(entry, staging)
        if folder.exists():
            shutil.rmtree(folder)
        staging.replace(folder)
        sync_folder(folder.parent)


def _convert(entry: Entry, file: Path, staging: Path, log: Path, reporter: Reporter) -> None:
    command = [
        sys.executable,
        "-m",
        "weights.convert",
        entry.form.value,
        str(file.absolute()),
        str(staging.absolute()),
    ]
    with log.open("wb") as output:
        code = run(
            command,
            output,
            lambda: reporter.report(Stage.CONVERTING, size_of(staging), entry.prepared_bytes),
            {**os.environ, "HF_HUB_OFFLINE": "1"},
        )
    if code != 0:
        raise ConversionError(entry.name, f"{last_line(log)} (exit code {code})")
