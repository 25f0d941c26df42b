"""Hostile and broken zips."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.errors import Reason
from knowledge.parsing.archive import MAX_MEMBERS
from tests.knowledge.office_files import word_handbook
from tests.knowledge.parsing.hostile.file import READ, HostileFile, hostile
from tests.knowledge.parsing.hostile.parts import (
    chinese_zip,
    damaged_zip,
    linked_zip,
    locked,
    lying_zip,
    nested_zips,
    overlapping_zip,
    packed,
    swollen,
    twins,
    unknown_method,
    with_parts,
)

FORTY = (READ, *[Reason.CORRUPT] * 8, *[Reason.TOO_LARGE] * 31)
"""The first name is read; those after it lie over it, until all together say more than an archive may hold."""


def archives() -> Iterator[HostileFile]:
    yield hostile("words that are no zip", "a.zip", lambda: b"PK nonsense", Reason.CORRUPT)
    yield hostile("a zip cut off in the middle", "a.zip", lambda: packed({"a.md": b"hi"})[:40], Reason.CORRUPT)
    yield hostile("a zip without a file", "a.zip", lambda: packed({}), Reason.EMPTY)
    yield hostile(
        "nothing but hidden files",
        "a.zip",
        lambda: packed({"__MACOSX/._a.md": b"x", ".git/a.md": b"x", "b/.DS_Store": b"x"}),
        Reason.EMPTY,
    )
    slip = {"../../etc/a.md": b"One.", "/etc/b.md": b"Two.", "C:\\c.md": b"Three.", "..\\..\\d.md": b"Four."}
    yield hostile("names that leave the folder", "a.zip", lambda: packed(slip), READ, READ, READ, READ)
    yield hostile(
        "a zip in a zip",
        "a.zip",
        lambda: packed({"in.zip": packed({"a.md": b"hi"}), "b.md": b"B."}),
        Reason.NESTED_ARCHIVE,
        READ,
    )
    yield hostile(
        "a file that cannot be read", "a.zip", lambda: packed({"a.exe": b"MZ", "b.md": b"B."}), Reason.UNSUPPORTED, READ
    )
    yield hostile(
        "a file that unpacks to 40 MB", "a.zip", lambda: packed({"a.txt": b"a " * 20_000_000}), Reason.TOO_LARGE
    )
    yield hostile(
        "a file a thousand times its size", "a.zip", lambda: packed({"a.txt": b"a" * 9_000_000}), Reason.TOO_LARGE
    )
    yield hostile(
        "thirty files of 2 MB that pack to nothing",
        "a.zip",
        lambda: packed({f"{n}.txt": b"a" * 2 * 1024**2 for n in range(30)}),
        *[Reason.TOO_LARGE] * 30,
    )
    yield hostile("fifty zips within each other", "a.zip", nested_zips, Reason.NESTED_ARCHIVE)
    yield hostile("a file with a password", "a.zip", lambda: locked(packed({"a.md": b"hi"})), Reason.ENCRYPTED)
    yield hostile("a link to a file of this machine", "a.zip", linked_zip, Reason.UNSUPPORTED)
    yield hostile(
        "more files than can be",
        "a.zip",
        lambda: packed({f"{n}.md": b"x" for n in range(MAX_MEMBERS + 1)}),
        Reason.TOO_MANY_FILES,
    )
    yield hostile("a damaged file beside a whole one", "a.zip", damaged_zip, Reason.CORRUPT, READ)
    yield hostile("a size that is not so", "a.zip", lying_zip, Reason.CORRUPT)
    yield hostile("a way of packing that nobody knows", "a.zip", unknown_method, Reason.CORRUPT)
    yield hostile("forty names for one file of 9 MB", "a.zip", overlapping_zip, *FORTY)
    yield hostile("names in the encoding of a Chinese Windows", "a.zip", chinese_zip, READ)
    yield hostile("two files of one name", "a.zip", twins, READ, READ)
    yield hostile("a zip that begins as a picture", "a.zip", lambda: b"GIF89a" + packed({"a.md": b"hi"}), READ)
    yield hostile(
        "a bomb in Word's clothes",
        "a.zip",
        lambda: packed({"a.docx": with_parts(word_handbook(), {"word/document.xml": swollen}), "b.md": b"B."}),
        Reason.TOO_LARGE,
        READ,
    )
