"""Writes the equations of Office files and web pages on one line: `(a+b)/2`, `x^2`, `√(2gh)`.

Edit it for how a kind of equation is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.package import local_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from bs4 import Tag

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

_SUM = re.compile(r".[-+−±=,;<>≤≥]")
_PRODUCT = re.compile(r".[-+−±=,;<>≤≥×·*/ ]")
_WORD = re.compile(r"\w+|.", re.DOTALL)
_FACTOR = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d]\w*|.", re.DOTALL)
_INVISIBLE = re.compile("[\u2061-\u2064]")
_BRACKETS = re.compile(r"\([^()]*\)")


def equation_text(element: Element) -> str:
    """Return an equation of an Office file on one line."""
    return " ".join(_inside(element).split())


def mathml_text(element: Tag) -> str:
    """Return an equation of a web page on one line."""
    from bs4 import Tag

    parts = [mathml_text(child) if isinstance(child, Tag) else str(child).strip() for child in element.children]
    parts = [_INVISIBLE.sub("", part) for part in parts if part]
    match element.name, parts:
        case "mfrac", [above, below]:
            line = fraction(above, below)
        case "msup" | "mover", [base, above]:
            line = raised(base, above)
        case "msub" | "munder", [base, below]:
            line = lowered(base, below)
        case "msubsup" | "munderover", [base, below, above]:
            line = raised(lowered(base, below), above)
        case "msqrt", _:
            line = root("".join(parts))
        case "mroot", [radicand, degree]:
            line = root(radicand, degree)
        case "mtr", _:
            line = ", ".join(parts)
        case "mtable", _:
            line = f"[{'; '.join(parts)}]"
        case "annotation" | "annotation-xml" | "mphantom", _:
            line = ""
        case _:
            line = "".join(parts)
    return line


def _inside(element: Iterable[Element]) -> str:
    return "".join(map(_written, element))


def _written(element: Element) -> str:
    name = local_name(element)
    if name == "t":
        return element.text or ""
    if name.endswith("Pr"):
        return ""
    write = _WRITERS.get(name)
    return _inside(element) if write is None else write(element)


def _of(element: Element, name: str) -> str:
    """Return what a part of a structure says, such as the `num` of a fraction."""
    part = element.find(f"{MATH}{name}")
    return "" if part is None else _inside(part).strip()


def _property(element: Element, name: str) -> str | None:
    """Return a property of a structure; empty if it has no value, None if it is not there."""
    found = element.find(f"{MATH}{local_name(element)}Pr/{MATH}{name}")
    return None if found is None else found.get(f"{MATH}val", "")


def fraction(above: str, below: str) -> str:
    """Return a fraction, with brackets where they are needed."""
    return f"{_unless(above, _SUM)}/{_only(below, _FACTOR)}"


def raised(base: str, exponent: str) -> str:
    """Return a power."""
    return f"{_unless(base, _PRODUCT)}^{_only(exponent, _WORD)}"


def lowered(base: str, index: str) -> str:
    """Return a name with its index."""
    return f"{base}_{_only(index, _WORD)}"


def root(radicand: str, degree: str = "") -> str:
    """Return a root."""
    return f"root({degree}, {radicand})" if degree else f"√{_only(radicand, _FACTOR)}"


def _unless(text: str, found: re.Pattern[str]) -> str:
    """Return the text, in brackets if it contains such a sign after its beginning."""
    return f"({text})" if found.search(text) and not _BRACKETS.fullmatch(text) else text


def _only(text: str, whole: re.Pattern[str]) -> str:
    """Return the text, in brackets unless it is such a whole."""
    return text if not text or whole.fullmatch(text) or _BRACKETS.fullmatch(text) else f"({text})"


def _radical(element: Element) -> str:
    is_hidden = _property(element, "degHide") not in {None, "0", "off", "false"}
    return root(_of(element, "e"), "" if is_hidden else _of(element, "deg"))


def _operator(element: Element) -> str:
    limits = f"{_property(element, 'chr') or '∫'}"
    if below := _of(element, "sub"):
        limits = lowered(limits, below)
    if above := _of(element, "sup"):
        limits = f"{limits}^{_only(above, _WORD)}"
    return f"{limits} {_of(element, 'e')}"


def _delimited(element: Element) -> str:
    begin, end, separator = (_property(element, name) for name in ("begChr", "endChr", "sepChr"))
    parts = [_inside(part).strip() for part in element.findall(f"{MATH}e")]
    between = "|" if separator is None else f"{separator} "
    return f"{'(' if begin is None else begin}{between.join(parts)}{')' if end is None else end}"


def _matrix(element: Element) -> str:
    rows = [", ".join(_inside(cell).strip() for cell in row) for row in element.findall(f"{MATH}mr")]
    return f"[{'; '.join(rows)}]"


def _accented(element: Element) -> str:
    return f"{_of(element, 'e')}{_property(element, 'chr') or chr(0x302)}"


_WRITERS: Mapping[str, Callable[[Element], str]] = {
    "f": lambda each: fraction(_of(each, "num"), _of(each, "den")),
    "sSup": lambda each: raised(_of(each, "e"), _of(each, "sup")),
    "sSub": lambda each: lowered(_of(each, "e"), _of(each, "sub")),
    "sSubSup": lambda each: raised(lowered(_of(each, "e"), _of(each, "sub")), _of(each, "sup")),
    "sPre": lambda each: f"_{_only(_of(each, 'sub'), _WORD)}^{_only(_of(each, 'sup'), _WORD)} {_of(each, 'e')}",
    "rad": _radical,
    "nary": _operator,
    "d": _delimited,
    "func": lambda each: f"{_of(each, 'fName')} {_of(each, 'e')}",
    "limLow": lambda each: lowered(_of(each, "e"), _of(each, "lim")),
    "limUpp": lambda each: f"{_of(each, 'e')}^{_only(_of(each, 'lim'), _WORD)}",
    "m": _matrix,
    "eqArr": lambda each: "; ".join(_inside(row).strip() for row in each.findall(f"{MATH}e")),
    "acc": _accented,
    "bar": lambda each: f"{_of(each, 'e')}{chr(0x305)}",
}
