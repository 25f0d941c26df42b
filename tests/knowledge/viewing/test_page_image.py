"""Pages as pictures, drawn in a child process: real ones, and some that were made to do harm."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from knowledge.errors import PageImageFailed, Reason
from knowledge.viewing.highlighting import highlight
from knowledge.viewing.passages import DRAWING_LIMITS, draw_page
from tests.knowledge import pdfs

TEXT = "Kayaks are rented by the hour"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.pdf"


def drawn(path: Path, data: bytes, said: str = "", text: str = TEXT, seconds: int = 15) -> Image.Image:
    path.write_bytes(data)
    return Image.open(
        io.BytesIO(draw_page(path, 1, text, highlight(text, [said]), replace(DRAWING_LIMITS, seconds=seconds)))
    )


def highlighted(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """The box around all yellow pixels."""
    _, _, blue = picture.convert("RGB").split()
    red = picture.convert("RGB").split()[0]
    yellow = Image.composite(
        Image.new("L", blue.size, 0), red.point(lambda v: 255 * (v > 240)), blue.point(lambda v: 255 * (v > 120))
    )
    return yellow.getbbox()


def test_a_page_is_drawn_large_enough_to_read_with_its_words_marked(path: Path) -> None:
    picture = drawn(path, pdfs.pdf([TEXT]), "rent a kayak")
    assert picture.size == (1237, 1600)
    box = highlighted(picture)
    assert box is not None
    # 72 points from the left and from the top, at 2.02 pixels a point.
    assert 140 <= box[0] <= 150 and 120 <= box[1] <= 140 and box[3] - box[1] < 40


def test_without_words_nothing_is_marked(path: Path) -> None:
    assert highlighted(drawn(path, pdfs.pdf([TEXT]))) is None


def test_words_are_marked_within_the_passage_alone(path: Path) -> None:
    page = f"{TEXT}) Tj 0 -600 Td (Kayaks again"
    box = highlighted(drawn(path, pdfs.pdf([page]), "kayaks"))
    assert box is not None and box[3] < 400


def test_words_are_marked_anywhere_if_the_passage_is_not_in_one_piece(path: Path) -> None:
    page = f"{TEXT}) Tj 0 -600 Td (Kayaks again"
    box = highlighted(drawn(path, pdfs.pdf([page]), "kayaks", "Kayaks are something else"))
    assert box is not None and box[3] > 1000


@pytest.mark.parametrize(
    ("entries", "fits"),
    [
        ("/MediaBox [0 0 1000000 1000000]", True),
        ("/MediaBox [0 0 1 1]", True),
        ("/MediaBox [0 0 20000 1]", True),
        ("/MediaBox [0 0 612 792] /Rotate 90", True),
        ("/MediaBox [0 0 0 0]", True),
        ("/MediaBox [-1e38 -1e38 1e38 1e38]", None),
        ("/MediaBox [nonsense]", None),
        ("/MediaBox [0 0 612 792] /UserUnit 75000", True),
    ],
)
def test_a_page_of_any_size_yields_an_image_of_bounded_size_or_a_reason(
    path: Path, entries: str, fits: bool | None
) -> None:
    data = pdfs.pdf([TEXT]).replace(b"/MediaBox [0 0 612 792]", entries.encode())
    try:
        picture = drawn(path, data, "kayaks")
    except PageImageFailed:
        assert fits is None
    else:
        assert max(picture.size) <= 1601


def test_a_page_of_many_thousand_objects_ends_in_time(path: Path) -> None:
    page = "x) Tj ET " + "0 0 m 600 700 l 10 500 600 3 77 99 c S " * 300_000 + "BT /F1 12 Tf 72 720 Td (y"
    with pytest.raises(PageImageFailed) as caught:
        drawn(path, pdfs.pdf([page]), seconds=1)
    assert caught.value.reason is Reason.TOO_SLOW


def test_a_page_that_unpacks_without_end_yields_a_reason_or_an_image(path: Path) -> None:
    try:
        assert max(drawn(path, pdfs.bomb(), seconds=10).size) <= 1601
    except PageImageFailed as error:
        assert error.reason in {Reason.TOO_SLOW, Reason.TOO_LARGE, Reason.CORRUPT}


def test_an_image_that_would_unpack_to_gigabytes_is_left_out_or_refused(path: Path) -> None:
    image = "x) Tj ET q 600 0 0 700 0 0 cm BI /W 60000 /H 60000 /BPC 8 /CS /RGB ID xxxx EI Q BT /F1 12 Tf 72 720 Td (y"
    try:
        assert max(drawn(path, pdfs.pdf([image])).size) <= 1601
    except PageImageFailed as error:
        assert error.reason in {Reason.TOO_SLOW, Reason.TOO_LARGE, Reason.CORRUPT}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"no pdf", Reason.CORRUPT),
        (b"", Reason.CORRUPT),
        (pdfs.pdf(["a page"])[:150], Reason.CORRUPT),
        (pdfs.pdf(["secret"], password="p"), Reason.ENCRYPTED),
    ],
)
def test_a_broken_file_ends_in_a_reason(path: Path, data: bytes, reason: Reason) -> None:
    with pytest.raises(PageImageFailed) as caught:
        drawn(path, data)
    assert caught.value.reason is reason


def test_a_page_that_is_not_there_ends_in_a_reason(path: Path) -> None:
    path.write_bytes(pdfs.pdf([TEXT]))
    with pytest.raises(PageImageFailed) as caught:
        draw_page(path, 7, TEXT, ())
    assert caught.value.reason is Reason.CORRUPT
