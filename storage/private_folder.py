"""Keeps what this program writes from other users of the machine. Edit it for what they may see."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

_log = logging.getLogger(__name__)

_OWNER_ONLY = 0o700
_UMASK = 0o077


def make_private(folder: Path) -> None:
    """Create `folder` if it is missing, and let only its owner read it and what this process writes from now on.

    A folder that belongs to somebody else, or that is meant to be shared like /tmp, stays as it is, with a line in the
    log. Raises OSError if there is none.
    """
    os.umask(_UMASK)
    folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    if folder.stat().st_mode & stat.S_ISVTX:
        _log.warning("DATA_DIR is a folder that all users share: choose one below it, which can be made private")
        return
    try:
        folder.chmod(_OWNER_ONLY)
    except PermissionError:
        _log.warning("DATA_DIR belongs to another user, so who else may read it can't be changed")
