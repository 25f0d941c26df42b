"""Lists the file formats that can be read, and recognises a file whose extension is wrong.

Edit it to add a format or an extension.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath

from knowledge.parsing.qa_pairs import QA

CODE = "code"

MEDIA_BY_SUFFIX = {
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".text": "txt",
    ".log": "txt",
    ".rst": "rst",
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".pptx": "pptx",
    ".xlsx": "xlsx",
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".ipynb": "ipynb",
    ".qa": QA,
}
READABLE = "Markdown, reStructuredText, text, HTML, PDF, Word, PowerPoint, Excel, CSV, JSON, notebook and source code"

_CODE_SUFFIXES = (
    *(".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".java", ".kt", ".kts", ".scala"),
    *(".go", ".rs", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".cs", ".swift", ".rb", ".php", ".lua", ".pl", ".r"),
    *(".hs", ".ex", ".exs", ".sol", ".proto", ".ps1", ".tex", ".sh", ".bash", ".sql", ".css", ".scss", ".xml"),
    *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf"),
)
MEDIA_BY_SUFFIX |= dict.fromkeys(_CODE_SUFFIXES, CODE)

OFFICE = {"docx": "word/document.xml", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}
"""The part by which each Office format is recognised."""
_OLDER = {".doc": ".docx", ".ppt": ".pptx", ".xls": ".xlsx", ".rtf": ".docx", ".odt": ".docx", ".ods": ".xlsx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HTML = (b"<!doctype html", b"<html")


def media_of(name: str) -> str | None:
    """Return the format in which a file of that name is read; None if it cannot be read."""
    return MEDIA_BY_SUFFIX.get(PurePath(name).suffix.lower())


def readable_suffix_for(name: str) -> str | None:
    """Return the readable extension to save this older Office format as; None if it is not one."""
    return _OLDER.get(PurePath(name).suffix.lower())


def is_locked_office(data: bytes) -> bool:
    """Return whether this is a password-protected Office file: an OLE container around the encrypted one."""
    return data.startswith(_OLE) and _ENCRYPTED in data


def other_office(names: Collection[str], media: str) -> str | None:
    """Return what an Office file with these parts is if it is not `media`; None if it is."""
    return next((f"a .{other} file" for other, part in OFFICE.items() if other != media and part in names), None)


def real_format(data: bytes, media: str) -> str | None:
    """Return, in a few words, what `data` clearly is if it is not `media`; None otherwise."""
    is_office = media in OFFICE
    if data.startswith(b"%PDF-"):
        return None if media == "pdf" else "a PDF"
    if data.startswith(_OLE):
        return "a file of an older Office program"
    if data.startswith(b"PK\x03\x04"):
        return None if is_office else "a zip or an Office file"
    if (is_office or media == "pdf") and data[:200].lstrip().lower().startswith(_HTML):
        return "a web page"
    return None
