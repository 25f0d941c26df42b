"""A job as the disk keeps it, and the steps that it is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work."""

    id: str
    kind: str
    """Jobs of one kind run one after the other, in the order of their submission."""
    inputs: Mapping[str, str]
    """Ids and hashes only: they stay on the disk, so no text of a member or a document is among them."""


Step = Callable[[Job], Awaitable[None]]
"""May run again after it was cut off. Tells people itself what failed; whatever it raises ends its job."""
