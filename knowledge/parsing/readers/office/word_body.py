"""Rewrites a Word file so that mammoth reads all that Word shows, and counts what is left out of it.

mammoth drops equations, newer text boxes, SmartArt, charts, headers and footers, numbers that are not 1, 2, 3, and
heading styles that are not called so; it shows hidden text. Here each becomes plain paragraphs and runs, or goes.
Edit it for what else mammoth drops or shows wrongly.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from knowledge.parsing.readers.office.drawings import chosen
from knowledge.parsing.readers.office.equations import MATH, equation_text
from knowledge.parsing.readers.office.package import MC, RELATION_ID, Package, Relation, is_on
from knowledge.parsing.readers.office.page_words import only_counts_pages
from knowledge.parsing.readers.office.word_drawings import WordDrawings
from knowledge.parsing.readers.office.word_elements import has_text, new_element, text_element, text_run, words_of
from knowledge.parsing.readers.office.word_numbers import WordNumbers
from knowledge.parsing.readers.office.word_styles import VALUE, W, WordStyles
from knowledge.types import LeftOutKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LABEL = re.compile("\ufdd0([^\ufdd1]*)\ufdd1")
"""A list item's number as Word shows it, in front of its text."""
BLOCK = re.compile("\ufdd2(\\d+)\ufdd3")
"""The place of a block of Markdown, by its number."""
HEADING_STYLE = "RwHeading"
"""Followed by the level, from 0."""
TITLE_STYLE = "RwTitle"
QUOTE_STYLE = "RwQuote"

_MAIN = "word/document.xml"
_LONGEST_HEADING = 300
_LONGEST_NOTE = 500
"""Characters; a longer note is a paragraph of its own."""
_UNWRAPPED = {"ins", "moveTo", "smartTag", "customXml", "dir", "bdo"}
_ALTERNATIVES = f"{MC}AlternateContent"
_PACKAGE_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_LINK_FIELD = re.compile(r"\s*HYPERLINK\s+\"([^\"]*)\"")
_PAGE_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WordBody:
    """Holds a Word file as mammoth should read it."""

    docx: bytes
    blocks: Sequence[str]
    """The Markdown blocks that `BLOCK` stands for."""
    left_out: Mapping[LeftOutKind, int]


def rewrite_word(data: bytes) -> WordBody:
    """Return the file rewritten. Raises BadZipFile, KeyError, ParseError, ReaderRefused, RecursionError."""
    package = Package(data)
    rewriting = _Rewriting(package)
    root = package.xml(_MAIN)
    body = None if root is None else root.find(f"{W}body")
    if root is None or body is None:
        raise KeyError(_MAIN)
    sections = list(root.iter(f"{W}sectPr"))
    content = rewriting.blocks(body)
    body[:] = [*rewriting.page_texts(sections, {words_of(block) for block in content}), *content]
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for name in ("[Content_Types].xml", "_rels/.rels", "word/styles.xml", "word/numbering.xml"):
            if name in package.names:
                file.writestr(name, package.content(name))
        file.writestr("word/_rels/document.xml.rels", _relations_xml(rewriting.kept_relations))
        file.writestr(_MAIN, ET.tostring(root, "utf-8"))
    return WordBody(held.getvalue(), rewriting.markdown, rewriting.left_out)


def _relations_xml(relations: Mapping[str, Relation]) -> bytes:
    root = ET.Element(f"{_PACKAGE_RELATIONS}Relationships")
    for key, relation in relations.items():
        kind = f"{RELATION_ID.strip('{}')}/{relation.kind}"
        attributes = {"Id": key, "Type": kind, "Target": relation.target}
        if relation.is_external:
            attributes["TargetMode"] = "External"
        ET.SubElement(root, f"{_PACKAGE_RELATIONS}Relationship", attributes)
    xml: bytes = ET.tostring(root, "utf-8")
    return xml


