"""Turns docutils' tree of a document into lines of Markdown, each with the line of the file that it comes from.

Edit it when a kind of node should look otherwise in a passage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from docutils import nodes

from knowledge.parsing.readers.parts import IMAGE_MARK
from text.markdown.escaping import escaped_line
from text.markdown.tables import markdown_table

Line = tuple[str, int | None]
"""A line, and the file's own; None: the one before it."""

_DEEPEST_HEADING = 6
_TELLING = 3
"""Lines by which a faulty block is found in the file."""
_FARTHEST = 1000
"""Lines, from where docutils tells of a fault up to where the faulty block begins."""
_FENCES = re.compile(r"`{3,}")
_TICKS = re.compile(r"`+")
_KEPT_TARGET = re.compile(r"(?:https?|ftp|mailto):|[^:]*$", re.IGNORECASE)
_IN_TARGET = str.maketrans({char: f"%{ord(char):02X}" for char in " ()<>[]\\"})
_HIDDEN = (
    *(nodes.comment, nodes.substitution_definition, nodes.target, nodes.pending, nodes.decoration, nodes.meta),
    *(nodes.raw, nodes.transition, nodes.colspec),
)
_LITERAL = (nodes.literal_block, nodes.doctest_block, nodes.math_block)
_LEVEL_ERROR = 3
"""Of docutils' messages. A directive that is not allowed here is a warning."""


