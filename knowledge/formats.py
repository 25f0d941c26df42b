"""Which kinds of file can be read, and what a file is whose name says something else. Reads no text."""

from __future__ import annotations

from pathlib import PurePath

from knowledge.pairs import QA

CODE = "code"

MEDIA_BY_SUFFIX = {
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".text": "txt",
    ".log": "txt",
    ".rst": "txt",
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
READABLE = "Markdown, text, HTML, PDF, Word, PowerPoint, Excel, CSV, JSON, notebook and source code"

# By the names of LangChain's splitters; None: those of no language fit, and blank lines are the boundaries.
LANGUAGE_BY_SUFFIX: dict[str, str | None] = {
    ".py": "python",
    ".pyi": "python",
    ".js": "js",
    ".mjs": "js",
    ".cjs": "js",
    ".jsx": "js",
    ".ts": "ts",
    ".tsx": "ts",
    ".vue": "ts",
    ".svelte": "ts",
    ".java": "java",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".scala": "scala",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".h": "cpp",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hpp": "cpp",
    ".cs": "csharp",
    ".swift": "swift",
    ".rb": "ruby",
    ".php": "php",
    ".lua": "lua",
    ".pl": "perl",
    ".r": "r",
    ".hs": "haskell",
    ".ex": "elixir",
    ".exs": "elixir",
    ".sol": "sol",
    ".proto": "proto",
    ".ps1": "powershell",
    ".tex": "latex",
    ".sh": None,
    ".bash": None,
    ".sql": None,
    ".css": None,
    ".scss": None,
    ".xml": None,
    ".yaml": None,
    ".yml": None,
    ".toml": None,
    ".ini": None,
    ".cfg": None,
    ".conf": None,
}
MEDIA_BY_SUFFIX |= dict.fromkeys(LANGUAGE_BY_SUFFIX, CODE)

OFFICE = frozenset({"docx", "pptx", "xlsx"})
_OLDER = {".doc": ".docx", ".ppt": ".pptx", ".xls": ".xlsx", ".rtf": ".docx", ".odt": ".docx", ".ods": ".xlsx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HTML = (b"<!doctype html", b"<html")


def media_of(name: str) -> str | None:
    """What a file of that name is read as; None where it cannot be read."""
    return MEDIA_BY_SUFFIX.get(PurePath(name).suffix.lower())


def language_of(name: str) -> str | None:
    """The programming language of a file of that name, if it has boundaries of its own."""
    return LANGUAGE_BY_SUFFIX.get(PurePath(name).suffix.lower())


def newer(name: str) -> str | None:
    """The ending under which the program that made this file saves what can be read."""
    return _OLDER.get(PurePath(name).suffix.lower())


def is_locked_office(data: bytes) -> bool:
    """Whether it is a Word, PowerPoint or Excel file behind a password: an older container around the encrypted one."""
    return data.startswith(_OLE) and _ENCRYPTED in data


def disguised(data: bytes, media: str) -> str | None:
    """What `data` plainly is, in a few words, where that is not `media`."""
    is_office = media in OFFICE
    if data.startswith(b"%PDF-"):
        return None if media == "pdf" else "a PDF"
    if data.startswith(_OLE):
        return "a file of an older Word, PowerPoint or Excel, or a message of Outlook"
    if data.startswith(b"PK\x03\x04"):
        return None if is_office else "a zip, or a Word, PowerPoint or Excel file"
    if (is_office or media == "pdf") and data[:200].lstrip().lower().startswith(_HTML):
        return "a web page"
    return None
