"""Reads an RTF file as Markdown: headings, lists with their numbers, tables, notes, boxes, links and comments.

The document is rewritten as HTML first. Edit it for what a control word does; `rtf_tokens` reads the words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape

from knowledge.parsing.readers.html import markdown_with_notes
from knowledge.parsing.readers.office.page_words import only_counts_pages
from knowledge.parsing.readers.parts import IMAGE_MARK, ParsedPart, ReaderRefused
from knowledge.parsing.readers.through_html.rtf_tokens import (
    CHARSETS,
    PROGRAM_ENCODINGS,
    RTF_MARK,
    Bytes,
    Close,
    Open,
    Word,
    encoding_of_page,
    is_written_in_utf8,
    tokens,
)
from knowledge.types import LeftOut, LeftOutKind

MAX_DEPTH = 1000
"""Groups within each other."""
MAX_COLUMNS = 2000

_SIGNS = {
    **{"emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”"},
    **{"emspace": " ", "enspace": " ", "qmspace": " ", "tab": " ", "~": "\xa0", "_": "-", "{": "{", "}": "}"},
    "\\": "\\",
}
_SKIPPED = frozenset(
    [
        *("colortbl", "info", "listtable", "listoverridetable", "generator", "themedata", "colorschememapping"),
        *("latentstyles", "datastore", "xmlnstbl", "rsidtbl", "revtbl", "filetbl", "pgptbl", "objdata", "objname"),
        *("bkmkstart", "bkmkend", "xe", "tc", "atrfstart", "atrfend", "atnid", "atndate", "atnref", "atnicn"),
        *("atnparent", "atntime", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "template", "panose"),
        *("falt", "private", "nonshppict", "shprslt", "mailmerge", "background", "formfield", "datafield", "pn"),
        *("docvar", "userprops", "nonesttables", "nesttableprops", "ud", "do", "listpicture", "blipuid", "fontemb"),
    ]
)
"""Groups that show nothing, or once more what is shown."""
_KNOWN = frozenset(
    [
        *("fldinst", "shppict", "shpinst", "picprop", "annotation", "atnauthor", "objclass", "pict", "footnote"),
        *("listtext", "pntext", "cs", "ts", "shptxt"),
    ]
)
"""Groups that are read although they may be marked as ones that an older program skips."""
_DESTINATIONS = {"fonttbl": "fonts", "stylesheet": "styles", "fldinst": "instruction", "objclass": "class"}
"""Groups whose text is kept apart."""
_PAGE_TEXTS = frozenset(f"{name}{page}" for name in ("header", "footer") for page in ("", "l", "r", "f"))
_HEADING = re.compile(r"heading\s+(\d)$", re.IGNORECASE)
_MEANINGS = {"title": "title", "quote": "quote", "quotations": "quote", "intense quote": "quote"} | dict.fromkeys(
    ("html preformatted", "preformatted text", "plain text", "source code"), "code"
)
_TARGET = re.compile(r'\s*HYPERLINK\s+"([^"]{1,1000})"|\s*HYPERLINK\s+([^\s"\\]\S{0,1000})', re.IGNORECASE)
_CONTENTS = re.compile(r"\s*(?:TOC|INDEX)\b", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]{2,}")
_JOINTS = re.compile(r"</ul>\n<ul>")
_PRE_JOINTS = re.compile(r"</code></pre>\n<pre><code>")
_LINE_SHAPE = "20"


def read_rtf(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the document as the only part. Raises ReaderRefused."""
    from bs4 import BeautifulSoup

    start = data.find(RTF_MARK, 0, 100)
    if start < 0:
        raise ReaderRefused("corrupt")
    reading = _Reading(data[start:])
    html = reading.html()
    yield ParsedPart(markdown_with_notes(BeautifulSoup(html, "html.parser")))
    yield from (LeftOut(kind, count) for kind, count in reading.left_out.items() if count)


@dataclass(slots=True)
class _Flow:
    """Collects the blocks of a text that runs by itself: the document, a note, a box, a header."""

    blocks: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    """Of the current paragraph."""
    below: list[str] = field(default_factory=list)
    """Boxes and comments of the current paragraph."""
    label: str | None = None
    """The number or bullet of the current paragraph."""
    cell: list[str] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    is_head: bool = False
    counted: set[LeftOutKind] = field(default_factory=set)
    """What has been counted of the current paragraph."""


