"""Models of an operator's own choice: `hf:` and a folder or a hub's repository, or `gguf:` and a file. Not pinned.

Only safetensors, configuration and vocabulary are ever taken: nothing that runs code when it is loaded. Edit this file
to support another place or format of such models.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

from storage.atomic_write import write_whole
from weights.errors import DirectoryError, OwnFileError, OwnModelError
from weights.gguf_header import NotGgufError, read_gguf_header
from weights.reporter import Reporter
from weights.types import Stage

_log = logging.getLogger(__name__)

PREFIX = "hf:"
GGUF_PREFIX = "gguf:"
_REPOSITORY = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SNAPSHOTS = "snapshots"
"""The folder of the hub's cache whose folders bear the names of commits."""
_ALLOWED_FILES = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]


def resolve(name: str, reporter: Reporter, commits: Path) -> Path:
    """Return the folder of `hf:<folder or repository>`; a repository is fetched into the hub's own cache, and stays.

    `hf:<repository>@<revision>` is that revision of it. Without one it is the commit that was the latest when it was
    first fetched, which is recorded in the folder `commits`.

    Raises:
        OwnModelError: it is neither, it could not be fetched, or it holds no weights.
        DirectoryError: its commit could not be recorded.
    """
    wanted = name.removeprefix(PREFIX)
    folder = Path(wanted).expanduser()
    if not folder.is_dir():
        found = _REPOSITORY.fullmatch(wanted)
        if found is None:
            raise OwnModelError(name, "there is no such folder")
        record = commits / found["repository"].replace("/", "--")
        revision = found["revision"] or _recorded_commit(record)
        folder = _fetched(name, found["repository"], revision, reporter)
        if folder.parent.name == _SNAPSHOTS:
            _log.info(
                "%s is at commit %s: %s%s@%s pins it", name, folder.name, PREFIX, found["repository"], folder.name
            )
            if revision is None:
                _record_commit(record, folder.name)
    if not (folder / "config.json").is_file():
        raise OwnModelError(name, "it has no config.json, so it is not a model folder")
    if not any(folder.glob("*.safetensors")):
        raise OwnModelError(name, "it has no safetensors, the only supported format of weights")
    return folder.absolute()


def resolve_file(name: str) -> Path:
    """Return the file of `gguf:<file>`. Raises OwnFileError."""
    file = Path(name.removeprefix(GGUF_PREFIX)).expanduser()
    try:
        read_gguf_header(file)
    except FileNotFoundError:
        raise OwnFileError(name, "there is no such file") from None
    except IsADirectoryError:
        raise OwnFileError(name, "it is a folder") from None
    except (NotGgufError, OSError) as error:
        raise OwnFileError(name, (error.strerror if isinstance(error, OSError) else None) or str(error)) from error
    return file.absolute()


def _recorded_commit(record: Path) -> str | None:
    try:
        commit = record.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    return commit if _COMMIT.fullmatch(commit) else None


def _record_commit(record: Path, commit: str) -> None:
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        write_whole(record, commit.encode())
    except OSError as error:
        raise DirectoryError(record.parent, error.strerror or str(error)) from error


def _fetched(name: str, repository: str, revision: str | None, reporter: Reporter) -> Path:
    from huggingface_hub import snapshot_download
    from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # it has no types
        """Passes on to the reporter what the library would draw."""

        def display(self, *_: object, **__: object) -> None:
            """Draw nothing."""
            self.leave = False
            if self.unit == "B" and self.total:
                reporter.report(Stage.DOWNLOADING, int(self.n), int(self.total))

    try:
        return Path(snapshot_download(repository, revision=revision, allow_patterns=_ALLOWED_FILES, tqdm_class=Bar))
    except (OSError, ValueError) as error:  # all of the library's own errors are one or the other
        raise OwnModelError(name, str(error).partition("\n")[0].rstrip(".")) from error
