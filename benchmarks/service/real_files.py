"""Takes in the real files that packages bring, and counts what became of them.

    python -m benchmarks.service.real_files FOLDER... --installed

Each FOLDER holds one folder for each unpacked package, called NAME_VERSION. `--installed` adds the files of the
installed Python packages. Of each package and format a few files are drawn by chance. Each is read and split like an
upload, in the contained child and with the product's own limits, except that seconds are counted in processor time: on
a busy machine the clock says nothing about a file. No file is kept: the result names the packages.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import random
import resource
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from benchmarks.harness import results
from benchmarks.harness.summary_statistics import percentile
from knowledge.chunking.splitter import split_document
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.formats import ZIPPED, media_of
from knowledge.parsing.loader import READER_LIMITS, load_document
from storage.sizes import MEGABYTE
from text.plausibility import is_garbled

FORMATS = ("docx", "pptx", "xlsx", "csv", "ipynb", "md", "rst", "html", "pdf")
MOST_OF_A_PACKAGE = 2
MOST_OFFICE_FILES = 15
"""Packages that bring any Office files are few."""
MAX_BYTES = 25 * MEGABYTE
SEED = 15
_LIMITS = replace(READER_LIMITS, seconds=10 * READER_LIMITS.seconds)
READ = "read"
UNHANDLED = "unhandled exception"


@dataclass(frozen=True, slots=True)
class RealFile:
    """Holds a file of a package, which may be compressed as Debian compresses documentation."""

    package: str
    path: Path
    within: str
    """Its path within the package."""

    @property
    def name(self) -> str:
        """Return its name without the suffix of its compression."""
        return self.path.name.removesuffix(".gz")

    @property
    def media(self) -> str | None:
        """Return the format in which the product reads it."""
        return media_of(self.name)

    def read(self) -> bytes:
        """Return what the file holds."""
        data = self.path.read_bytes()
        return gzip.decompress(data) if self.path.suffix == ".gz" else data


@dataclass(frozen=True, slots=True)
class Outcome:
    """Holds what became of a file."""

    file: RealFile
    ending: str
    """`read`, the reason of the refusal, or that an exception was not handled."""
    sentence: str | None
    seconds: float
    characters: int
    garbled: int
    """Passages that look garbled on their own."""
    left_out: dict[str, int]
    texts: tuple[str, ...] = ()


def main() -> None:
    """Take every file in, and write what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--installed", action="store_true", help="add the files of the installed Python packages")
    parser.add_argument("--texts", type=Path, help="write what was read into this folder, to compare it by eye")
    chosen = parser.parse_args()
    files = drawn([*_unpacked(chosen.folders), *(_installed() if chosen.installed else ())])
    outcomes = []
    for file in files:
        outcome = take_in(file)
        print(f"{outcome.seconds:6.2f} s  {file.package}: {file.within}: {outcome.sentence or READ}", flush=True)
        if chosen.texts is not None:
            _keep(outcome, chosen.texts)
        outcomes.append(outcome)
    print("wrote", results.write("real_files", _figures(outcomes)))


def drawn(files: Iterable[RealFile], seed: int = SEED) -> list[RealFile]:
    """Return a few files of each package and format, drawn by chance, the same ones each time."""
    groups: dict[tuple[str, str], list[RealFile]] = defaultdict(list)
    for file in files:
        groups[file.package, file.media or ""].append(file)
    chance = random.Random(seed)
    chosen: list[RealFile] = []
    for (_, media), group in sorted(groups.items(), key=lambda item: (FORMATS.index(item[0][1]), item[0][0])):
        most = MOST_OFFICE_FILES if media in ZIPPED else MOST_OF_A_PACKAGE
        group.sort(key=lambda file: file.within)
        chosen += group if len(group) <= most else sorted(chance.sample(group, most), key=lambda file: file.within)
    return chosen