@dataclass(slots=True)
class _Field:
    """Holds a field, such as a link: its instruction, and where its result begins."""

    instruction: str = ""


@dataclass(slots=True)
class _Shape:
    """Holds what is known of a shape or a picture."""

    properties: dict[str, str] = field(default_factory=dict)
    name: str = ""
    has_content: bool = False


@dataclass(frozen=True, slots=True)
class _State:
    """Holds what holds within a group, and ends with it."""

    to: str = "text"
    """Where text goes: `text`, or one of what `_Reading._add` names; nowhere from `skip`, `fonts` and `picture`."""
    encoding: str = ""
    """Of the font; empty: the document's."""
    fallback: int = 1
    """Characters after a Unicode one that replace it in an older program."""
    is_hidden: bool = False
    is_deleted: bool = False
    raised: str = ""
    style: int | None = None
    outline: int | None = None
    in_table: bool = False
    field_: _Field | None = None
    shape: _Shape | None = None
    in_object: bool = False
    font: int = 0


@dataclass(slots=True)
class _Group:
    """Holds what to return to at the end of a group, and what ends there."""

    state: _State
    ends: str = ""
    """`flow:` with its kind, `link`, `shape`, `picture` or `style`; empty: nothing."""
    at: int = 0
    """Where in the paragraph a link begins."""
    blocks: int = 0
    """How many blocks there were then."""


