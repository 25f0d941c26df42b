"""Lists the file formats that can be read, and recognises a file whose extension is wrong.

Edit it to add a format or an extension.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from types import MappingProxyType

from knowledge.types import QA

CODE = "code"

_CODE_SUFFIXES = (
    *(".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".java", ".kt", ".kts", ".scala"),
    *(".go", ".rs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".cs", ".swift", ".rb", ".php", ".lua", ".pl", ".r"),
    *(".hs", ".ex", ".exs", ".sol", ".proto", ".ps1", ".tex", ".sh", ".bash", ".sql", ".css", ".scss", ".xml"),
    *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf"),
)


@dataclass(frozen=True, slots=True)
class Format:
    """Describes a file format: all that reading, splitting and citing have to know about it."""

    media: str
    """The name under which sources are stored."""
    name: str
    """The name for people, in English; the bot's locales have it under `formats`."""
    suffixes: tuple[str, ...]
    """Lower case, with the dot."""
    reader: str | None = None
    """Module and function in `knowledge.parsing.readers`, as `pdf:read_pdf`; None: text, which needs no sandbox.

    Markdown needs it only where it contains HTML.
    """
    is_markdown: bool = False
    """Whether its text is Markdown, and so cut at headings."""
    has_tables: bool = False
    """Whether its text, although no Markdown, has tables in Markdown."""
    has_lines: bool = False
    """Whether citations can name the lines (or rows) of the file."""
    cited_by_heading: bool = False
    """Whether a heading is enough to find the place, so that the line is left out."""
    page_name: str = "page"
    """What a page is called in citations: a key of the locales."""
    line_name: str = "line"
    """What a line is called in citations: a key of the locales. Lines called `time` are numbered by seconds."""

    def shown_line(self, line: int) -> str:
        """Return the number of a line as people read it: seconds as hours, minutes and seconds."""
        if self.line_name != "time":
            return str(line)
        return f"{line // 3600}:{line // 60 % 60:02}:{line % 60:02}"


FORMATS = (
    Format(
        "md",
        "Markdown",
        (".md", ".markdown"),
        "markdown:read_markdown",
        is_markdown=True,
        has_lines=True,
        cited_by_heading=True,
    ),
    Format(
        "rst",
        "reStructuredText",
        (".rst",),
        "rst:read_rst",
        is_markdown=True,
        has_lines=True,
        cited_by_heading=True,
    ),
    Format("org", "Org", (".org",), "org:read_org", is_markdown=True, has_lines=True, cited_by_heading=True),
    Format("txt", "text", (".txt", ".text", ".log"), has_lines=True),
    Format("html", "HTML", (".html", ".htm"), "html:read_html", is_markdown=True),
    Format("pdf", "PDF", (".pdf",), "pdf:read_pdf", has_tables=True),
    Format("docx", "Word", (".docx",), "word:read_word", is_markdown=True),
    Format("pptx", "PowerPoint", (".pptx",), "powerpoint:read_powerpoint", is_markdown=True, page_name="slide"),
    Format("odt", "OpenDocument text", (".odt",), "through_html.odt:read_odt", is_markdown=True),
    Format("rtf", "RTF", (".rtf",), "through_html.rtf:read_rtf", is_markdown=True),
    Format("epub", "EPUB", (".epub",), "through_html.epub:read_epub", is_markdown=True),
    Format("eml", "e-mail", (".eml",), "email_message:read_email", is_markdown=True),
    Format("xlsx", "Excel", (".xlsx", ".xlsm"), "excel:read_excel", is_markdown=True, has_lines=True, line_name="row"),
    Format("csv", "CSV", (".csv",), "csv_file:read_csv_file", is_markdown=True, has_lines=True),
    Format("tsv", "TSV", (".tsv",), "csv_file:read_tsv_file", is_markdown=True, has_lines=True),
    Format("vtt", "subtitles", (".vtt", ".srt"), "subtitles:read_subtitles", has_lines=True, line_name="time"),
    Format("json", "JSON", (".json",), "json_file:read_json"),
    Format("jsonl", "JSON Lines", (".jsonl", ".ndjson"), "json_file:read_json_lines", has_lines=True),
    Format("ipynb", "Jupyter notebook", (".ipynb",), "notebook:read_notebook", is_markdown=True, page_name="cell"),
    Format(CODE, "source code", _CODE_SUFFIXES, has_lines=True),
)
"""Every format that people can add; to add one, add a row, its reader and its name in the bot's locales."""

