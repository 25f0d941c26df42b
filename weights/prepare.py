"""Turns verified files into an ordinary model folder, once and atomically.

The conversion runs in a child process, which gives its memory back, leaves the caller's threads alone, and can be
stopped. Edit this file to change how a folder comes into being; what is written into it is `convert.py`'s to say.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from storage.atomic_write import sync_folder
from storage.child_environment import child_environment
from storage.sizes import size_of
from weights.errors import ConversionError
from weights.folder_record import write_record
from weights.reporter import Reporter, last_line, run_watched
from weights.types import Entry, Form, Stage


def prepare(entry: Entry, files: dict[str, Path], folder: Path, working: Path, reporter: Reporter) -> None:
    """Make `folder` out of the files, given by name; `working` is on the same disk. Raises ConversionError."""
    for left_by_a_killed_process in working.glob("preparing-*"):
        shutil.rmtree(left_by_a_killed_process)
    with tempfile.TemporaryDirectory(dir=working, prefix="preparing-") as scratch:
        staging = Path(scratch) / "folder"
        staging.mkdir()
        if entry.form is Form.FOLDER:
            for name, path in files.items():
                shutil.copyfile(path, staging / name)
        elif entry.form is Form.GGUF_FILE:
            for name, path in files.items():
                _link_or_copy(path, staging / name)
        else:
            _convert(entry, next(iter(files.values())), staging, Path(scratch) / "log", reporter)
        write_record(entry, staging)
        if folder.exists():
            shutil.rmtree(folder)
        staging.replace(folder)
        sync_folder(folder.parent)


def _link_or_copy(source: Path, target: Path) -> None:
    """Put a large file in a second place without a second copy of it, if the file system can."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


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
        code = run_watched(
            command,
            output,
            lambda: reporter.report(Stage.CONVERTING, size_of(staging), entry.prepared_bytes),
            child_environment({"HF_HUB_OFFLINE": "1"}),
        )
    if code != 0:
        raise ConversionError(entry.name, f"{last_line(log)} (exit code {code})")
