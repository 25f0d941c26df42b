"""What can go wrong with a model's files: edit the messages here, and draw each new error in this tree.

WeightsError
├── UnknownModelError      no such name in the catalog
├── NoSourceError          neither the user's folder, nor the hub, nor the mirror gave the right bytes
├── HashMismatchError      a file's bytes are not the pinned ones
├── DownloadError          one source failed; the next one is tried
│   └── CutOffError        the transfer ended early; what came is kept
├── DirectoryError         the model directory cannot be written to
├── DiskFullError          the model directory's disk has too little space
├── ConversionError        the verified file could not be turned into a folder
├── OwnModelError          a model of the operator's own choice cannot be used
│   └── OwnFileError       what `gguf:` names is not there, or is no GGUF file
├── BrokenFolderError      a prepared folder is incomplete, or of another format
└── StoppedError           whoever asked for the model no longer wants it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from storage.sizes import MEGABYTE


class WeightsError(Exception):
    """Raised where a model's files can't be provided; its message can be shown to an operator."""


class UnknownModelError(WeightsError):
    """Raised where the catalog has no model of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(f"There is no model named {name!r}. Choose one of: {', '.join(sorted(known))}.")


class NoSourceError(WeightsError):
    """Raised once every source was tried and none gave the right bytes."""

    def __init__(self, name: str, file_name: str, directory: Path, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(
            f"The file {file_name} of the model {name!r} couldn't be downloaded: {'; '.join(reasons)}. "
            f"Check the network and try again: the download resumes where it stopped. Or put the file into {directory}."
        )


class HashMismatchError(WeightsError):
    """Raised where a file's bytes are not those that the catalog names."""

    def __init__(self, file_name: str, expected: str, found: str, *, removed: bool) -> None:
        what_next = "It was deleted." if removed else "It was left in place: replace or delete it."
        super().__init__(
            f"{file_name} has the wrong contents: its sha256 is {found}, not the pinned {expected}. {what_next}"
        )


class DownloadError(WeightsError):
    """Raised where one source did not give the file; the next one is tried."""


class CutOffError(DownloadError):
    """Raised where the transfer ended before the file was complete."""

    def __init__(self, source: str, done_bytes: int, total_bytes: int) -> None:
        super().__init__(f"{source} was cut off at {done_bytes:,} of {total_bytes:,} bytes, which are kept")


class DirectoryError(WeightsError):
    """Raised where the model directory can't be written to."""

    def __init__(self, directory: Path, reason: str) -> None:
        super().__init__(f"Models can't be stored in {directory}: {reason}. Set MODEL_DIR to a writable folder.")


class DiskFullError(WeightsError):
    """Raised where the model directory's disk has too little space."""

    def __init__(self, directory: Path, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(
            f"{directory} has {free_bytes // MEGABYTE:,} MB free, but {needed_bytes // MEGABYTE:,} MB "
            "are needed. Free some space, or set MODEL_DIR to a folder on a larger disk."
        )


class ConversionError(WeightsError):
    """Raised where the files were right, but could not be turned into a folder."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The model {name!r} was downloaded, but couldn't be prepared: {reason}. "
            "Check the free memory (preparing the largest model takes 3 GB) and start again."
        )


class BrokenFolderError(WeightsError):
    """Raised where a folder is not as it was prepared."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"The model folder {folder} can't be used: {reason}. Delete it, and it is prepared again.")


class OwnModelError(WeightsError):
    """Raised where what `hf:` names is not there, or is no model."""

    advice: ClassVar[str] = (
        "Name a folder with config.json, safetensors and a tokenizer, or a repository on the hub, such as "
        "hf:Qwen/Qwen2.5-0.5B-Instruct."
    )

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"The model {name} can't be used: {reason}. {self.advice}")


class OwnFileError(OwnModelError):
    """Raised where what `gguf:` names is not there, or is no GGUF file."""

    advice = "Name the GGUF file of a chat model, such as gguf:/srv/models/qwen2.5-1.5b-instruct-q4_k_m.gguf."


class StoppedError(WeightsError):
    """Raised once nobody waits for the model any more."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The download of {name!r} was stopped. The next one resumes where it left off.")
