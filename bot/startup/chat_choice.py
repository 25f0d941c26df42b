"""Which chat model `CHAT_MODEL=auto` means on this machine: the larger one if it fits.

Edit this file when another model is pinned, or when one takes more memory than it did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_LARGE = "embedded-large"
_SMALL = "embedded-gguf"
_LARGE_MEMORY_MB = 2_000
"""The larger one takes 1,500, measured with its whole context; the rest is left to others."""


@dataclass(frozen=True, slots=True)
class ChatChoice:
    """Holds the chosen model, and why."""

    name: str
    """As in `CHAT_MODEL`."""
    reason: str
    """A sentence for the log, without its full stop."""


def choose_chat_model(free_memory_mb: int, free_disk_mb: int, missing_mb: Mapping[str, int]) -> ChatChoice:
    """Return the model for a machine with so much free memory and disk space.

    `missing_mb` is the disk space that each model still takes; 0 where it is on the disk already.
    """
    if free_memory_mb < _LARGE_MEMORY_MB:
        return ChatChoice(
            _SMALL,
            f"{_SMALL} answers, because only {free_memory_mb:,} MB of memory are free; {_LARGE} needs "
            f"{_LARGE_MEMORY_MB:,} MB",
        )
    if free_disk_mb < missing_mb[_LARGE]:
        return ChatChoice(
            _SMALL,
            f"{_SMALL} answers, because only {free_disk_mb:,} MB of disk space are free; {_LARGE} needs "
            f"{missing_mb[_LARGE]:,} MB",
        )
    return ChatChoice(_LARGE, f"{_LARGE} answers, because {free_memory_mb:,} MB of memory are free")
