"""Many files at once: what each comes to, what all cost, and what a kill leaves."""

from __future__ import annotations

import asyncio
import io
import zipfile
from functools import partial

import pytest

from knowledge.errors import DocumentError, Reason
from knowledge.ingestion.batch import WINDOW_FILES, estimate
from knowledge.library import Library
from knowledge.settings import KnowledgeSettings
from knowledge.types import (
    EVERY_MEMBER,
    OWNER,
    BatchProgress,
    BatchReport,
    IngestFile,
    IngestOutcome,
    IngestReport,
)
from tests.fakes.hashing_embeddings import HashingEmbeddings
from tests.knowledge.conftest import GUILD
from tests.knowledge.pdfs import pdf
from text.file_names import distinct_names


def file(name: str, data: bytes | str) -> IngestFile:
    content = data.encode() if isinstance(data, str) else data
    return IngestFile(name, len(content), lambda: content)


def zipped(**files: str | bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def _refuse() -> bytes:
    raise DocumentError(Reason.TOO_LARGE, "big.md: the file is over the limit of 10 MB")


class Heard:
    """What a batch tells while it runs."""

    def __init__(self) -> None:
        self.progress: list[BatchProgress] = []
        self.reports: list[IngestReport] = []


async def put(
    library: Library, *files: IngestFile, batch: str | None = None, heard: Heard | None = None
) -> BatchReport:
    heard = heard or Heard()
    return await library.ingest_all(
        files,
        guild_id=GUILD,
        audience=EVERY_MEMBER,
        ingested_by="7",
        batch=batch,
        on_progress=heard.progress.append,
        on_report=heard.reports.append,
    )


def outcomes(report: BatchReport) -> dict[str, str]:
    return {each.name: str(each.outcome) for each in report.reports}


async def test_each_file_comes_to_its_own_end(library: Library, embeddings: HashingEmbeddings) -> None:
    await put(library, file("same.md", "The same."), file("other.md", "# A\nOld.\n# B\nStays."))
    embeddings.embedded.clear()
    heard = Heard()
    report = await put(
        library,
        file("same.md", "The same."),
        file("broken.pdf", b"%PDF-nonsense"),
        IngestFile("big.md", 99, _refuse),
        file("other.md", "# A\nNew.\n# B\nStays."),
        file("first.md", "First."),
        file("boats.pdf", pdf(["Opening hours", "Kayaks are rented"])),
        heard=heard,
    )
    assert outcomes(report) == {
        "same.md": "unchanged",
        "broken.pdf": "failed",
        "big.md": "failed",
        "other.md": "changed",
        "first.md": "new",
        "boats.pdf": "new",
    }
    assert sorted(embeddings.embedded) == sorted(
        ["A\nNew.", "first\nFirst.", "boats\nOpening hours", "boats\nKayaks are rented"]
    )
    assert (report.embedded_count, report.reused_count) == (4, 2)
    assert [each.reason for each in report.of(IngestOutcome.FAILED)] == ["corrupt", "too_large"]
    assert sorted(each.name for each in heard.reports) == sorted(outcomes(report))
    assert heard.progress[-1].file == heard.progress[-1].files == 6
    assert heard.progress[-1].pages == 2
    assert heard.progress[-1].chunks == heard.progress[-1].known == 5
    assert (await library.search("kayaks", GUILD, OWNER)).evidence[0].source.name == "boats.pdf"


async def test_a_zip_is_unpacked_and_files_of_the_same_name_get_distinct_names(library: Library) -> None:
    packed = zipped(**{"a/readme.md": "One.", "b/readme.md": "Two.", "c/notes.md": "Three."})
    report = await put(library, file("docs.zip", packed), file("broken.zip", b"PK nonsense"), file("x.md", "Four."))
    assert outcomes(report) == {
        "a-readme.md": "new",
        "b-readme.md": "new",
        "notes.md": "new",
        "broken.zip": "failed",
        "x.md": "new",
    }
    again = await put(library, file("docs.zip", packed))
    assert set(outcomes(again).values()) == {"unchanged"}
    assert again.embedded_count == 0


async def test_short_documents_are_embedded_together(settings: KnowledgeSettings) -> None:
    calls: list[int] = []

    class Counting(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            calls.append(len(texts))
            return super().embed_documents(texts)

    library = await Library.open(settings, Counting())
    await library.register_guild(GUILD, "Chess club")
    await put(library, *(file(f"note{n}.txt", f"Note number {n}.") for n in range(40)))
    assert calls == [16, 16, 8]
    await library.close()


async def test_a_batch_that_is_begun_again_reports_what_it_did_before(
    library: Library, embeddings: HashingEmbeddings
) -> None:
    await put(library, file("old.md", "# A\nOne.\n# B\nTwo."), file("still.md", "Still."))
    first = [file("old.md", "# A\nOne.\n# B\nThree."), file("new.md", "New.")]
    await put(library, *first, batch="b1")  # Here the end of the bot cut it off.
    embeddings.embedded.clear()
    report = await put(library, *first, file("last.md", "Last."), file("still.md", "Still."), batch="b1")
    assert outcomes(report) == {"old.md": "changed", "new.md": "new", "last.md": "new", "still.md": "unchanged"}
    assert (report.embedded_count, report.reused_count) == (3, 2)
    assert embeddings.embedded == ["last\nLast."]
    later = await put(library, *first, batch="b2")
    assert set(outcomes(later).values()) == {"unchanged"}


async def test_a_batch_that_is_cancelled_keeps_what_was_finished_and_leaves_nothing_half(
    settings: KnowledgeSettings,
) -> None:
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Stopping(HashingEmbeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            if any("The last one." in text for text in texts):
                loop.call_soon_threadsafe(waiting.set)
            return super().embed_documents(texts)

    library = await Library.open(settings, Stopping())
    await library.register_guild(GUILD, "Chess club")
    files = [file(f"n{n}.txt", f"Number {n}.") for n in range(WINDOW_FILES)]
    running = asyncio.create_task(put(library, *files, file("last.txt", "The last one.")))
    await waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(await library.sources(GUILD, OWNER)) == WINDOW_FILES
    await library.close()


async def test_deleted_text_is_gone_from_the_file_after_a_batch(library: Library, settings: KnowledgeSettings) -> None:
    await put(library, *(file(f"n{n}.txt", f"Zanzibarian marmalade {n}.") for n in range(20)))
    await put(library, *(file(f"n{n}.txt", f"Nothing to see {n}.") for n in range(20)))
    stored = b"".join(path.read_bytes() for path in settings.data_dir.glob("knowledge.db*"))
    assert b"anzibar" not in stored
    assert b"marmalad" not in stored


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a.md", "b.md"], ["a.md", "b.md"]),
        (["x/a.md", "y/a.md", "b.md"], ["x-a.md", "y-a.md", "b.md"]),
        (["z/x/a.md", "y/x/a.md"], ["z-x-a.md", "y-x-a.md"]),
        (["a.md", "a.md", "a.md"], ["a.md", "a 2.md", "a 3.md"]),
        (["../../a.md", "a.md"], ["a.md", "a 2.md"]),
        (["..", ""], ["document", "document 2"]),
    ],
)
def test_equal_names_are_distinguished_by_folders_and_then_by_numbers(paths: list[str], names: list[str]) -> None:
    assert distinct_names(paths) == names


def test_the_time_left_is_estimated_once_enough_is_known() -> None:
    assert estimate(0, 0, 0.0, 10.0) == (None, None)
    assert estimate(10, 20, 0.5, 1.0) == (None, None)
    rate, left_s = estimate(10, 20, 0.5, 5.0)
    assert (rate, left_s) == (2.0, 15.0)
    assert partial(estimate, 40, 40, 1.0)(8.0) == (5.0, 0.0)
