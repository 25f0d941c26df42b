"""A passage with what its document says above it, in the form in which both arms of the search index it."""

from __future__ import annotations

import hashlib


def in_context(name: str, heading: str | None, text: str) -> str:
    """The document's name and the headings, which a passage seldom repeats, before its text."""
    stem = name.rpartition(".")[0] or name
    return "\n".join(part for part in (stem, heading, text) if part)


def fingerprint(embedded: str) -> bytes:
    """Tells a text that was embedded from any other: the first 16 bytes of its sha256."""
    return hashlib.sha256(embedded.encode()).digest()[:16]
