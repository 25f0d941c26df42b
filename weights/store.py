"""The model directory: which models are ready, and how to get those that are not.

Edit this file to change how threads and processes that want the same model wait for each other.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from filelock import FileLock, Timeout

from weights import custom_models
from weights.catalog import CATALOG
from weights.errors import BrokenFolderError, DirectoryError, StoppedError, UnknownModelError
from weights.fetch import FileSource, fetch, needed_bytes
from weights.folder_record import check_record
from weights.hub import Hub
from weights.prepare import prepare
from weights.reporter import Reporter
from weights.types import Entry, OnProgress
from weights.wheels import Wheels

_log = logging.getLogger(__name__)

_COMMITS = "hub-commits"
"""The folder of the commits at which repositories of the operator's own choice stay."""


class Weights:
    """Provides models by name. Safe to use from several threads and processes."""

    def __init__(
        self,
        model_dir: Path,
        catalog: Mapping[str, Entry] = CATALOG,
        sources: Sequence[FileSource] | None = None,
    ) -> None:
        self._model_dir = model_dir.expanduser().absolute()
        self._catalog = catalog
        self._sources = (Hub(), Wheels()) if sources is None else sources

    def folder(self, name: str) -> Path:
        """Return where the model's folder is, or will be. Raises UnknownModelError."""
        return self._model_dir / self._find(name).name

    def is_ready(self, name: str) -> bool:
        """Return whether `ensure` would return at once. Raises UnknownModelError."""
        entry = self._find(name)
        try:
            check_record(entry, self.folder(name))
        except BrokenFolderError:
            return False
        return True

    def ensure(self, name: str, on_progress: OnProgress | None = None, stop: Event | None = None) -> Path:
        """Return the model's folder, fetched and prepared where it is not there yet; blocks for minutes then.

        `name` is the catalog's, or `hf:` and a folder or a hub's repository of the operator's own choice. If
        another thread or process is fetching the same model, this waits for it. Once `stop` is set it raises
        StoppedError and keeps what has arrived. Raises WeightsError.
        """
        if name.startswith(custom_models.PREFIX):
            return custom_models.resolve(name, Reporter(name, 0, on_progress, stop), self._model_dir / _COMMITS)
        entry = self._find(name)
        folder = self.folder(name)
        if self.is_ready(name):
            return folder
        reporter = Reporter(entry.name, entry.size_bytes, on_progress, stop)
        with self._locked(entry, reporter):
            if self.is_ready(name):
                return folder
            if folder.exists():
                self._log_why_broken(entry, folder)
            self._make(entry, folder, reporter)
        return folder

    def ensure_file(self, name: str, on_progress: OnProgress | None = None, stop: Event | None = None) -> Path:
        """Return the GGUF file that llama.cpp runs; fetched like `ensure` does it, or that of `gguf:<file>`.

        Raises WeightsError.
        """
        if name.startswith(custom_models.GGUF_PREFIX):
            return custom_models.resolve_file(name)
        (file,) = self._find(name).files
        return self.ensure(name, on_progress, stop) / file.name

    def missing_bytes(self, name: str) -> int:
        """Return how much disk space `ensure` would take, at most; 0 where all is there. Raises UnknownModelError."""
        entry = self._find(name)
        return 0 if self.is_ready(name) else needed_bytes(entry, self._model_dir, self._working(entry))

    @property
    def free_bytes(self) -> int:
        """Return how much space the model directory's disk has. Raises DirectoryError."""
        self._make_directory()
        return shutil.disk_usage(self._model_dir).free

    @contextmanager
    def _locked(self, entry: Entry, reporter: Reporter) -> Iterator[None]:
        self._make_directory()
        try:
            lock = FileLock(self._model_dir / f".{entry.name}.lock")
            lock.acquire(cancel_check=reporter.is_stopped)
        except Timeout as error:
            raise StoppedError(entry.name) from error
        except OSError as error:
            raise DirectoryError(self._model_dir, error.strerror or str(error)) from error
        try:
            yield
        finally:
            lock.release()

    def _make(self, entry: Entry, folder: Path, reporter: Reporter) -> None:
        working = self._working(entry)
        files = fetch(entry, self._model_dir, working, self._sources, reporter)
        shutil.rmtree(working / "wheels", ignore_errors=True)
        prepare(entry, files, folder, working, reporter)
        shutil.rmtree(working)

    def _working(self, entry: Entry) -> Path:
        return self._model_dir / f".{entry.name}-fetching"

    def _make_directory(self) -> None:
        try:
            self._model_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DirectoryError(self._model_dir, error.strerror or str(error)) from error

    def _log_why_broken(self, entry: Entry, folder: Path) -> None:
        try:
            check_record(entry, folder)
        except BrokenFolderError as error:
            _log.warning("preparing the model %s again. %s", entry.name, error)

    def _find(self, name: str) -> Entry:
        entry = self._catalog.get(name)
        if entry is None:
            raise UnknownModelError(name, self._catalog)
        return entry
