"""The process that erases what was deleted from Chroma's files, while no server has them open.

Chroma leaves deleted rows in free pages of its database, and the folders of deleted collections' indexes. Edit it for
what is erased.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from storage.atomic_write import delete_tree

_BUSY_S = 30
_INDEX_FOLDER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""An index's folder bears the id of its segment, a UUID."""


def vacuum(folder: Path) -> None:
    """Rewrite the database without its free pages, and delete the indexes that no collection has."""
    # Not created if it is missing.
    address = f"{(folder / 'chroma.sqlite3').absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None)) as database:
        used = {segment for (segment,) in database.execute("SELECT id FROM segments")}
        database.execute("VACUUM")
    for path in folder.iterdir():
        if path.is_dir() and _INDEX_FOLDER.fullmatch(path.name) and path.name not in used:
            delete_tree(path)


if __name__ == "__main__":
    vacuum(Path(sys.argv[1]))
