"""Reads an Org file as Markdown, each line with the file's own. Opens no other file, and runs no code and no macro.

Edit it for what Org's syntax becomes, and for what its author keeps to himself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from knowledge.parsing.readers.links import linked
from knowledge.parsing.readers.parts import IMAGE_MARK, ParsedPart, ReaderRefused
from knowledge.types import LeftOut, LeftOutKind
from text.decoding import decode
from text.markdown.escaping import escaped_line
from text.markdown.footnotes import inline_footnotes
from text.markdown.tables import markdown_table

MAX_LINE_CHARS = 100_000

Line = tuple[str, int]
"""A line of the text, and the line of the file that it comes from, from 1."""

_HEADING = re.compile(r"(\*+)[ \t]+(?=\S)")
_PRIORITY = re.compile(r"((?:[A-Z]{2,20}[ \t]+)?)\[#[A-Z0-9]{1,2}\][ \t]*")
_TAGS = re.compile(r"[ \t]+:([\w@#%:]{1,200}):[ \t]*$")
_HIDDEN_TAGS = frozenset({"noexport", "archive", "ARCHIVE"})
_COMMENT_HEADING = re.compile(r"(?:[A-Z]{2,20}[ \t]+)?COMMENT(?:[ \t]|$)")
_KEYWORD = re.compile(r"[ \t]*#\+(\w[\w-]{0,50})(?:\[[^\]]{0,200}\])?:[ \t]*(.*)$")
_BEGIN = re.compile(r"[ \t]*#\+begin_(\w{1,50})(?:[ \t]+(.*))?$", re.IGNORECASE)
_END = re.compile(r"[ \t]*#\+end_\w{1,50}[ \t]*$", re.IGNORECASE)
_ESCAPED = (",*", ",#+", ",,")
"""How a line of code begins whose first comma only says that it is code."""
_COMMENT = re.compile(r"[ \t]*#(?:[ \t]|$)")
_DRAWER = re.compile(r"[ \t]*:([\w-]{1,100}):[ \t]*$")
_DRAWER_END = re.compile(r"[ \t]*:END:[ \t]*$", re.IGNORECASE)
_CUSTOM_ID = re.compile(r"[ \t]*:CUSTOM_ID:[ \t]*([^\s{}#]{1,100})[ \t]*$", re.IGNORECASE)
_FIXED = re.compile(r"[ \t]*:(?: |$)")
_ROW = re.compile(r"[ \t]*\|")
_RULE = re.compile(r"[ \t]*\|-[-+|]*[ \t]*$")
_WIDTH = re.compile(r"<[lrc]?\d{0,3}>|[/<>!#^_*$]?")
_ITEM = re.compile(
    r"([ \t]*)(?:[-+]|(?<=[ \t])\*|(\d{1,9}|[A-Za-z])[.)])[ \t]+(?:\[@\d{1,9}\][ \t]*)?(\[[ Xx-]\][ \t]+)?(?=\S)"
)
_TERM = re.compile(r"(\S.{0,200}?)[ \t]+::(?=[ \t]|$)")
_NOTE = re.compile(r"\[fn:([\w-]{1,50})\][ \t]*")
_NOTE_MARK = re.compile(r"\[fn:([\w-]{0,50})(?::([^\[\]]{1,500}))?\]")
_SIGN = re.compile(r"[\[<*/+_^\0]")
"""Without one of these, a text has no markup but code."""
_LINK = re.compile(r"\[\[([^\[\]]{1,2000})\](?:\[([^\[\]]{1,2000})\])?\]")
_TARGET = re.compile(r"<<<?([^<>\n]{1,200})>>>?")
_PICTURE = re.compile(r"(?:file:|\./|\.\./|/|https?:).{0,1900}\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?)$", re.IGNORECASE)
_CODE = re.compile(r"""(?<![\w/*+_=~])([=~])(?=[^\s=~])([^\n]{1,200}?)(?<=\S)\1(?![\w=~])""")
_BOLD = re.compile(r"(?<![\w*/+_=~])\*(?=[^\s*])([^*\n]{1,200}?)(?<=\S)\*(?!\w)")
_ITALIC = re.compile(r"(?<![\w*/+_=~:.<])/(?=[^\s/])([^/\n]{1,200}?)(?<=\S)/(?![\w/])")
_STRUCK = re.compile(r"(?<![\w*/+_=~])\+(?=[^\s+])([^+\n]{1,200}?)(?<=\S)\+(?!\w)")
_UNDERLINED = re.compile(r"(?<![\w*/+_=~])_(?=[^\s_])([^_\n]{1,200}?)(?<=\S)_(?!\w)")
_RAISED = re.compile(r"(?<=\w)([\^_])\{([^{}\s]{1,50})\}")
_LINE_BREAK = re.compile(r"\\\\[ \t]*$")
_FENCES = re.compile(r"`{3,}")
_SHOWN_KEYWORDS = {"author": "Author", "date": "Date", "subtitle": "", "caption": ""}
_CODE_BLOCKS = frozenset({"src", "example"})
_LEFT_OUT_BLOCKS = frozenset({"comment", "export"})


