"""Sizes on the disk: the unit in which they are compared and shown, and what a file or folder takes.

Edit this file when another unit is needed.
"""

from __future__ import annotations

from pathlib import Path

MEGABYTE = 1_000_000
"""Bytes. As disks, downloads and the settings count them, not 2**20."""


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder; 0 where there is none. Files may vanish meanwhile."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for found in path.rglob("*"):
        try:
            total += found.stat().st_size if found.is_file() else 0
        except FileNotFoundError:
            continue
    return total
