"""Reads the texts of SmartArt and the values of charts, in whatever Office file they are.

Edit it for how a drawing that is more than a picture becomes text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.package import MC, A, local_name
from text.markdown.tables import markdown_table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"

_MOST_CHART_ROWS = 200
_DOCUMENT = "doc"
_NODES = ("node", "asst")


def chosen(alternatives: Element) -> Element | None:
    """Return the form of a drawing to read: the newest that says something, or else the newest."""
    forms = [form for form in alternatives if form.tag in {f"{MC}Choice", f"{MC}Fallback"}]
    return next((form for form in forms if _says_something(form)), forms[0] if forms else None)


def _says_something(form: Element) -> bool:
    for element in form.iter():
        name = local_name(element)
        if name in {"pic", "relIds", "chart", "imagedata"} or (
            name in {"t", "delText"} and (element.text or "").strip()
        ):
            return True
    return False


def paragraphs(element: Element) -> Iterator[str]:
    """Yield the paragraphs of a shape's text that are not empty."""
    for paragraph in element.iter(f"{A}p"):
        if text := " ".join("".join(run.text or "" for run in paragraph.iter(f"{A}t")).split()):
            yield text


def diagram_markdown(root: Element) -> str:
    """Return the texts of SmartArt as a list, in the order and the levels in which they are drawn."""
    texts: dict[str, str] = {}
    document = None
    for point in root.iter(f"{DIAGRAM}pt"):
        key, kind = point.get("modelId", ""), point.get("type", _NODES[0])
        if kind == _DOCUMENT:
            document = key
        elif kind in _NODES:
            texts[key] = " ".join(paragraphs(point))
    below: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for edge in root.iter(f"{DIAGRAM}cxn"):
        order = edge.get("srcOrd", "0")
        if edge.get("type", "parOf") == "parOf":
            below[edge.get("srcId", "")].append((int(order) if order.isdecimal() else 0, edge.get("destId", "")))
    return "\n".join(_tree(texts, below, document))


def _tree(texts: dict[str, str], below: Mapping[str, list[tuple[int, str]]], document: str | None) -> Iterator[str]:
    left = dict(texts)
    waiting = [(key, 0) for _, key in sorted(below.get(document or "", []), reverse=True)]
    while waiting:
        key, level = waiting.pop()
        if key not in left:
            continue
        text = left.pop(key)
        if text:
            yield f"{'  ' * level}- {text}"
        waiting += [(child, level + bool(text)) for _, child in sorted(below.get(key, []), reverse=True)]
    for text in left.values():
        if text:
            yield f"- {text}"


def chart_markdown(root: Element) -> str:
    """Return a chart's values as the table that it was drawn from; empty if it keeps none."""
    series = list(root.iter(f"{CHART}ser"))
    values = [_points(each, "val", "yVal") for each in series]
    if not any(values):
        return ""
    names = [next(iter(_points(each, "tx").values()), "") for each in series]
    categories = next(filter(None, (_points(each, "cat", "xVal") for each in series)), {})
    places = sorted({place for each in (categories, *values) for place in each})[:_MOST_CHART_ROWS]
    rows = [["", *names]]
    rows += [
        [categories.get(place, str(place + 1)), *(_number(each.get(place, "")) for each in values)] for place in places
    ]
    title = root.find(f"{CHART}chart/{CHART}title")
    above = "" if title is None else " ".join(paragraphs(title))
    return "\n\n".join(part for part in (above, "\n".join(markdown_table(rows))) if part)


def _points(series: Element, *names: str) -> dict[int, str]:
    """Return the values that a series keeps of its name, its categories or its figures, by place."""
    for name in names:
        part = series.find(f"{CHART}{name}")
        if part is not None:
            levels = list(part.iter(f"{CHART}lvl")) or [part]
            found = {
                int(point.get("idx", "0")): point.findtext(f"{CHART}v", "").strip()
                for point in levels[0].iter(f"{CHART}pt")
                if point.get("idx", "0").isdecimal()
            }
            literal = part.findtext(f"{CHART}v", "").strip()
            return found or ({0: literal} if literal else {})
    return {}


def _number(text: str) -> str:
    try:
        return f"{float(text):.10g}"
    except ValueError:
        return text
