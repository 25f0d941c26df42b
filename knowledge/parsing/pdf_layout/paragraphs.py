"""Joins the lines of a PDF's page to paragraphs, and the words that are broken at their ends.

Edit it for what begins a paragraph, and for which hyphens stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from knowledge.parsing.pdf_layout.blocks import LABEL, Block, Line
from text.markdown.tables import markdown_table
from text.scripts import count_cjk
from text.stop_words import common_words

_LEADING = 1.7
"""The farthest that lines of a paragraph are apart, in sizes of the font."""
_INDENT = 0.8
_LEAST_CHARS = 20
"""A shorter line, with a Chinese character as three, is an entry of a list or a title."""
_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010]$")
_NEXT_WORD = re.compile(r"[^\W\d_]+")
_BROKEN_NUMBER = re.compile(r"\d[-\u2010–]$")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010][^\W\d_]+)*")
_HYPHENATED = re.compile(r"[^\W\d_]+[-\u2010][^\W\d_]+")
_KEPT_AFTER = frozenset(
    {"self", "non", "ex", "co", "well", "half", "all", "cross", "anti", "pre", "post", "in", "up", "on"}
)
"""First parts that English mostly joins with a hyphen."""
_SENTENCE_END = (".", "!", "?", ":", ";", "。", "！", "？", "：", "；")
_LEADERS = re.compile(r"(?:\. ?){4,}|…{2,}|_{4,}")
"""Dots up to a page's number, or a line to write on."""


def page_text(blocks: Iterable[Block], document: HyphenatedWords) -> str:
    """Return the page's text: a line for each paragraph and for each row of a table, with empty lines between them."""
    written: list[str] = []
    lines: list[Line] = []
    for block in blocks:
        if isinstance(block, Line):
            lines.append(block)
            continue
        written += [*_paragraphs(lines, document.is_one_word), ""]
        lines = []
        written += [*markdown_table(block.rows), ""]
    written += _paragraphs(lines, document.is_one_word)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(written)).strip("\n")


class HyphenatedWords:
    """Decides whether a word that is broken at a line's end has a hyphen of its own, by the document's other words."""

    def __init__(self, pages: Iterable[Sequence[Block]]) -> None:
        """Collect the words of all pages."""
        self._words: set[str] = set()
        self._hyphenated: set[str] = set()
        for page in pages:
            for block in page:
                texts = [block.text] if isinstance(block, Line) else [cell for row in block.rows for cell in row]
                for text in texts:
                    self._words.update(word.lower() for word in _WORD.findall(text))
                    self._hyphenated.update(word.lower() for word in _HYPHENATED.findall(text))

    def is_one_word(self, first: str, second: str) -> bool:
        """Return whether `first` and `second` make a word without a hyphen."""
        joined = (first + second).lower()
        if joined in self._words or f"{first}-{second}".lower() in self._hyphenated:
            return joined in self._words
        if (first + second).isupper():
            return False
        first, second, common = first.lower(), second.lower(), common_words()
        are_two = second in common and (first in _KEPT_AFTER or (len(first) > 2 and first in common))
        return joined in common or not are_two


def _paragraphs(lines: Sequence[Line], is_one_word: Callable[[str, str], bool]) -> Iterator[str]:
    """Yield paragraphs and, between those that are far apart, empty lines."""
    text = ""
    for number, line in enumerate(lines):
        above = lines[number - 1] if number else None
        if above is None:
            text = line.text
        elif (joined := _joined(text, line.text, is_one_word, is_flowing=_flows(above, line))) is not None:
            text = joined
        else:
            yield text
            if not _is_near(above, line):
                yield ""
            text = line.text
    if lines:
        yield text


def _joined(above: str, below: str, is_one_word: Callable[[str, str], bool], *, is_flowing: bool) -> str | None:
    """Return both lines as one; None if they stay two."""
    broken, following = _BROKEN.search(above), _NEXT_WORD.match(below)
    if broken and following:
        if not following[0][0].islower() and not (broken[1] + following[0]).isupper():
            return above + below if is_flowing else None
        return above[:-1] + below if is_one_word(broken[1], following[0]) else above + below
    if not is_flowing:
        return None
    if _BROKEN_NUMBER.search(above) and below[:1].isdigit():
        return above + below
    are_cjk = count_cjk(above[-1:] + below[:1]) == 2 or (above[-1:] in "，、。；：" and count_cjk(below[:1]))
    return f"{above}{below}" if are_cjk else f"{above} {below}"


def _flows(above: Line, below: Line) -> bool:
    """Return whether the paragraph goes on: the next word had no room on the line above."""
    if not _is_near(above, below) or _is_item(below.text) or _LEADERS.search(above.text):
        return False
    if len(above.text) + 2 * count_cjk(above.text) < _LEAST_CHARS:
        return False
    is_indented = below.left > above.left + _INDENT * below.size and not _is_item(above.text)
    if is_indented and above.text.endswith(_SENTENCE_END):
        return False
    chars = max(len(below.text), 1)
    first = 1 if count_cjk(below.text[:1]) else len(below.text.split(" ", 1)[0])
    needed = (below.right - below.left) * first / chars + 0.25 * below.size
    return above.right + needed > above.column[1]


def _is_near(above: Line, below: Line) -> bool:
    distance = above.baseline - below.baseline
    is_same_size = abs(above.size - below.size) <= 0.2 * max(above.size, below.size)
    return is_same_size and 0 < distance <= _LEADING * max(above.size, below.size)


def _is_item(text: str) -> bool:
    return LABEL.match(text.split(" ", 1)[0]) is not None