class _Rewriting:
    """Rewrites the parts of one file, one paragraph after the other."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._relations = package.relations(_MAIN)
        """Those of the part that is being rewritten."""
        self.kept_relations: dict[str, Relation] = {
            key: Relation(each.kind, each.target.removeprefix("word/"), is_external=False)
            for key, each in self._relations.items()
            if each.kind in {"styles", "numbering"} and not each.is_external
        }
        self._styles = WordStyles(package.xml("word/styles.xml"))
        self._numbers = WordNumbers(package.xml("word/numbering.xml"), self._styles)
        self._settings = package.xml("word/settings.xml")
        self._notes = {kind: self._read_notes(f"word/{kind}.xml") for kind in ("footnotes", "endnotes", "comments")}
        self._is_page_text = False
        self._paragraph: Element | None = None
        """The properties of the paragraph that is being rewritten."""
        self._has_hidden = False
        """Whether hidden text of that paragraph was counted."""
        self._drawings = WordDrawings(package, self._relations, self.blocks, self._count_hidden)
        self.left_out = self._drawings.left_out
        self.markdown = self._drawings.markdown

    def _read_notes(self, name: str) -> dict[str, Element]:
        root = self._package.xml(name)
        return {} if root is None else {each.get(f"{W}id", ""): each for each in root}

    def blocks(self, container: Element) -> list[Element]:
        """Return the paragraphs and tables of a container, rewritten; the boxes of a paragraph come after it."""
        found: list[Element] = []
        for block in container:
            found += self._block(block)
        return found

    def _block(self, block: Element) -> list[Element]:
        found: list[Element] = []
        match block.tag.removeprefix(W) if isinstance(block.tag, str) else "":
            case "p":
                found = self._paragraph_blocks(block)
            case "tbl":
                found = self._table(block)
            case "sdt":
                content = _control_content(block)
                found = [] if content is None else self.blocks(content)
            case "altChunk":
                self.left_out[LeftOutKind.EMBEDDED_FILE] += 1
            case "del" | "moveFrom":
                self._count_deletion(block)
            case name if name in _UNWRAPPED:
                found = self.blocks(block)
            case name if name == _ALTERNATIVES:
                form = chosen(block)
                found = [] if form is None else self.blocks(form)
            case name if name == f"{MATH}oMathPara":
                found = [new_element("p", *self._equation(block))]
            case _:
                found = [block]
        return found

    def _table(self, table: Element) -> list[Element]:
        table[:] = [each for child in table for each in self._row(child)]
        return [table]

    def _row(self, row: Element) -> list[Element]:
        """Return a row, or the rows within a content control; none if it is hidden or deleted."""
        if row.tag == f"{W}sdt":
            content = _control_content(row)
            return [] if content is None else [each for child in content for each in self._row(child)]
        if row.tag.removeprefix(W) in _UNWRAPPED:
            return [each for child in row for each in self._row(child)]
        if row.tag != f"{W}tr":
            return [row]
        properties = row.find(f"{W}trPr")
        if properties is not None and is_on(properties.find(f"{W}hidden"), VALUE):
            self.left_out[LeftOutKind.HIDDEN_ROW] += 1
            return []
        if properties is not None and properties.find(f"{W}del") is not None:
            self._count_deletion(row)
            return []
        row[:] = [each for child in row for each in self._cell(child)]
        return [row]

    def _cell(self, cell: Element) -> list[Element]:
        if cell.tag == f"{W}sdt":
            content = cell.find(f"{W}sdtContent")
            return [] if content is None else [each for child in content for each in self._cell(child)]
        if cell.tag.removeprefix(W) in _UNWRAPPED:
            return [each for child in cell for each in self._cell(child)]
        if cell.tag == f"{W}tc":
            cell[:] = self.blocks(cell)
        return [cell]

    def _paragraph_blocks(self, paragraph: Element) -> list[Element]:
        properties = paragraph.find(f"{W}pPr")
        below: list[Element] = []
        outer = self._paragraph, self._has_hidden
        self._paragraph, self._has_hidden = properties, False
        content = self._inline(paragraph, below)
        self._paragraph, self._has_hidden = outer
        text = "".join(each.text or "" for run in content for each in run.iter(f"{W}t"))
        place = None if _is_mark_deleted(properties) else self._numbers.place_of(properties)
        label = None if place is None else self._numbers.next_label(*place)
        new = new_element("pPr") if properties is None else properties
        level = self._styles.heading_level(properties)
        if self._styles.is_title(properties) and not self._is_page_text:
            _set_style(new, TITLE_STYLE, None)
        elif level is not None and len(text) <= _LONGEST_HEADING and not self._is_page_text:
            _set_style(new, f"{HEADING_STYLE}{min(level, 5)}", None)
            if label and text.strip():
                content.insert(0, text_run(f"{label} "))
        elif place is not None and label != "":
            _set_style(new, None, place)
            if label and text.strip():
                content.insert(0, text_run(f"\ufdd0{label}\ufdd1"))
        else:
            _set_style(new, None, None)
        paragraph[:] = [new, *content]
        return [paragraph, *below]

    def _inline(self, container: Element, below: list[Element]) -> list[Element]:
        """Return the runs and links of a paragraph, rewritten; `below` receives its boxes and comments."""
        found: list[Element] = []
        children = _without_page_fields(container) if self._is_page_text else list(container)
        for child in children:
            found += self._inline_part(child, below)
        return found

    def _inline_part(self, part: Element, below: list[Element]) -> list[Element]:
        found: list[Element] = []
        match part.tag.removeprefix(W) if isinstance(part.tag, str) else "":
            case "pPr":
                pass
            case "r":
                found = self._run(part, below)
            case "hyperlink":
                found = self._link(part, part.get(f"{RELATION_ID}id"), below)
            case "fldSimple":
                named = _LINK_FIELD.match(part.get(f"{W}instr", ""))
                found = self._linked(self._inline(part, below), named[1] if named else None)
            case "del" | "moveFrom":
                self._count_deletion(part)
            case "sdt":
                content = _control_content(part)
                found = [] if content is None else self._inline(content, below)
            case "drawing" | "pict" | "object":
                found = [new_element("r", *self._run_part(part, below))]
            case name if name in _UNWRAPPED:
                found = self._inline(part, below)
            case name if name in {f"{MATH}oMath", f"{MATH}oMathPara"}:
                found = self._equation(part)
            case name if name == _ALTERNATIVES:
                form = chosen(part)
                found = [] if form is None else self._inline(form, below)
            case _:
                found = [part]
        return found

    def _equation(self, part: Element) -> list[Element]:
        equations = [equation_text(each) for each in part.iter(f"{MATH}oMath")]
        text = "; ".join(filter(None, equations))
        if not text:
            self.left_out[LeftOutKind.EQUATION] += 1
        return [text_run(text)] if text else []

    def _link(self, link: Element, key: str | None, below: list[Element]) -> list[Element]:
        content = self._inline(link, below)
        relation = None if key is None else self._relations.get(key)
        if relation is None or not relation.is_external:
            return content
        place = link.get(f"{W}anchor")
        return self._linked(content, f"{relation.target}#{place}" if place else relation.target)

    def _linked(self, content: list[Element], address: str | None) -> list[Element]:
        if not address:
            return content
        key = f"rwLink{len(self.kept_relations)}"
        self.kept_relations[key] = Relation("hyperlink", address, is_external=True)
        link = new_element("hyperlink", *content)
        link.set(f"{RELATION_ID}id", key)
        return [link]

    def _run(self, run: Element, below: list[Element]) -> list[Element]:
        properties = run.find(f"{W}rPr")
        if self._styles.hides(properties, self._paragraph):
            self._count_hidden(run)
            run[:] = [child for child in run if child.tag in {f"{W}fldChar", f"{W}instrText"}]
            return [run] if len(run) else []
        content: list[Element] = []
        for child in run:
            if child is not properties:
                content += self._run_part(child, below)
        run[:] = [*([] if properties is None else [properties]), *content]
        return [run]

    def _run_part(self, part: Element, below: list[Element]) -> list[Element]:
        found: list[Element] = []
        match part.tag.removeprefix(W) if isinstance(part.tag, str) else "":
            case "footnoteReference":
                found = self._note("footnotes", part.get(f"{W}id", ""), below)
            case "endnoteReference":
                found = self._note("endnotes", part.get(f"{W}id", ""), below)
            case "commentReference":
                below += self._comment(part.get(f"{W}id", ""))
            case "ruby":
                base = part.find(f"{W}rubyBase")
                inner = [] if base is None else self._inline(base, below)
                found = [each for run in inner for each in run if each.tag != f"{W}rPr"]
            case "drawing" | "pict":
                found = self._drawings.read(part, below)
            case "object":
                found = self._drawings.read_object(part, below)
            case name if name == _ALTERNATIVES:
                form = chosen(part)
                found = [] if form is None else [each for child in form for each in self._run_part(child, below)]
            case _:
                found = [part]
        return found

    def _note(self, kind: str, key: str, below: list[Element]) -> list[Element]:
        """Return a note in brackets, where it is marked for the first time."""
        note = self._notes[kind].pop(key, None)
        if note is None:
            return []
        with self._within(f"word/{kind}.xml"):
            blocks = self.blocks(note)
        text = " ".join(filter(None, map(words_of, blocks)))
        if not text:
            return []
        if len(text) > _LONGEST_NOTE or any(block.tag != f"{W}p" for block in blocks):
            below += blocks
            return []
        address = {each.get(f"{RELATION_ID}id") for block in blocks for each in block.iter(f"{W}hyperlink")}
        targets = [self.kept_relations[key].target for key in address if key in self.kept_relations]
        shown = [target.removeprefix("mailto:") for target in targets]
        return [text_element(f" ({', '.join([text, *(each for each in shown if each not in text)])})")]

    def _comment(self, key: str) -> list[Element]:
        comment = self._notes["comments"].pop(key, None)
        if comment is None:
            return []
        with self._within("word/comments.xml"):
            blocks = [block for block in self.blocks(comment) if words_of(block)]
        for block in blocks:
            if (properties := block.find(f"{W}pPr")) is not None:
                _set_style(properties, QUOTE_STYLE, None)
        author = " ".join(comment.get(f"{W}author", "").split())
        if blocks and author and blocks[0].tag == f"{W}p":
            blocks[0].insert(1, text_run(f"{author}: "))
        return blocks

    def _count_hidden(self, element: Element) -> None:
        """Count a paragraph's hidden text once, however many runs it has."""
        if not self._has_hidden and has_text(element):
            self.left_out[LeftOutKind.HIDDEN_TEXT] += 1
            self._has_hidden = True

    def _count_deletion(self, element: Element) -> None:
        self.left_out[LeftOutKind.DELETED_TEXT] += element.tag != f"{W}moveFrom" and has_text(element)

    def _within(self, name: str) -> _OtherPart:
        return _OtherPart(self, name)

    def enter(self, name: str) -> Mapping[str, Relation]:
        """Rewrite another part from now on, and return the relations of the one before."""
        before = self._relations
        self.leave(self._package.relations(name))
        return before

    def leave(self, before: Mapping[str, Relation]) -> None:
        """Go on with the part before."""
        self._relations = self._drawings.relations = before

    def page_texts(self, sections: Sequence[Element], shown: set[str]) -> Iterator[Element]:
        """Yield the paragraphs of headers, then of footers, each once and none that is `shown` on the page itself."""
        seen = set(shown)
        self._is_page_text = True
        for name in self._page_parts(sections):
            root = self._package.xml(name)
            if root is None:
                continue
            with self._within(name):
                blocks = self.blocks(root)
            for block in blocks:
                for paragraph in [block] if block.tag == f"{W}p" else list(block.iter(f"{W}p")):
                    words = words_of(paragraph)
                    if words not in seen and not only_counts_pages(words):
                        seen.add(words)
                        yield paragraph

    def _page_parts(self, sections: Sequence[Element]) -> list[str]:
        """Return the headers and footers that Word shows, in order, each once."""
        even = None if self._settings is None else self._settings.find(f"{W}evenAndOddHeaders")
        names: dict[str, None] = {}
        for kind in ("headerReference", "footerReference"):
            for section in sections:
                for reference in section.findall(f"{W}{kind}"):
                    on = reference.get(f"{W}type")
                    relation = self._relations.get(reference.get(f"{RELATION_ID}id", ""))
                    is_shown = on not in {"first", "even"} or is_on(
                        section.find(f"{W}titlePg") if on == "first" else even, VALUE
                    )
                    if relation is not None and not relation.is_external and is_shown:
                        names[relation.target] = None
        return list(names)


