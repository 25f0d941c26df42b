"""The data of this package: what a model consists of, where its bytes may come from, how far a fetch is.

Edit this file when the catalog has to state something more of a model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """Names what the pinned file is, and so how it becomes a model folder."""

    GGUF = "gguf"
    """llama.cpp's file of quantised weights, tokenizer and chat template, converted into a folder for transformers."""
    GGUF_FILE = "gguf-file"
    """Such a file kept as it is: llama.cpp runs it."""
    E5_Q4 = "e5-q4"
    """A BERT encoder with its vocabulary, in 4 bits."""
    FOLDER = "folder"
    """Already the files of an ordinary folder."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """Names a file at its official publisher."""

    repository: str
    revision: str
    """A commit: a branch could change under the hash."""
    path: str


@dataclass(frozen=True, slots=True)
class WheelPart:
    """Names a member of a wheel that holds the file, or one piece of it."""

    package: str
    version: str
    member: str
    size_bytes: int
    platforms: tuple[str, ...] = ()
    """The wheel's platform tags where it has any: the file inside is the same on every machine."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """Describes one file by its content."""

    path: str
    """Relative to the model directory: where a user may have put it, and its name while it is fetched."""
    sha256: str
    size_bytes: int
    hub: HubFile | None
    """None: no official publisher has these bytes."""
    mirror: tuple[WheelPart, ...]
    """The wheel parts that are the file when joined in this order."""

    @property
    def name(self) -> str:
        """Return the path's last part, the name without its folder."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Embedding:
    """Describes how a sentence encoder is to be used."""

    query_prefix: str
    passage_prefix: str
    dimension: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Entry:
    """Describes one model of the catalog."""

    name: str
    title: str
    """Of the model, for people."""
    licence: str
    form: Form
    files: tuple[PinnedFile, ...]
    prepared_bytes: int
    """About what its folder takes on the disk beside the downloaded files; 0: they become the folder."""
    note: str | None = None
    """What a person should know before trusting it."""
    embedding: Embedding | None = None
    """None: it is a chat model."""

    @property
    def size_bytes(self) -> int:
        """Return the bytes of all files together."""
        return sum(file.size_bytes for file in self.files)


class Stage(StrEnum):
    """Names what a fetch is doing."""

    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    CONVERTING = "converting"


@dataclass(frozen=True, slots=True)
class Progress:
    """Holds how far the fetch of one model is."""

    name: str
    stage: Stage
    done_bytes: int
    total_bytes: int


OnProgress = Callable[[Progress], None]