class _Reading:
    """Reads the tokens of a file, and writes HTML."""

    def __init__(self, data: bytes) -> None:
        self.left_out: Counter[LeftOutKind] = Counter()
        self._data = data
        self._encoding = "utf-8" if is_written_in_utf8(data) else "cp1252"
        self._flows = [_Flow()]
        self._state = _State()
        self._groups: list[_Group] = []
        self._fonts: dict[int, str] = {}
        self._default_font = 0
        self._styles: dict[int, tuple[str, int | None]] = {}
        self._style: tuple[int | None, int | None, list[str]] = (None, None, [])
        self._notes: list[str] = []
        self._page_texts: dict[str, None] = {}
        self._author = ""
        self._class = ""
        self._raw = bytearray()
        self._units: list[int] = []
        self._skip = 0
        self._is_fresh = self._is_optional = False

    def html(self) -> str:
        """Return the document. Raises ReaderRefused."""
        for token in tokens(self._data):
            match token:
                case Open():
                    self._flush()
                    self._skip = 0
                    if len(self._groups) >= MAX_DEPTH:
                        raise ReaderRefused("too_deep")
                    self._groups.append(_Group(self._state))
                    self._is_fresh, self._is_optional = True, False
                case Close():
                    self._flush()
                    self._skip = 0
                    self._is_fresh = False
                    self._close()
                case Word() if self._skip and token.name != "u":
                    self._skip -= 1
                case Word():
                    self._word(token.name, token.number)
                case Bytes():
                    self._bytes(token)
        self._flush()
        while self._groups:
            self._close()
        self._end_paragraph()
        self._end_table(self._flow)
        above = [f"<p>{words}</p>" for words in self._page_texts]
        html = "\n".join([*above, *self._flow.blocks, *self._notes])
        return _PRE_JOINTS.sub("\n", _JOINTS.sub("\n", html))

    @property
    def _flow(self) -> _Flow:
        return self._flows[-1]

    def _bytes(self, token: Bytes) -> None:
        content = token.content
        if self._skip:
            taken = min(self._skip, len(content))
            self._skip -= taken
            content = content[taken:]
        if content and self._state.to != "skip":
            self._is_fresh = False
            if self._units:
                self._flush()
            self._raw += content

    def _word(self, name: str, number: int | None) -> None:
        if name == "*":
            self._is_optional = True
            return
        is_first, self._is_fresh = self._is_fresh, False
        if self._state.to == "skip":
            return
        if is_first and (name in _SKIPPED or (self._is_optional and name not in _KNOWN)):
            self._state = replace(self._state, to="skip")
        elif name == "u" and number is not None:
            if self._raw:
                self._flush()
            self._units.append(number % 65536)
            self._skip = self._state.fallback
        elif (sign := _SIGNS.get(name)) is not None:
            self._flush()
            self._add(sign)
        else:
            self._flush()
            may_begin = is_first or name in {"footnote", "annotation"}
            if not (may_begin and self._begins(name)):
                self._applies(name, number)

    def _begins(self, name: str) -> bool:
        """Return whether the word says what its group is, and enter it."""
        match name:
            case _ if name in _DESTINATIONS:
                self._enter(_DESTINATIONS[name])
            case "field":
                self._state = replace(self._state, field_=_Field())
            case "fldrslt":
                self._enter_result()
            case "listtext" | "pntext":
                self._flow.label = ""
                self._enter("label")
            case "atnauthor":
                self._author = ""
                self._enter("author")
            case "footnote" | "annotation" | "shptxt":
                self._enter_flow(name)
            case _ if name in _PAGE_TEXTS:
                self._enter_flow("page")
            case _:
                return self._begins_drawing(name)
        return True

    def _begins_drawing(self, name: str) -> bool:
        """Return whether the word says that its group is of a drawing or an object, and enter it."""
        state = self._state
        match name:
            case "shp" | "pict":
                if name == "pict" and state.shape is not None:
                    state.shape.has_content = True
                self._state = replace(state, shape=_Shape(), to="text" if name == "shp" else "picture")
                self._groups[-1] = replace(self._groups[-1], ends="shape" if name == "shp" else "picture")
            case "sn" if state.shape is not None:
                state.shape.name = ""
                self._enter("name")
            case "sv" if state.shape is not None:
                self._enter("value")
            case "object":
                self._class = ""
                self._state = replace(state, in_object=True)
                self._groups[-1] = replace(self._groups[-1], ends="object")
            case "mmath":
                self._count(LeftOutKind.EQUATION, each=True)
                self._enter("skip")
            case _:
                return False
        return True

    def _enter(self, to: str) -> None:
        self._state = replace(self._state, to=to)

    def _enter_flow(self, kind: str) -> None:
        """Read a text that runs by itself from here to the end of the group."""
        if not self._groups:
            return
        self._flows.append(_Flow())
        self._groups[-1] = replace(self._groups[-1], ends=f"flow:{kind}")
        self._state = replace(_State(), encoding=self._state.encoding, fallback=self._state.fallback)

    def _enter_result(self) -> None:
        instruction = "" if self._state.field_ is None else self._state.field_.instruction
        if _CONTENTS.match(instruction):
            self._enter("skip")
        elif _TARGET.match(instruction):
            flow = self._flow
            self._groups[-1] = replace(self._groups[-1], ends="link", at=len(flow.pieces), blocks=len(flow.blocks))

    def _close(self) -> None:
        """Return to the state before the group, and finish what ends with it."""
        if not self._groups:
            return
        group, ended = self._groups.pop(), self._state
        self._state = group.state
        match group.ends:
            case "link":
                self._link(group, ended)
            case "shape" if ended.shape is not None:
                self._end_shape(ended.shape)
            case "picture" if ended.shape is not None:
                self._end_picture(ended.shape, in_object=group.state.in_object)
            case "object":
                is_equation = self._class.strip().lower().startswith(("equation", "mathtype"))
                self._count(LeftOutKind.EQUATION if is_equation else LeftOutKind.EMBEDDED_FILE, each=True)
            case kind if kind.startswith("flow:"):
                self._end_flow(kind.removeprefix("flow:"))
            case _ if ended.to == "styles" and group.state.to == "styles":
                self._end_style()

    def _link(self, group: _Group, ended: _State) -> None:
        flow = self._flow
        found = None if ended.field_ is None else _TARGET.match(ended.field_.instruction)
        if found is not None and group.blocks == len(flow.blocks) and group.at < len(flow.pieces):
            words = "".join(flow.pieces[group.at :])
            flow.pieces[group.at :] = [f'<a href="{escape(found[1] or found[2])}">{words}</a>']

    def _end_shape(self, shape: _Shape) -> None:
        described = " ".join(shape.properties.get("wzDescription", "").split())
        if described and not shape.has_content:
            self._flow.pieces.append(f" {IMAGE_MARK} {escape(described)} ")
        elif not shape.has_content and shape.properties.get("shapeType") != _LINE_SHAPE:
            self._count(LeftOutKind.DRAWING, each=True)

    def _end_picture(self, shape: _Shape, *, in_object: bool) -> None:
        described = " ".join(shape.properties.get("wzDescription", "").split())
        if described:
            self._flow.pieces.append(f" {IMAGE_MARK} {escape(described)} ")
        elif not in_object:
            self._count(LeftOutKind.PICTURE, each=True)

    def _end_flow(self, kind: str) -> None:
        self._end_paragraph()
        flow = self._flows.pop()
        self._end_table(flow)
        words = " ".join(_words(block) for block in flow.blocks).strip()
        html = "\n".join(flow.blocks)
        if not words:
            return
        match kind:
            case "footnote":
                name = f"n{len(self._notes) + 1}"
                self._notes.append(f"<p>[^{name}]: {words}</p>")
                self._flow.pieces.append(f"[^{name}]")
            case "annotation":
                author = f"{escape(' '.join(self._author.split()))}: " if self._author.strip() else ""
                self._flow.below.append(f"<blockquote><p>{author}{words}</p></blockquote>")
            case "shptxt":
                if self._state.shape is not None:
                    self._state.shape.has_content = True
                self._flow.below.append(html)
            case _ if not only_counts_pages(words):
                self._page_texts[words] = None

    def _end_style(self) -> None:
        """Keep what a style of the style sheet stands for."""
        number, outline, name = self._style
        self._style = (None, None, [])
        words = "".join(name).partition(";")[0].strip().lower()
        heading = _HEADING.search(words)
        level = int(heading[1]) - 1 if heading else outline
        self._styles[number or 0] = (_MEANINGS.get(words, ""), level)

    def _applies(self, name: str, number: int | None) -> None:
        """Apply a word to what follows, within the group."""
        match name:
            case "par" | "sect" | "\n" | "\r":
                self._end_paragraph()
            case "line" | "softline" if self._state.to == "text":
                self._flow.pieces.append("<br>")
            case "cell" | "nestcell" | "row" | "nestrow" | "trowd" | "trhdr" if self._state.to == "text":
                self._table_word(name)
            case "pard":
                self._state = replace(self._state, style=None, outline=None, in_table=False)
            case "intbl":
                self._state = replace(self._state, in_table=True)
            case "s" | "outlinelevel":
                self._paragraph_style(name, number or 0)
            case _:
                self._applies_to_letters(name, number)

    def _applies_to_letters(self, name: str, number: int | None) -> None:
        state, is_on = self._state, number != 0
        match name:
            case "plain":
                encoding = self._fonts.get(self._default_font, "")
                self._state = replace(state, is_hidden=False, is_deleted=False, raised="", encoding=encoding)
            case "v":
                self._state = replace(state, is_hidden=is_on)
            case "deleted":
                self._state = replace(state, is_deleted=is_on)
            case "super" | "sub" | "nosupersub":
                raised = {"super": "sup", "sub": "sub"}.get(name, "")
                self._state = replace(state, raised=raised if is_on else "")
            case "uc":
                self._state = replace(state, fallback=min(max(number or 0, 0), 100))
            case "f" | "fcharset" | "cpg":
                self._font(name, number or 0)
            case "deff":
                self._default_font = number or 0
            case "ansicpg" if self._encoding != "utf-8":
                self._encoding = encoding_of_page(number or 0)
            case _ if name in PROGRAM_ENCODINGS and self._encoding == "cp1252":
                self._encoding = PROGRAM_ENCODINGS[name]

    def _font(self, name: str, number: int) -> None:
        if name == "f":
            self._state = replace(self._state, font=number, encoding=self._fonts.get(number, ""))
        elif self._state.to == "fonts":
            known = CHARSETS.get(number, "") if name == "fcharset" else encoding_of_page(number)
            self._fonts[self._state.font] = known or self._fonts.get(self._state.font, "")

    def _paragraph_style(self, name: str, number: int) -> None:
        if self._state.to == "styles":
            own, outline, words = self._style
            self._style = (number, outline, words) if name == "s" else (own, number, words)
        elif name == "s":
            self._state = replace(self._state, style=number, outline=None)
        else:
            self._state = replace(self._state, outline=number)

    def _table_word(self, name: str) -> None:
        flow = self._flow
        match name:
            case "trowd":
                flow.is_head = False
            case "trhdr":
                flow.is_head = True
            case "nestcell":
                flow.pieces.append("; ")
            case "nestrow":
                flow.pieces.append("<br>")
            case "cell":
                self._end_paragraph(in_table=True)
                if len(flow.row) >= MAX_COLUMNS:
                    raise ReaderRefused("too_large")
                flow.row.append("\n".join(flow.cell))
                flow.cell = []
            case _:
                tag = "th" if flow.is_head else "td"
                if flow.row:
                    flow.rows.append(f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in flow.row)}</tr>")
                flow.row = []

    def _end_table(self, flow: _Flow) -> None:
        if flow.row or flow.cell:  # A row that does not end is a row all the same.
            cells = [*flow.row, *(["\n".join(flow.cell)] if flow.cell else [])]
            flow.rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
            flow.row, flow.cell = [], []
        if flow.rows:
            flow.blocks.append(f"<table>{''.join(flow.rows)}</table>")
            flow.rows = []

    def _end_paragraph(self, *, in_table: bool = False) -> None:
        flow, state = self._flow, self._state
        words = "".join(flow.pieces)
        label, below = flow.label, flow.below
        flow.pieces, flow.label, flow.below = [], None, []
        flow.counted.clear()
        if not words.strip() and not below:
            return
        if not (in_table or state.in_table or flow.row):
            self._end_table(flow)
        blocks = [_paragraph(words, label, *self._meaning(state))] if words.strip() else []
        (flow.cell if in_table or state.in_table or flow.row else flow.blocks).extend([*blocks, *below])

    def _meaning(self, state: _State) -> tuple[str, int | None]:
        """Return what the paragraph's style stands for, and the level of a heading, from 0."""
        meaning, level = self._styles.get(state.style or 0, ("", None)) if state.style is not None else ("", None)
        outline = level if state.outline is None else state.outline
        return meaning, outline if outline is not None and 0 <= outline < 9 else None

    def _flush(self) -> None:
        """Write the text read up to here, in the encoding of its font."""
        if not self._units and not self._raw:
            return
        if self._units:
            units = b"".join(unit.to_bytes(2, "little") for unit in self._units)
            text = units.decode("utf-16-le", "replace")
            self._units = []
            self._add(text)
        if self._raw:
            encoding = self._encoding if self._encoding == "utf-8" else self._state.encoding or self._encoding
            text = self._raw.decode(encoding, "replace")
            self._raw = bytearray()
            self._add(text)

    def _add(self, text: str) -> None:
        state = self._state
        match state.to:
            case "text":
                self._add_shown(text, state)
            case "label":
                self._flow.label = (self._flow.label or "") + text
            case "instruction" if state.field_ is not None:
                state.field_.instruction += text
            case "author":
                self._author += text
            case "class":
                self._class += text
            case "styles":
                self._style[2].append(text)
            case "name" if state.shape is not None:
                state.shape.name += text
            case "value" if state.shape is not None:
                named = state.shape.properties
                named[state.shape.name] = named.get(state.shape.name, "") + text

    def _add_shown(self, text: str, state: _State) -> None:
        if state.is_hidden or state.is_deleted:
            if any(char.isalnum() for char in text):
                self._count(LeftOutKind.DELETED_TEXT if state.is_deleted else LeftOutKind.HIDDEN_TEXT)
            return
        shown = escape(text, quote=False)
        self._flow.pieces.append(f"<{state.raised}>{shown}</{state.raised}>" if state.raised else shown)

    def _count(self, kind: LeftOutKind, *, each: bool = False) -> None:
        """Count what is left out; of hidden text, once in a paragraph, however many runs it has."""
        if each or kind not in self._flow.counted:
            self.left_out[kind] += 1
            self._flow.counted.add(kind)


def _paragraph(words: str, label: str | None, meaning: str, level: int | None) -> str:
    words = words if meaning == "code" else _BLANKS.sub(" ", words)
    if level is not None:
        number = f"{escape(label.strip())} " if label and label.strip() else ""
        return f"<h{min(level + 2, 6)}>{number}{words}</h{min(level + 2, 6)}>"
    if label is not None and label.strip():
        is_number = any(char.isalnum() for char in label)
        marked = f' data-label="{escape(label.strip())}"' if is_number else ""
        return f"<ul><li{marked}>{words}</li></ul>"
    return {
        "title": f"<h1>{words}</h1>",
        "quote": f"<blockquote><p>{words}</p></blockquote>",
        "code": f"<pre><code>{words}</code></pre>",
    }.get(meaning, f"<p>{words}</p>")


_TAG = re.compile(r"</?(?:p|br|ul|li|h[1-6]|table|tr|td|th|blockquote|pre|code)(?: [^<>]*)?>")


def _words(block: str) -> str:
    """Return the words of a block on one line, with its links."""
    return " ".join(_TAG.sub(" ", block).split())
