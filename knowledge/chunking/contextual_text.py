"""Puts a passage below its document's name and headings, as the keyword index and the embedding model read it.

Edit it for the context that a passage is indexed with; embedded text that changes is embedded again.
"""

from __future__ import annotations

import hashlib


def in_context(name: str, heading: str | None, text: str) -> str:
    """Return the text below the document's name and headings, for keyword search: a passage seldom repeats them."""
    return "\n".join(part for part in (_stem(name), heading, text) if part)


def embedded_text(name: str, heading: str | None, text: str) -> str:
    """Return the text below its headings, or without headings the document's name, for the embedding model.

    Next to headings a file's name says little, and misleads the model if it has no words.
    """
    return f"{heading or _stem(name)}\n{text}"


def fingerprint(text: str) -> bytes:
    """Return the first 16 bytes of the text's sha256, to recognise a text that was embedded before."""
    return hashlib.sha256(text.encode()).digest()[:16]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
