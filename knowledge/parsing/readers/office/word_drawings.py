"""Reads the drawings of a Word file: text boxes old and new, pictures, SmartArt, charts and embedded files.

Edit it for what a drawing says, and for which drawings are counted because they say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from knowledge.parsing.readers.office.drawings import CHART, DIAGRAM, chart_markdown, chosen, diagram_markdown
from knowledge.parsing.readers.office.package import MC, RELATION_ID, Package, Relation, is_on, local_name
from knowledge.parsing.readers.office.word_elements import new_element, text_element, text_run, words_of
from knowledge.parsing.readers.office.word_styles import W
from knowledge.parsing.readers.parts import IMAGE_MARK
from knowledge.types import LeftOutKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_VML = "{urn:schemas-microsoft-com:vml}"
_OFFICE_VML = "{urn:schemas-microsoft-com:office:office}"


class WordDrawings:
    """Reads drawings, and keeps their Markdown and what is left out."""

    def __init__(
        self,
        package: Package,
        relations: Mapping[str, Relation],
        boxes: Callable[[Element], list[Element]],
        count_hidden: Callable[[Element], None],
    ) -> None:
        """Take the file; `boxes` returns the paragraphs in a text box, and `count_hidden` counts hidden text."""
        self._package = package
        self.relations = relations
        """Those of the part that is being read."""
        self._boxes = boxes
        self._count_hidden = count_hidden
        self.left_out: Counter[LeftOutKind] = Counter()
        self.markdown: list[str] = []
        """The blocks of diagrams and charts, which their places in the text name by number."""

    def read(self, drawing: Element, below: list[Element]) -> list[Element]:
        """Return the pictures of a drawing by their descriptions; its boxes, diagrams and charts go `below`."""
        name = drawing.find(f".//{_WP}docPr")
        hidden = name is not None and "hidden" in name.attrib and is_on(name, "hidden")
        if hidden:
            self._count_hidden(drawing)
            return []
        alt = "" if name is None else " ".join((name.get("descr") or name.get("title") or "").split())
        if not alt:
            alt = next((" ".join(each.get("alt", "").split()) for each in drawing if each.get("alt")), "")
        pictures: list[str] = []
        said = len(below)
        kinds = self._walk(drawing, pictures, below)
        is_said = len(below) > said or any(pictures)
        if alt and not is_said:
            pictures, is_said, kinds = [alt], True, Counter()
        if not is_said and not kinds:
            kinds = Counter([LeftOutKind.DRAWING])
        is_line = any(f"{_OFFICE_VML}hr" in each.attrib for each in drawing)
        if not is_line and not any(local_name(each) == "decorative" and is_on(each, "val") for each in drawing.iter()):
            self.left_out += kinds
        return [text_element(f" {text} ") for text in (f"{IMAGE_MARK} {each}" for each in pictures if each)]

    def _walk(self, element: Element, pictures: list[str], below: list[Element]) -> Counter[LeftOutKind]:
        """Collect what a drawing says, and return what of it says nothing."""
        silent: Counter[LeftOutKind] = Counter()
        for child in element:
            if child.tag == f"{W}txbxContent":
                below += [block for block in self._boxes(child) if words_of(block)]
            elif child.tag == f"{_PICTURE}pic":
                name = child.find(f"{_PICTURE}nvPicPr/{_PICTURE}cNvPr")
                words = "" if name is None else " ".join(name.get("descr", "").split())
                pictures.append(words)
                silent[LeftOutKind.PICTURE] += not words
            elif child.tag == f"{_VML}imagedata":
                words = " ".join((element.get("alt") or child.get(f"{_OFFICE_VML}title") or "").split())
                pictures.append(words)
                silent[LeftOutKind.PICTURE] += not words
            elif child.tag == f"{_VML}textpath":
                if words := " ".join(child.get("string", "").split()):
                    below.append(new_element("p", text_run(words)))
            elif child.tag == f"{DIAGRAM}relIds":
                silent += self._graphic(child.get(f"{RELATION_ID}dm"), LeftOutKind.DRAWING, below)
            elif child.tag == f"{CHART}chart":
                silent += self._graphic(child.get(f"{RELATION_ID}id"), LeftOutKind.CHART, below)
            elif child.tag == f"{MC}AlternateContent":
                if (form := chosen(child)) is not None:
                    silent += self._walk(form, pictures, below)
            else:
                silent += self._walk(child, pictures, below)
        return silent

    def _graphic(self, key: str | None, kind: LeftOutKind, below: list[Element]) -> Counter[LeftOutKind]:
        """Put a diagram or a chart below the paragraph."""
        relation = None if key is None else self.relations.get(key)
        root = None if relation is None or relation.is_external else self._package.xml(relation.target)
        markdown = ""
        if root is not None:
            markdown = chart_markdown(root) if kind is LeftOutKind.CHART else diagram_markdown(root)
        if not markdown:
            return Counter([kind])
        below.append(new_element("p", text_run(f"\ufdd2{len(self.markdown)}\ufdd3")))
        self.markdown.append(markdown)
        return Counter()

    def read_object(self, embedded: Element, below: list[Element]) -> list[Element]:
        """Return the description of an embedded file, and count it."""
        program = next((each.get("ProgID", "") for each in embedded.iter(f"{_OFFICE_VML}OLEObject")), None)
        if program is None:
            return self.read(embedded, below)
        is_equation = program.startswith("Equation")
        self.left_out[LeftOutKind.EQUATION if is_equation else LeftOutKind.EMBEDDED_FILE] += 1
        words = [" ".join(each.get("alt", "").split()) for each in embedded.iter(f"{_VML}shape")]
        return [text_element(f" {IMAGE_MARK} {each} ") for each in words if each]