def take_in(file: RealFile) -> Outcome:
    """Read and split the file as an upload is."""
    data = file.read()
    began = _processor_seconds()

    def ended(ending: str, sentence: str | None, left_out: dict[str, int], texts: tuple[str, ...] = ()) -> Outcome:
        seconds = round(_processor_seconds() - began, 2)
        if ending == READ and seconds > READER_LIMITS.seconds:
            ending, sentence = Reason.TOO_SLOW, f"it took {seconds:.0f} s of processor time"
        garbled = sum(map(is_garbled, texts))
        return Outcome(file, ending, sentence, seconds, sum(map(len, texts)), garbled, left_out, texts)

    try:
        document = load_document(data, file.name, MAX_BYTES, _LIMITS)
        chunks = split_document(document, "s")
    except DocumentError as error:
        return ended(error.reason, str(error), {part.kind: part.count for part in error.left_out})
    except Exception:  # noqa: BLE001  # what this benchmark looks for: it is counted, and shown with its traceback
        return ended(UNHANDLED, traceback.format_exc(), {})
    left_out = {str(part.kind): part.count for part in document.left_out}
    return ended(READ, None, left_out, tuple(_shown(chunk.place.heading, chunk.text) for chunk in chunks))


def _processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _shown(heading: str | None, text: str) -> str:
    return text if heading is None else f"[{heading}]\n{text}"


def _unpacked(folders: Iterable[Path]) -> Iterator[RealFile]:
    for folder in folders:
        for package in sorted(each for each in folder.iterdir() if each.is_dir()):
            for root, _, names in os.walk(package):
                for name in names:
                    if media_of(name.removesuffix(".gz")) in FORMATS and not (path := Path(root, name)).is_symlink():
                        yield RealFile(package.name, path, str(path.relative_to(package)))


def _installed() -> Iterator[RealFile]:
    for package in metadata.distributions():
        # Distribution.files looks at every file of every package, which takes minutes.
        for within, *_ in csv.reader((package.read_text("RECORD") or "").splitlines()):
            if media_of(within) in FORMATS and not within.startswith("..") and ".dist-info/" not in within:
                path = Path(str(package.locate_file(within)))
                yield RealFile(f"{package.name}_{package.version}", path, within)


def _keep(outcome: Outcome, folder: Path) -> None:
    """Write the passages of a file, so that somebody can compare them with it."""
    path = folder / outcome.file.package / (outcome.file.within.replace("/", "__") + ".txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"{outcome.file.path}\n{outcome.ending} {outcome.sentence or ''} {outcome.left_out}\n"
    path.write_text("\n=====\n".join((head, *outcome.texts)), "utf-8")


def _figures(outcomes: list[Outcome]) -> dict[str, object]:
    packages = Counter(outcome.file.package for outcome in outcomes)
    refused = [outcome for outcome in outcomes if outcome.ending != READ]
    return {
        "files": len(outcomes),
        "seed": SEED,
        "most files of a package and format": MOST_OF_A_PACKAGE,
        "limit in seconds of processor time": READER_LIMITS.seconds,
        "unhandled exceptions": sum(outcome.ending == UNHANDLED for outcome in outcomes),
        "passages": sum(len(outcome.texts) for outcome in outcomes),
        "garbled passages": sum(outcome.garbled for outcome in outcomes),
        "formats": {
            media: _of_format([outcome for outcome in outcomes if outcome.file.media == media]) for media in FORMATS
        },
        "refused": [
            {
                "package": outcome.file.package,
                "file": outcome.file.within,
                "reason": outcome.ending,
                "sentence": (outcome.sentence or "").strip().split("\n")[-1],
            }
            for outcome in refused
        ],
        "packages": dict(sorted(packages.items())),
    }


def _of_format(outcomes: list[Outcome]) -> dict[str, object]:
    seconds = [outcome.seconds for outcome in outcomes]
    left_out: Counter[str] = Counter()
    for outcome in outcomes:
        left_out.update(outcome.left_out)
    return {
        "files": len(outcomes),
        "endings": dict(Counter(outcome.ending for outcome in outcomes).most_common()),
        "characters": sum(outcome.characters for outcome in outcomes),
        "processor seconds, median": round(percentile(seconds, 50), 2) if seconds else None,
        "processor seconds, 95th percentile": round(percentile(seconds, 95), 2) if seconds else None,
        "processor seconds, longest": max(seconds, default=None),
        "left out": dict(left_out.most_common()),
        "files with something left out": sum(bool(outcome.left_out) for outcome in outcomes),
    }


if __name__ == "__main__":
    main()