_MODERATORS_ANSWER = Format(QA, "a moderator's answer", (".qa",))
FORMAT_OF_MEDIA: Mapping[str, Format] = MappingProxyType(
    {format_.media: format_ for format_ in (*FORMATS, _MODERATORS_ANSWER)}
)
MEDIA_BY_SUFFIX: Mapping[str, str] = MappingProxyType(
    {suffix: format_.media for format_ in FORMAT_OF_MEDIA.values() for suffix in format_.suffixes}
)
READABLE = f"{', '.join(format_.name for format_ in FORMATS[:-1])} and {FORMATS[-1].name}"

ZIPPED = {
    "docx": ("word/document.xml", "a .docx file"),
    "pptx": ("ppt/presentation.xml", "a .pptx file"),
    "xlsx": ("xl/workbook.xml", "an Excel file"),
    "epub": ("META-INF/container.xml", "an EPUB"),
    "odt": ("content.xml", "an OpenDocument file"),
}
"""The formats that are zips: the part by which each is recognised, and what it is called."""
_BETTER = {
    **dict.fromkeys((".doc", ".dot", ".wps", ".docm", ".dotx", ".pages"), ".docx"),
    **dict.fromkeys((".ppt", ".pps", ".ppsx", ".pptm", ".odp"), ".pptx"),
    **dict.fromkeys((".xls", ".xlsb", ".ods", ".numbers"), ".xlsx"),
    **dict.fromkeys((".fodt", ".ott", ".sxw"), ".odt"),
    **dict.fromkeys((".mobi", ".azw3", ".fb2"), ".epub"),
    **dict.fromkeys((".ass", ".ssa"), ".srt"),
    ".msg": ".eml",
}
"""What to save a file as whose format is not read."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_RTF = b"{\\rtf"
_HTML = (b"<!doctype html", b"<html")


def media_of(name: str) -> str | None:
    """Return the format in which a file of that name is read; None if it cannot be read."""
    return MEDIA_BY_SUFFIX.get(PurePath(name).suffix.lower())


def readable_suffix_for(name: str) -> str | None:
    """Return the readable extension to save a file with this unreadable one as; None if none is known."""
    return _BETTER.get(PurePath(name).suffix.lower())


def is_locked_office(data: bytes) -> bool:
    """Return whether this is a password-protected Office file: an OLE container around the encrypted one."""
    return data.startswith(_OLE) and _ENCRYPTED in data


def other_zipped(names: Collection[str], media: str) -> str | None:
    """Return what a zip with these parts is if it is not `media`; None if it is, or nothing known."""
    if ZIPPED[media][0] in names:
        return None
    return next((name for part, name in ZIPPED.values() if part in names), None)


def real_format(data: bytes, media: str) -> str | None:
    """Return, in a few words, what `data` clearly is if it is not `media`; None otherwise."""
    is_zipped = media in ZIPPED
    if data.startswith(b"%PDF-"):
        return None if media == "pdf" else "a PDF"
    if data.startswith(_RTF):
        return None if media == "rtf" else "an RTF file"
    if data.startswith(_OLE):
        return "a file of an older Office program"
    if data.startswith(b"PK\x03\x04"):
        return None if is_zipped else "a zip or an Office file"
    if (is_zipped or media in {"pdf", "rtf"}) and data[:200].lstrip().lower().startswith(_HTML):
        return "a web page"
    return None
