"""A reStructuredText file as Markdown, each line with the file's own. Opens no other file and keeps no raw HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from knowledge.parsing.readers.parts import ParsedPart, ReaderRefused
from knowledge.parsing.readers.rst_to_markdown import markdown_lines
from text.decoding import decode
from text.markdown.footnotes import inline_footnotes

if TYPE_CHECKING:
    from docutils import nodes

MAX_LINE_CHARS = 100_000
"""Also of a substitution's text, so that substitutions within each other end."""
_SETTINGS = {
    "_disable_config": True,  # Else a docutils.conf of this machine could turn the next two on.
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "line_length_limit": MAX_LINE_CHARS,
    "halt_level": 6,  # Never: what is wrong with one block costs no other.
    "report_level": 6,
    "warning_stream": False,
    "doctitle_xform": False,
    "docinfo_xform": False,
    "toc_backlinks": False,
    "syntax_highlight": "none",
    "trim_footnote_reference_space": True,
}
_SEPARATORS = dict.fromkeys(map(ord, "\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
"""At which docutils ends a line, but no editor that counts them does."""
_DIRECTIVE = re.compile(r"\.\.[ ]+(?:\|[^|\n]+\|[ ]+)?([\w.+:-]+?)[ ]?::(?=\s|$)", re.MULTILINE)
_ROLE = re.compile(r":([\w.+:-]{1,100}):(?=`)|(?<=`):([\w.+:-]{1,100}):")
_TARGET = re.compile(r"(.+?)\s*<[^<>]+>", re.DOTALL)
_CODE = ("code", "code-block", "sourcecode")
_WITHOUT_TEXT = frozenset(
    {"toctree", "index", "highlight", "literalinclude", "currentmodule", "module", "py:module", "py:currentmodule"}
)
"""Directives of Sphinx that show nothing by themselves, or another file. So do those that begin with `auto`."""
_WITHOUT_ARGUMENT = frozenset({"only", "ifconfig", "tabularcolumns", "glossary"})
_TITLES = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "seealso": "See also",
}


def read_rst(data: bytes) -> Iterator[ParsedPart]:
    """Yield the document as its only part, with the file's line numbers. Raises ReaderRefused, NotText."""
    from docutils.core import publish_doctree

    text = decode(data).translate(_SEPARATORS)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE_CHARS:
            raise ReaderRefused("corrupt", number)
    _register_directives(text)
    _register_roles(text)
    lines = list(markdown_lines(publish_doctree(text, settings_overrides=_SETTINGS), text.split("\n")))
    markdown = inline_footnotes("\n".join(words for words, _ in lines))
    yield ParsedPart(markdown, numbers=tuple(number for _, number in lines))


_FACTS = ("version", "released", "date", "author", "status", "tags", "versions", "tickets")
"""Options of unknown directives that say something to readers; most others say how it looks."""


def _register_directives(text: str) -> None:
    """Most files are written for Sphinx: without it, docutils would leave out what stands below its directives."""
    from docutils import nodes
    from docutils.parsers.rst import Directive, directives
    from docutils.parsers.rst.languages import en
    from docutils.utils import new_document

    class Code(Directive):  # type: ignore[misc]  # docutils has no types
        """Reads a code block with any options; docutils' own refuses Sphinx's, and tells no line."""

        optional_arguments = 1
        has_content = True
        option_spec = _AnyOption()

        def run(self) -> list[nodes.Node]:
            block = nodes.literal_block("", "\n".join(self.content), classes=["code", *self.arguments])
            block.line = self.content_offset + 1
            if not (caption := self.options.get("caption")):
                return [block]
            title = nodes.rubric("", caption)
            title.line = self.lineno
            return [title, block]

    class Unknown(Directive):  # type: ignore[misc]  # docutils has no types
        """Shows the argument and the content of an unknown directive as text."""

        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec = _AnyOption()

        def run(self) -> list[nodes.Node]:
            if self.name in _WITHOUT_TEXT or self.name.startswith("auto"):
                return []
            box = nodes.container()
            title = _TITLES.get(self.name, "")
            words = "" if self.name in _WITHOUT_ARGUMENT else " ".join(self.arguments)
            if given := f"{title} {words}".strip():
                inline, _ = self.state.inline_text(given, self.lineno)
                box += nodes.paragraph("", "", *inline)
                box[0].line = self.lineno
            facts = ((name, self.options.get(name)) for name in _FACTS)
            if told := ", ".join(f"{name}: {' '.join(value.split())}" for name, value in facts if value):
                box += nodes.paragraph(told, told)
                box[-1].line = self.lineno
            self.state.nested_parse(self.content, self.content_offset, box)
            return [box]

    for name in _CODE:
        directives.register_directive(name, Code)
    document = new_document("")
    for name in {found[1].lower() for found in _DIRECTIVE.finditer(text)}:
        if directives.directive(name, en, document)[0] is None:
            directives.register_directive(name, Unknown)


def _register_roles(text: str) -> None:
    """Let a role that docutils does not know, as Sphinx's `:ref:`, show its text."""
    from docutils.parsers.rst import roles
    from docutils.parsers.rst.languages import en
    from docutils.utils import new_document

    reporter = new_document("").reporter
    for name in {(found[1] or found[2]).lower() for found in _ROLE.finditer(text)}:
        if roles.role(name, en, 0, reporter)[0] is None:
            roles.register_local_role(name, _unknown_role)


def _unknown_role(  # its arguments are docutils'
    _name: str, _raw: str, text: str, _line: int, _inliner: object, _options: object = None, _content: object = None
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """`title <target>` is the title, and `~package.module.name` its last part, as Sphinx shows them."""
    from docutils import nodes
    from docutils.utils import unescape

    written = unescape(text)
    if titled := _TARGET.fullmatch(written):
        written = titled[1]
    elif written.startswith("~"):
        written = written.rpartition(".")[2].removeprefix("~")
    return [nodes.Text(written.removeprefix("!"))], []


class _AnyOption(dict[str, Callable[[Any], Any]]):
    """Every name is one of an option, which any text may follow."""

    def __bool__(self) -> bool:
        return True

    def __missing__(self, _: str) -> Callable[[Any], Any]:
        return lambda value: value
