"""Which files of packages are drawn, and what is said of each that was taken in."""

from __future__ import annotations

import gzip
from pathlib import Path

from benchmarks.service.real_files import MOST_OF_A_PACKAGE, READ, RealFile, drawn, take_in


def test_as_many_files_of_each_package_and_format_are_drawn_and_the_same_ones_each_time() -> None:
    files = [
        RealFile(package, Path(package, f"{n}.{suffix}"), f"{n}.{suffix}")
        for package in ("a_1", "b_2")
        for suffix in ("md", "pdf.gz")
        for n in range(9)
    ]
    chosen = drawn(files)
    assert len(chosen) == 4 * MOST_OF_A_PACKAGE
    assert chosen == drawn(reversed(files))


def test_a_compressed_file_is_read_like_an_upload_and_a_refusal_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.md.gz").write_bytes(gzip.compress(b"# Fees\n\nNine euros.\n"))
    (tmp_path / "b.csv").write_bytes(b"")
    read = take_in(RealFile("a_1", tmp_path / "a.md.gz", "a.md.gz"))
    assert (read.ending, read.texts, read.garbled) == (READ, ("[Fees]\nNine euros.",), 0)
    assert take_in(RealFile("a_1", tmp_path / "b.csv", "b.csv")).ending == "empty"