class _OtherPart:
    """Follows the relations of another part while it is rewritten."""

    def __init__(self, rewriting: _Rewriting, name: str) -> None:
        self._rewriting = rewriting
        self._name = name

    def __enter__(self) -> None:
        self._before = self._rewriting.enter(self._name)

    def __exit__(self, *_: object) -> None:
        self._rewriting.leave(self._before)


def _set_style(properties: Element, style: str | None, place: tuple[str, int] | None) -> None:
    """Set a paragraph's style, or keep it if None is given, and state its number, 0 for none."""
    for element in properties.findall(f"{W}numPr"):
        properties.remove(element)
    if style is not None:
        for element in properties.findall(f"{W}pStyle"):
            properties.remove(element)
        properties.insert(0, _valued("pStyle", style))
    number, level = place or ("0", 0)
    properties.append(new_element("numPr", _valued("ilvl", str(level)), _valued("numId", number)))


def _is_mark_deleted(properties: Element | None) -> bool:
    """Return whether a paragraph is joined to the next one by a tracked deletion."""
    return properties is not None and properties.find(f"{W}rPr/{W}del") is not None


def _valued(name: str, value: str) -> Element:
    element = new_element(name)
    element.set(VALUE, value)
    return element


def _control_content(control: Element) -> Element | None:
    """Return what is in a content control; None if that is its prompt."""
    if is_on(control.find(f"{W}sdtPr/{W}showingPlcHdr"), VALUE):
        return None
    return control.find(f"{W}sdtContent")


def _without_page_fields(paragraph: Element) -> list[Element]:
    """Return the parts of a paragraph without its page numbers."""
    kept: list[Element] = []
    field: list[Element] | None = None
    instruction = ""
    for part in paragraph:
        if part.tag == f"{W}fldSimple" and _PAGE_FIELD.match(part.get(f"{W}instr", "")):
            continue
        marks = [mark.get(f"{W}fldCharType") for mark in part.iter(f"{W}fldChar")]
        if "begin" in marks and field is None:
            field, instruction = [], ""
        if field is None:
            kept.append(part)
            continue
        field.append(part)
        instruction += "".join(each.text or "" for each in part.iter(f"{W}instrText"))
        if "end" in marks:
            kept += [] if _PAGE_FIELD.match(instruction) else field
            field = None
    return kept + (field or [])
