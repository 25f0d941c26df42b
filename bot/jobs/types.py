"""The types of a durable job: what the disk keeps of it, and the steps that it is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """Keeps what a job is about."""

    id: str
    kind: str
    """Jobs of one kind run one after the other, in the order of their submission."""
    inputs: Mapping[str, str]
    """Ids and hashes only: they stay on the disk, so no text of a member or a document is among them."""


Step = Callable[[Job], Awaitable[None]]
"""A step may run again after an interruption. It reports failures to members itself; what it raises ends its job."""
