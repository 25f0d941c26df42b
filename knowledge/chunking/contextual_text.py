"""A passage with what its document says above it, in the forms in which the arms of the search index it."""

from __future__ import annotations

import hashlib


def in_context(name: str, heading: str | None, text: str) -> str:
    """For keywords: the document's name and the headings, which a passage seldom repeats, before its text."""
    return "\n".join(part for part in (_stem(name), heading, text) if part)


def embedded_text(name: str, heading: str | None, text: str) -> str:
    """For the encoder: the headings before the text, or where there are none the document's name.

    Beside headings a file's name says little, and leads the encoder astray where it has no words.
    """
    return f"{heading or _stem(name)}\n{text}"


def fingerprint(text: str) -> bytes:
    """Tells a text that was embedded from any other: the first 16 bytes of its sha256."""
    return hashlib.sha256(text.encode()).digest()[:16]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
