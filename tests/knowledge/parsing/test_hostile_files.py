"""Hostile and broken files of every format: each is taken in or ends in its reason, in time, and leaves nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from knowledge.chunking.splitter import CHUNK_WEIGHT, weigh
from tests.knowledge.parsing.hostile.file import LIMITS, READ, Ending, HostileFile, take_in
from tests.knowledge.parsing.hostile.files import HOSTILE_FILES

_SECRET = "root:x:0:0"
"""Of /etc/passwd, to which some of them point."""
_AT_A_TIME = 2
_BAD_LINE = "jsonl: a bad line among good ones"


@pytest.fixture(scope="module")
def endings(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[tuple[Ending, float]]]]:
    """What becomes of each that is to be tested, and the seconds that it takes.

    Two at a time, since most of it is waiting for a child.
    """
    chosen = " ".join(item.name for item in request.session.items)
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        yield {
            _label(file): pool.submit(_timed, file)
            for file in HOSTILE_FILES
            if f"[{_label(file)}]" in chosen or (_label(file) == _BAD_LINE and "broken_line" in chosen)
        }


def _timed(file: HostileFile) -> tuple[Ending, float]:
    data = file.make()
    began = time.perf_counter()
    ending = take_in(file, data, file.within(LIMITS))
    return ending, time.perf_counter() - began


def _label(file: HostileFile) -> str:
    return f"{file.name.rpartition('.')[2]}: {file.what}"


@pytest.mark.parametrize("file", HOSTILE_FILES, ids=_label)
def test_a_hostile_file_is_ingested_or_refused_with_its_reason(
    file: HostileFile, endings: dict[str, Future[tuple[Ending, float]]]
) -> None:
    ending, seconds = endings[_label(file)].result()
    assert ending.reasons == file.ends_in, ending.sentences
    assert seconds < 2 * LIMITS.seconds
    assert all(len(sentence) > 20 for sentence in ending.sentences)
    assert not any(_SECRET in text for text in ending.texts)
    assert max(map(weigh, ending.texts), default=0) <= CHUNK_WEIGHT


def test_a_broken_line_is_named_by_its_number(endings: dict[str, Future[tuple[Ending, float]]]) -> None:
    ending, _ = endings[_BAD_LINE].result()
    assert "line 2 can't be read" in ending.sentences[0]


def test_there_are_at_least_sixty_of_every_format() -> None:
    assert len({_label(file) for file in HOSTILE_FILES}) == len(HOSTILE_FILES) >= 60
    endings = {file.name.rpartition(".")[2] for file in HOSTILE_FILES}
    assert endings >= {"txt", "md", "rst", "py", "html", "pdf", "docx", "xlsx", "pptx"}
    assert endings >= {"csv", "tsv", "json", "jsonl", "ipynb", "zip"}
    assert endings >= {"odt", "rtf", "epub", "eml", "vtt", "srt", "org", "xlsm"}
    assert {reason for file in HOSTILE_FILES for reason in file.ends_in} > {READ, "too_slow", "too_large", "too_deep"}
