"""Builds the elements of a Word file and reads their words. Edit it for what counts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from knowledge.parsing.readers.office.word_styles import W

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def new_element(name: str, *children: Element) -> Element:
    """Return an element with these children."""
    element = ET.Element(f"{W}{name}")
    element[:] = children
    return element


def text_element(text: str) -> Element:
    """Return the text of a run."""
    element = ET.Element(f"{W}t")
    element.text = text
    return element


def text_run(text: str) -> Element:
    """Return a run without a format."""
    return new_element("r", text_element(text))


def words_of(block: Element) -> str:
    """Return what a paragraph or a table says."""
    return " ".join("".join(each.text or "" for each in block.iter(f"{W}t")).split())


def has_text(element: Element) -> bool:
    """Return whether there is any text, also deleted text."""
    return any((each.text or "").strip() for name in ("t", "delText") for each in element.iter(f"{W}{name}"))