def markdown_lines(document: nodes.document, source: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The document's lines. `source` is the file's."""
    last = 1
    for text, number in _Markdown(source).below(document, 0):
        last = min(max(number or last, 1), len(source))
        yield text, last


class _Markdown:
    """The blocks of a document. Each ends with an empty line."""

    def __init__(self, source: Sequence[str]) -> None:
        self._source = source

    def below(self, node: nodes.Element, level: int) -> Iterator[Line]:
        """What stands in `node`, below a heading of this level."""
        for child in node.children:
            yield from self._block(child, level)

    def _block(self, node: nodes.Node, level: int) -> Iterator[Line]:
        match node:
            case nodes.section():
                yield from self._heading(node, level + 1)
                yield from self.below(node, level + 1)
            case nodes.system_message():
                yield from self._message(node)
            case nodes.bullet_list() | nodes.enumerated_list():
                yield from self._list(node, level)
            case nodes.table():
                yield from self._table(node, level)
            case nodes.footnote() | nodes.citation():
                body = self._joined(node.children[1:], level)
                yield from _hung(body, f"[^{node.children[0].astext()}]: ", "    ")
            case nodes.block_quote():
                yield from _hung(self._joined(node.children, level), "> ", "> ")
            case nodes.definition_list_item() | nodes.field() | nodes.option_list_item():
                yield from self._described(node, level)
            case nodes.topic() if "contents" in node["classes"]:
                return  # Its lines are the headings once more.
            case nodes.Admonition():
                if not isinstance(node, nodes.admonition):  # That one has a title of its own.
                    yield f"**{node.tagname.capitalize()}**", node.line
                yield from self.below(node, level)
            case _ if not isinstance(node, _HIDDEN):
                yield from self._text_or_below(node, level)
            case _:
                return

    def _text_or_below(self, node: nodes.Node, level: int) -> Iterator[Line]:
        match node:
            case nodes.image():
                if words := _inline(node):
                    yield from [(words, node.line), ("", None)]
            case nodes.title() | nodes.subtitle() | nodes.rubric():
                yield from [(f"**{_one_line(node)}**", node.line), ("", None)]
            case nodes.attribution():
                yield from [(f"— {_one_line(node)}", node.line), ("", None)]
            case nodes.line():
                yield from _text_lines(node)
            case nodes.line_block():
                yield from self.below(node, level)
                if not isinstance(node.parent, nodes.line_block):
                    yield "", None
            case _ if isinstance(node, _LITERAL):
                yield from _fenced(node)
            case nodes.TextElement() | nodes.Text():
                yield from [*_text_lines(node), ("", None)]
            case _:
                yield from self.below(node, level)

    def _heading(self, node: nodes.section, level: int) -> Iterator[Line]:
        title = next((child for child in node.children if isinstance(child, nodes.title)), None)
        if title is None or not (words := _one_line(title)):
            return
        # An id that is no name's was made up, and every tool makes up others.
        names = (nodes.make_id(name) for name in node["names"])
        anchor = next((name for name in names if name in node["ids"]), None)
        named = f"{words} {{#{anchor}}}" if anchor else words
        yield f"{'#' * min(level, _DEEPEST_HEADING)} {named}", self._line_of(title)
        yield "", None
        node.remove(title)

    def _line_of(self, title: nodes.title) -> int | None:
        """docutils tells the line of the row below a title."""
        below = title.line or 1
        near = (number for number in (below - 1, below, below - 2) if 0 < number <= len(self._source))
        return next((number for number in near if self._source[number - 1].strip() == title.rawsource), title.line)

    def _message(self, node: nodes.system_message) -> Iterator[Line]:
        """What cannot be read as it is meant, a table out of line say, as it is written."""
        if node["level"] >= _LEVEL_ERROR:
            for child in node.children:
                if isinstance(child, nodes.literal_block):
                    child.line = self._last_at(child.astext().split("\n")[:_TELLING], node.get("line", 1))
                    yield from _fenced(child)

    def _last_at(self, written: Sequence[str], line: int) -> int:
        """The last line of the file, at or above this one, on which these lines begin; this one where none is."""
        above = range(min(line, len(self._source)), max(line - _FARTHEST, 0), -1)
        sought = [words.strip() for words in written]

        def begins(number: int) -> bool:
            return [words.strip() for words in self._source[number - 1 : number - 1 + len(sought)]] == sought

        return next((number for number in above if begins(number)), line)

    def _list(self, node: nodes.Element, level: int) -> Iterator[Line]:
        for number, item in enumerate(node.children, node.get("start", 1)):
            sign = _ordinal(node, number) if isinstance(node, nodes.enumerated_list) else "-"
            *lines, _ = _hung(self._joined(item.children, level), f"{sign} ", " " * (len(sign) + 1))
            yield from lines
        yield "", None

    def _described(self, node: nodes.Element, level: int) -> Iterator[Line]:
        """A term, a field's name or options, and below it what is said of them."""
        said = (nodes.definition, nodes.field_body, nodes.description)
        heads = [child for child in node.children if not isinstance(child, said)]
        words = ", ".join(_one_line(head) for head in heads if not isinstance(head, nodes.classifier))
        kinds = "".join(f" ({_one_line(head)})" for head in heads if isinstance(head, nodes.classifier))
        body = [line for child in node.children if isinstance(child, said) for line in self.below(child, level)]
        first = node.line or next((number for _, number in body if number), None)
        if isinstance(node, nodes.definition_list_item):
            yield f"**{words}**{kinds}", first
            yield from body or [("", None)]
        else:
            yield from _hung(body, f"**{words}:** ", "", first)

    def _table(self, node: nodes.table, level: int) -> Iterator[Line]:
        for title in node.findall(nodes.title):
            yield from [(f"**{_one_line(title)}**", title.line), ("", None)]
            break
        group = next(child for child in node.children if isinstance(child, nodes.tgroup))
        rows: list[list[str]] = []
        numbers: list[int | None] = []
        head_count = 0
        for part in group.children:
            if isinstance(part, nodes.thead | nodes.tbody):
                rows += self._rows(part, level)
                numbers += [_first_line(row) for row in part.children]
                head_count = len(rows) if isinstance(part, nodes.thead) else head_count
        if not any(any(row) for row in rows):
            return
        if head_count > 1 and len({len(row) for row in rows[:head_count]}) == 1:
            columns = zip(*rows[:head_count], strict=True)
            rows[:head_count] = [[" ".join(dict.fromkeys(filter(None, column))) for column in columns]]
            del numbers[1:head_count]
        yield from zip(markdown_table(rows), (numbers[0], numbers[0], *numbers[1:]), strict=True)
        yield "", None

    def _rows(self, part: nodes.Element, level: int) -> Iterator[list[str]]:
        """Of cells, one that spans rows standing in each, and a head that spans columns above each."""
        above: dict[int, tuple[str, int]] = {}
        for row in part.children:
            cells: list[str] = []

            def from_above(cells: list[str] = cells) -> None:
                while len(cells) in above:
                    words, left = above.pop(len(cells))
                    if left > 1:
                        above[len(cells)] = words, left - 1
                    cells.append(words)

            for entry in row.children:
                from_above()
                words = self._cell(entry, level)
                for offset in range(1 + entry.get("morecols", 0)):
                    placed = words if offset == 0 or isinstance(part, nodes.thead) else ""
                    if entry.get("morerows", 0):
                        above[len(cells)] = placed, entry["morerows"]
                    cells.append(placed)
            from_above()
            yield cells

    def _cell(self, entry: nodes.entry, level: int) -> str:
        lines = (text.strip() for text, _ in self.below(entry, level))
        return " ".join(line for line in lines if line and not _FENCES.match(line))

    def _joined(self, children: Iterable[nodes.Node], level: int) -> list[Line]:
        return [line for child in children for line in self._block(child, level)]


def _hung(body: Sequence[Line], first: str, rest: str, line: int | None = None) -> Iterator[Line]:
    """The lines behind `first`, and the others behind `rest`."""
    lines = list(body)
    while lines and not lines[-1][0]:
        lines.pop()
    for number, (text, own) in enumerate(lines or [("", line)]):
        yield f"{rest if number else first}{text}".rstrip(), own
    yield "", None


def _text_lines(node: nodes.Node) -> Iterator[Line]:
    line = node.line
    for offset, text in enumerate(_inline(node).split("\n")):
        yield escaped_line(text.strip()), None if line is None else line + offset


def _fenced(node: nodes.Element) -> Iterator[Line]:
    text = "".join(child.astext() for child in node.children)
    fence = "`" * max(3, 1 + max((len(found[0]) for found in _FENCES.finditer(text)), default=0))
    language = next((name for name in node.get("classes", ())[1:] if name.isalnum()), "")
    yield f"{fence}{language}", node.line
    for offset, line in enumerate(text.split("\n")):
        yield line, None if node.line is None else node.line + offset
    yield from [(fence, None), ("", None)]


def _inline(node: nodes.Node) -> str:
    if isinstance(node, nodes.Text):
        return str(node.astext())
    if isinstance(node, nodes.system_message | nodes.raw):
        return ""
    words = "".join(map(_inline, node.children))
    match node:
        case nodes.image():
            described = " ".join(node.get("alt", "").split())
            words = f"{IMAGE_MARK} {described}" if described else ""
        case nodes.footnote_reference() | nodes.citation_reference():
            words = f"[^{words}]"
        case nodes.literal() | nodes.math():
            words = _in_ticks(node.astext())
        case nodes.emphasis() | nodes.title_reference():
            words = f"*{words}*"
        case nodes.strong():
            words = f"**{words}**"
        case nodes.superscript():
            words = f"^{words}"
        case nodes.option_argument():
            words = f"{node['delimiter']}{words}"
        case nodes.reference():
            words = _link(words, node.get("refuri", ""))
    return words


def _link(words: str, target: str) -> str:
    if not target or target in {words, f"mailto:{words}"} or not _KEPT_TARGET.match(target):
        return words
    return f"[{words}]({target.translate(_IN_TARGET)})"


def _in_ticks(text: str) -> str:
    ticks = "`" * (1 + max((len(found[0]) for found in _TICKS.finditer(text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def _one_line(node: nodes.Node) -> str:
    return " ".join(_inline(node).split())


def _ordinal(node: nodes.enumerated_list, number: int) -> str:
    letter = chr(ord("a") + number - 1) if number <= 26 else str(number)
    shown = {"loweralpha": letter, "upperalpha": letter.upper()}.get(node["enumtype"], str(number))
    return f"{node.get('prefix', '')}{shown}{node.get('suffix', '')}"


def _first_line(row: nodes.Element) -> int | None:
    return next((node.line for node in row.findall() if node.line), None)