def read_org(data: bytes) -> Iterator[ParsedPart | LeftOut]:
    """Yield the document as the only part, with the file's line numbers. Raises ReaderRefused, NotText."""
    source = decode(data).split("\n")
    for number, line in enumerate(source, 1):
        if len(line) > MAX_LINE_CHARS:
            raise ReaderRefused("corrupt", number)
    reading = _Reading(source)
    lines = list(reading.lines())
    markdown = inline_footnotes("\n".join(text for text, _ in lines))
    yield ParsedPart(markdown, numbers=tuple(number for _, number in lines))
    yield from (LeftOut(kind, count) for kind, count in reading.left_out.items() if count)


class _Reading:
    """Reads the lines of a file from top to bottom, and counts what is left out."""

    def __init__(self, source: Sequence[str]) -> None:
        self.left_out: Counter[LeftOutKind] = Counter()
        self._source = source
        self._at = 0
        self._has_title = any(_is_title(line) for line in source)
        self._headings = [at for at, line in enumerate(source) if _HEADING.match(line)]
        self._drawer_ends = [at for at, line in enumerate(source) if _DRAWER_END.match(line)]
        self._block_ends = _block_ends(source)

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the text."""
        while self._at < len(self._source):
            line = self._source[self._at]
            if found := _HEADING.match(line):
                yield from self._heading(line, found)
            elif _ROW.match(line):
                yield from self._table()
            elif (opened := _BEGIN.match(line)) and (end := self._block_end(opened[1])) is not None:
                yield from self._block(opened, end)
            elif _END.match(line):
                yield "", self._at + 1
                self._at += 1
            elif keyword := _KEYWORD.match(line):
                yield from self._keyword(keyword[1].lower(), keyword[2].strip())
            elif _DRAWER.match(line) and (end := self._drawer_end()) is not None:
                self._leave_out(end)
            elif _COMMENT.match(line):
                self._leave_out(self._while(_COMMENT) - 1)
            elif _FIXED.match(line):
                yield from self._fixed()
            else:
                yield self._text(line).rstrip(), self._at + 1
                self._at += 1

    def _leave_out(self, last: int) -> None:
        """Skip the lines up to the one with this index, and count them if they have words."""
        left = self._source[self._at : last + 1]
        self.left_out[LeftOutKind.HIDDEN_TEXT] += any(char.isalnum() for line in left for char in line)
        self._at = last + 1

    def _while(self, pattern: re.Pattern[str]) -> int:
        """Return the index of the first line from here that does not match."""
        at = self._at
        while at < len(self._source) and pattern.match(self._source[at]):
            at += 1
        return at

    def _heading(self, line: str, found: re.Match[str]) -> Iterator[Line]:
        number, level = self._at + 1, len(found[1])
        title, tags = line[found.end() :].rstrip(), ""
        if tagged := _TAGS.search(title):
            title, tags = title[: tagged.start()], tagged[1]
        if _COMMENT_HEADING.match(title) or not _HIDDEN_TAGS.isdisjoint(tags.split(":")):
            self._leave_out(self._subtree_end(level) - 1)
            return
        title = _PRIORITY.sub(r"\1", title, count=1)
        anchor = self._anchor()
        words = " ".join(self._inline(title).split())
        signs = "#" * min(level + self._has_title, 6)
        yield f"{signs} {words} {{#{anchor}}}" if anchor else f"{signs} {words}", number
        if tags:
            yield from [("", number), (f"({', '.join(filter(None, tags.split(':')))})", number), ("", number)]
        self._at += 1

    def _subtree_end(self, level: int) -> int:
        at = self._at + 1
        while at < len(self._source):
            found = _HEADING.match(self._source[at])
            if found and len(found[1]) <= level:
                break
            at += 1
        return at

    def _anchor(self) -> str:
        """Return the id in the properties below the heading on this line; empty if they give none."""
        for line in self._source[self._at + 1 : self._at + 20]:
            if found := _CUSTOM_ID.match(line):
                return found[1]
            if _HEADING.match(line) or _DRAWER_END.match(line) or not line.strip():
                break
        return ""

    def _drawer_end(self) -> int | None:
        """Return the index of the line that ends the drawer which begins here; None: nothing does."""
        end, heading = _after(self._drawer_ends, self._at), _after(self._headings, self._at)
        return end if end is not None and (heading is None or end < heading) else None

    def _keyword(self, name: str, value: str) -> Iterator[Line]:
        number = self._at + 1
        self._at += 1
        if name == "title" and value:
            yield from [(f"# {self._inline(value)}", number), ("", number)]
        elif name in _SHOWN_KEYWORDS and value:
            label, words = _SHOWN_KEYWORDS[name], self._inline(value)
            yield from [(f"{label}: {words}" if label else f"**{words}**", number), ("", number)]
        elif name == "include":
            self.left_out[LeftOutKind.EMBEDDED_FILE] += 1

    def _block_end(self, kind: str) -> int | None:
        """Return the index of the line that ends the block which begins here; None: nothing does."""
        return _after(self._block_ends.get(f"#+end_{kind.lower()}", ()), self._at)

    def _block(self, opened: re.Match[str], end: int) -> Iterator[Line]:
        kind, begin = opened[1].lower(), self._at
        content = self._source[begin + 1 : end]
        if kind in _LEFT_OUT_BLOCKS:
            self._leave_out(end)
        elif kind in _CODE_BLOCKS:
            language = (opened[2] or "").split(" ")[0] if kind == "src" else ""
            code = [line[1:] if line.startswith(_ESCAPED) else line for line in content]
            yield from _fenced(code, language if language.replace("-", "").isalnum() else "", begin + 1, begin + 1)
            self._at = end + 1
        elif kind == "quote":
            inner = _Reading(content)
            yield from ((f"> {text}".rstrip(), begin + 1 + number) for text, number in inner.lines())
            yield "", end + 1
            self.left_out.update(inner.left_out)
            self._at = end + 1
        else:  # What else surrounds text, such as verse, says nothing; its end is skipped like its beginning.
            yield "", begin + 1
            self._at = begin + 1

    def _fixed(self) -> Iterator[Line]:
        begin, end = self._at, self._while(_FIXED)
        content = [line.strip()[1:].removeprefix(" ") for line in self._source[begin:end]]
        yield from _fenced(content, "", begin, begin + 1)
        self._at = end

    def _table(self) -> Iterator[Line]:
        rows: list[list[str]] = []
        numbers: list[int] = []
        end = self._while(_ROW)
        for at in range(self._at, end):
            line = self._source[at]
            cells = [self._inline(cell.strip()) for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
            if not _RULE.match(line) and not all(_WIDTH.fullmatch(cell) for cell in cells):
                rows.append(cells)
                numbers.append(at + 1)
        self._at = end
        if rows:
            yield "", numbers[0]
            yield from zip(markdown_table(rows), (numbers[0], *numbers), strict=True)
            yield "", numbers[-1]

    def _text(self, line: str) -> str:
        """Return a line of text, or of a list, as Markdown."""
        line = _LINE_BREAK.sub("", line.rstrip())
        if found := _NOTE.match(line):
            return f"[^{found[1]}]: {self._inline(line[found.end() :])}"
        item = _ITEM.match(line)
        if item is None:
            return escaped_line(self._inline(line))
        words = line[item.end() :]
        sign = f"{item[2]}." if item[2] else "-"
        box = {"": "", "X": "☒ ", "x": "☒ "}.get((item[3] or "")[1:2], "☐ ")
        if not item[2] and (term := _TERM.match(words)):
            return f"{item[1]}{sign} {box}**{self._inline(term[1])}**:{self._inline(words[term.end() :])}"
        return f"{item[1]}{sign} {box}{self._inline(words)}"

    def _inline(self, text: str) -> str:
        """Return text with its links, notes and marks as in Markdown; within code they are left as they are."""
        parts: list[str] = []
        at = 0
        for code in _CODE.finditer(text):
            parts += [self._marked(text[at : code.start()]), _in_ticks(code[2])]
            at = code.end()
        return "".join([*parts, self._marked(text[at:])])

    def _marked(self, text: str) -> str:
        if not _SIGN.search(text):
            return text
        links: list[str] = []

        def kept(shown: str) -> str:
            links.append(shown)
            return f"\0{len(links) - 1}\0"

        text = _LINK.sub(lambda found: kept(self._link(found[1], found[2])), text.replace("\0", " "))
        text = _NOTE_MARK.sub(lambda found: kept(self._note(found)), text)
        text = _TARGET.sub(lambda found: found[1] if found[0].startswith("<<<") else "", text)
        for pattern, sign in ((_BOLD, "**"), (_ITALIC, "*"), (_STRUCK, "~~"), (_UNDERLINED, "")):
            text = pattern.sub(_between(sign), text)
        text = _RAISED.sub(_raised, text)
        return _KEPT.sub(lambda found: links[int(found[1])], text)

    def _link(self, address: str, words: str | None) -> str:
        if _PICTURE.match(address) and (words is None or _PICTURE.match(words)):
            self.left_out[LeftOutKind.PICTURE] += 1
            return ""
        if words is None:
            return address.removeprefix("mailto:").removeprefix("file:").lstrip("*#")
        return f"{IMAGE_MARK} {words}" if _PICTURE.match(address) else linked(words, address)

    def _note(self, found: re.Match[str]) -> str:
        name, inline = found[1], found[2]
        return f"[^{name}]" if inline is None else f" ({inline.strip()})"


_KEPT = re.compile("\0(\\d+)\0")


def _between(sign: str) -> Callable[[re.Match[str]], str]:
    return lambda found: f"{sign}{found[1]}{sign}"


def _raised(found: re.Match[str]) -> str:
    """Return `x^2`, and `H2O` for lowered digits."""
    return found[2] if found[1] == "_" and found[2].isdigit() else f"{found[1]}{found[2]}"


def _is_title(line: str) -> bool:
    found = _KEYWORD.match(line)
    return found is not None and found[1].lower() == "title" and bool(found[2].strip())


def _block_ends(source: Sequence[str]) -> dict[str, list[int]]:
    """Return the indexes of the lines that end blocks, by what stands on them."""
    ends: dict[str, list[int]] = {}
    for at, line in enumerate(source):
        if _END.match(line):
            ends.setdefault(line.strip().lower(), []).append(at)
    return ends


def _after(indexes: Sequence[int], at: int) -> int | None:
    """Return the first of the sorted indexes that is greater; None: there is none."""
    place = bisect_right(indexes, at)
    return indexes[place] if place < len(indexes) else None


def _fenced(content: Sequence[str], language: str, before: int, opening: int) -> Iterator[Line]:
    """Yield a code block with the file's line of its fence, `opening`, and of what is above its content, `before`."""
    fence = "`" * max(3, 1 + max((len(found[0]) for line in content for found in _FENCES.finditer(line)), default=0))
    yield f"{fence}{language}", opening
    yield from ((line, before + offset) for offset, line in enumerate(content, 1))
    yield from [(fence, before + max(len(content), 1)), ("", before + max(len(content), 1))]


def _in_ticks(text: str) -> str:
    ticks = "``" if "`" in text else "`"
    return f"{ticks}{text}{ticks}"
