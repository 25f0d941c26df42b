"""What comes out of a zip, of sound ones and of those that were made to do harm."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from knowledge.errors import DocumentError, Reason
from knowledge.parsing import archive
from knowledge.parsing.archive import ArchiveMember, unpack

LIMIT = 2 * 1024**2
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as made:
        for name, data in files:
            made.writestr(name, data)
    return held.getvalue()


def only(data: bytes) -> ArchiveMember:
    [file] = unpack(data, "all.zip", LIMIT)
    return file


def refused(file: ArchiveMember) -> tuple[Reason, str]:
    with pytest.raises(DocumentError) as failure:
        file.read()
    return failure.value.reason, str(failure.value)


def test_files_come_in_their_order_without_folders_and_hidden_ones() -> None:
    data = zipped(
        ("docs/", b""), ("docs/b.md", b"B"), ("a.txt", b"A"), ("__MACOSX/a.txt", b"x"), (".git/config.txt", b"x")
    )
    files = unpack(data, "all.zip", LIMIT)
    assert [(file.name, file.size_bytes, file.read()) for file in files] == [("docs/b.md", 1, b"B"), ("a.txt", 1, b"A")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("../../etc/passwd.txt", "etc/passwd.txt"),
        ("/etc/passwd.txt", "etc/passwd.txt"),
        ("..\\..\\a.txt", "a.txt"),
        ("a/./../b.txt", "a/b.txt"),
        ("a\x1bb\u202e.txt", "ab.txt"),
    ],
)
def test_a_name_never_leads_out_of_the_archive(written: str, read: str) -> None:
    assert only(zipped((written, b"text"))).name == read


def test_a_name_in_the_encoding_of_a_chinese_windows_is_read() -> None:
    raw = "借用规则.md".encode("gb18030")
    info = zipfile.ZipInfo(raw.decode("cp437"))
    data = zipped((info, b"text"))
    # zipfile marks such a name as UTF-8; the packers that are meant here write the bytes as they are.
    data = data.replace(info.filename.encode(), raw)
    assert only(_unmarked(data, len(info.filename.encode()), raw)).name == "借用规则.md"


def _unmarked(data: bytes, was: int, raw: bytes) -> bytes:
    """Take the mark of UTF-8 from both headers, with the length and the offset that the shorter name has."""
    made = bytearray(data)
    central = made.index(b"PK\x01\x02")
    for flags, length in ((6, 26), (central + 8, central + 28)):
        struct.pack_into("<H", made, flags, 0)
        struct.pack_into("<H", made, length, len(raw))
    end = made.index(b"PK\x05\x06")
    shorter = was - len(raw)
    size, offset = struct.unpack_from("<II", made, end + 12)
    struct.pack_into("<II", made, end + 12, size - shorter, offset - shorter)
    return bytes(made)


def test_a_file_that_unpacks_to_too_much_is_refused_unread() -> None:
    reason, sentence = refused(only(zipped(("a.txt", bytes(LIMIT + 1)))))
    assert (reason, "over the limit of 2 MB" in sentence) == (Reason.TOO_LARGE, True)


def test_a_file_that_packs_too_well_is_refused() -> None:
    reason, sentence = refused(only(zipped(("a.txt", bytes(LIMIT)))))
    assert (reason, "300 times its size" in sentence) == (Reason.TOO_LARGE, True)


def test_files_that_are_too_much_together_are_refused_from_there_on() -> None:
    one = bytes(range(256)) * (LIMIT // 256)
    data = zipped(*((f"{n}.txt", one) for n in range(archive.MAX_TOTAL + 2)), method=STORED)
    files = unpack(data, "all.zip", LIMIT)
    assert all(file.read() == one for file in files[: archive.MAX_TOTAL])
    assert refused(files[-2])[0] is Reason.TOO_LARGE
    assert refused(files[-1]) == (
        Reason.TOO_LARGE,
        f"{archive.MAX_TOTAL + 1}.txt: the archive unpacks to more than 16 MB: split it",
    )


def test_too_many_files_are_refused_as_a_whole() -> None:
    with pytest.raises(DocumentError, match="5,001 files, but the limit is 5,000") as failure:
        unpack(zipped(*((f"{n}.txt", b"") for n in range(archive.MAX_MEMBERS + 1)), method=STORED), "all.zip", LIMIT)
    assert failure.value.reason is Reason.TOO_MANY_FILES


@pytest.mark.parametrize("name", ["more.zip", "more.tar.gz", "MORE.7Z"])
def test_an_archive_in_an_archive_is_refused(name: str) -> None:
    assert refused(only(zipped((name, b"PK")))) == (
        Reason.NESTED_ARCHIVE,
        f"{name}: an archive inside an archive: unpack it first",
    )


def test_a_link_to_a_file_is_refused() -> None:
    info = zipfile.ZipInfo("passwd.txt")
    info.external_attr = 0o120777 << 16
    assert refused(only(zipped((info, b"/etc/passwd"))))[0] is Reason.UNSUPPORTED


def test_an_encrypted_file_is_refused() -> None:
    data = bytearray(zipped(("a.txt", b"text")))
    for flags in (6, data.index(b"PK\x01\x02") + 8):
        data[flags] |= 1
    assert refused(only(bytes(data)))[0] is Reason.ENCRYPTED


def test_a_packing_that_is_not_known_is_refused_and_the_other_files_are_read() -> None:
    data = bytearray(zipped(("a.txt", b"text"), ("b.txt", b"more")))
    struct.pack_into("<H", data, data.index(b"PK\x01\x02") + 10, 99)
    first, second = unpack(bytes(data), "all.zip", LIMIT)
    assert refused(first)[0] is Reason.CORRUPT
    assert second.read() == b"more"


def test_a_file_that_is_not_what_its_checksum_says_is_refused() -> None:
    data = zipped(("a.txt", b"some text"), method=STORED).replace(b"some text", b"evil text")
    assert refused(only(data))[0] is Reason.CORRUPT


def test_a_file_that_states_less_than_it_holds_is_refused() -> None:
    data = bytearray(zipped(("a.txt", bytes(LIMIT))))
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 10)
    assert refused(only(bytes(data)))[0] is Reason.CORRUPT


@pytest.mark.parametrize(
    "data",
    [b"PK", b"", b"plain text", zipped(("a.txt", b"text"))[:-30]],
    ids=["its first letters", "nothing", "text", "its end is missing"],
)
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError) as failure:
        unpack(data, "all.zip", LIMIT)
    assert failure.value.reason is Reason.CORRUPT


def test_an_empty_archive_is_refused() -> None:
    with pytest.raises(DocumentError) as failure:
        unpack(zipped(("folder/", b"")), "all.zip", LIMIT)
    assert failure.value.reason is Reason.EMPTY


def test_many_files_are_not_in_memory_at_once() -> None:
    one = bytes(range(256)) * (LIMIT // 256)
    data = zipped(*((f"{n}.txt", one) for n in range(archive.MAX_TOTAL)))
    tracemalloc.start()
    for file in unpack(data, "all.zip", LIMIT):
        assert file.read() == one
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 * LIMIT


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp932", "係留料金.md"),
        ("cp932", "カヌーの規則.md"),
        ("cp949", "계류 요금 안내.md"),
        ("big5", "停泊費用說明.md"),
        ("gb18030", "停泊费用说明.md"),
        ("cp866", "Правила стоянки.md"),
        ("cp437", "Gebühr für Gäste.md"),
        ("cp850", "Gebühr für Gäste.md"),
        ("utf-8", "Gebühr für Gäste.md"),
        ("utf-8", "係留料金.md"),
    ],
)
def test_a_name_in_the_packers_own_encoding_is_read(encoding: str, name: str) -> None:
    assert [file.name for file in unpack(packed_as(encoding, name), "all.zip", LIMIT)] == [name]


def test_the_names_of_an_archive_are_read_in_one_encoding() -> None:
    names = ["係留.md", "カヌーの規則.md", "料金表.md"]
    assert [file.name for file in unpack(packed_as("cp932", *names), "all.zip", LIMIT)] == names


def test_a_names_unicode_field_goes_before_its_bytes() -> None:
    name = "Größe 料金.md"
    raw = b"Gr_e ___.md"
    field = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
    info = zipfile.ZipInfo(raw.decode())
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    assert only(zipped((info, b"text"))).name == name


def packed_as(encoding: str, *names: str) -> bytes:
    """A zip as older packers write it: the names are bytes in an encoding that it doesn't say."""

    class Unmarked(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
            return self.filename.encode(encoding), 0

    return zipped(*((Unmarked(name), b"text") for name in names))
