"""Opens the parts of an Office file and follows the relations between them.

Edit it for how parts are found and what their XML may be.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knowledge.parsing.readers.parts import ReaderRefused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
"""The namespace of the attributes that name a relation."""
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MAX_TAGS = 3_000_000
"""In the XML of one part; more would fill the memory with its tree."""

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
"""The names that the strict form of the standard gives to the same namespaces."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Holds what a part refers to."""

    kind: str
    """The last word of its type, such as `hyperlink`."""
    target: str
    """An address, or the name of a part."""
    is_external: bool


class Package:
    """Keeps the parts of an Office file."""

    def __init__(self, data: bytes) -> None:
        """Open the file. Raises BadZipFile."""
        self._file = zipfile.ZipFile(io.BytesIO(data))
        self._names = frozenset(self._file.namelist())

    @property
    def names(self) -> frozenset[str]:
        """Return the names of all parts."""
        return self._names

    def content(self, name: str) -> bytes:
        """Return the bytes of a part. Raises KeyError."""
        return self._file.read(name)

    def xml(self, name: str) -> Element | None:
        """Return the root of a part; None if there is no such part. Raises ParseError, ReaderRefused."""
        return parse_xml(self.content(name)) if name in self._names else None

    def relations(self, name: str) -> Mapping[str, Relation]:
        """Return what a part refers to, by id."""
        folder, _, file = name.rpartition("/")
        root = self.xml(f"{folder}/_rels/{file}.rels".lstrip("/"))
        return {} if root is None else dict(_relations(root, folder))


def _relations(root: Element, folder: str) -> Iterator[tuple[str, Relation]]:
    for element in root:
        key, target = element.get("Id"), element.get("Target")
        if key is None or target is None:
            continue
        is_external = element.get("TargetMode") == "External"
        if not is_external:
            target = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
        yield key, Relation(element.get("Type", "").rpartition("/")[2], target, is_external)


def parse_xml(content: bytes, *, forbid_dtd: bool = True) -> Element:
    """Return the root of a part, which declares no entities. Raises ParseError, ReaderRefused, DefusedXmlException."""
    from defusedxml.ElementTree import fromstring

    if content.count(b"<") > MAX_TAGS:
        raise ReaderRefused("too_large")
    if b"http://purl.oclc.org/ooxml/" in content:
        content = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", content)
    root: Element = fromstring(content, forbid_dtd=forbid_dtd)
    return root


def local_name(element: Element) -> str:
    """Return an element's name without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def is_on(element: Element | None, attribute: str) -> bool:
    """Return whether a switch is there and not set to off."""
    return element is not None and element.get(attribute, "1").lower() not in {"0", "false", "off"}
