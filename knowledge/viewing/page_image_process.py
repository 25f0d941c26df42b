"""The child process that draws one page of a PDF as an image.

The file comes in by path, the request as JSON on stdin; a PNG goes out on stdout. Edit it for resolution and
highlighting.
"""

from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from knowledge.parsing.sandbox import Limits, enter_sandbox, limits_from_arguments, origin_of, write_answer

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfBitmap, PdfPage, PdfTextPage

LONGEST_PX = 1600
"""The longer side: 137 dots an inch on A4, which is readable and stays within 8 MB."""
MAX_SCALE = 4.0

EXIT_CODES = {"encrypted": 3, "too_large": 4, "corrupt": 5}
"""Exit codes by the names in `knowledge.errors.Reason`."""

_HIGHLIGHT = (255, 236, 92)
_MOST_CHARS = 100_000
_MOST_RECTANGLES = 500
_LEAST_CHARS = 2
"""The shortest phrase that is searched for without its surroundings."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Says what to draw."""

    page: int
    """From 1."""
    passage: str
    marks: tuple[tuple[int, int], ...]
    """Starts and ends within the passage."""


def main(path: Path, limits: Limits) -> int:
    """Draw the page and return the exit code."""
    enter_sandbox(limits)
    request = json.load(sys.stdin)
    request = PageRequest(request["page"], request["passage"], tuple((start, end) for start, end in request["marks"]))
    image = io.BytesIO()
    try:
        _draw(path, request).save(image, "PNG")
        return 0 if write_answer(image.getvalue(), limits) else EXIT_CODES["too_large"]
    except (MemoryError, RecursionError, OSError):
        return EXIT_CODES["too_large"]
    except Exception as error:  # noqa: BLE001  # a process boundary: a broken page raises almost anything
        print(origin_of(error), file=sys.stderr)  # noqa: T201
        return EXIT_CODES["encrypted" if "assword" in str(error) else "corrupt"]


def _draw(path: Path, request: PageRequest) -> Image:
    from PIL import Image, ImageChops, ImageDraw  # after the limits are set
    from pypdfium2 import PdfDocument

    page = PdfDocument(path)[request.page - 1]
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise ValueError(f"a page of {width} by {height} points")
    bitmap = page.render(scale=min(MAX_SCALE, LONGEST_PX / max(width, height)))
    image: Image.Image = bitmap.to_pil().convert("RGB")
    boxes = list(_boxes(page, bitmap, request))
    if not boxes:
        return image
    marker = Image.new("RGB", image.size, "white")
    draw = ImageDraw.Draw(marker)
    for box in boxes:
        draw.rectangle(box, fill=_HIGHLIGHT)
    return ImageChops.multiply(image, marker)


def _boxes(page: PdfPage, bitmap: PdfBitmap, request: PageRequest) -> Iterator[Box]:
    """Yield the marked words' rectangles on the bitmap; words that are not found have none."""
    text = page.get_textpage()
    to_bitmap = bitmap.get_posconv(page).to_bitmap
    left_over = _MOST_RECTANGLES
    for start, end in _highlight_spans(*_alphanumeric(_page_text(text)), request):
        for number in range(min(left_over, text.count_rects(start, end - start))):
            left, bottom, right, top = text.get_rect(number)
            (x1, y1), (x2, y2) = to_bitmap(left, bottom), to_bitmap(right, top)
            yield min(x1, x2) - 1, min(y1, y2) - 1, max(x1, x2) + 1, max(y1, y2) + 1
            left_over -= 1


def _page_text(text: PdfTextPage) -> str:
    """Return one character for each of PDFium's, by whose numbers it reports positions."""
    from pypdfium2.raw import FPDFText_GetUnicode

    numbers = range(min(text.count_chars(), _MOST_CHARS))
    return "".join(chr(code) if (code := FPDFText_GetUnicode(text, number)) < 0x110000 else " " for number in numbers)


def _alphanumeric(text: str) -> tuple[str, list[int]]:
    """Return only the letters and digits, and their origins: two readers of a page agree on little else."""
    pairs = [(plain, at) for at, char in enumerate(text) for plain in char.casefold() if plain.isalnum()]
    return "".join(plain for plain, _ in pairs), [at for _, at in pairs]


def _highlight_spans(page: str, origins: Sequence[int], request: PageRequest) -> Iterator[tuple[int, int]]:
    """Yield where the marked words are among PDFium's characters.

    That is within the passage, or anywhere on the page if the passage is not there in one piece.
    """
    passage, passage_origins = _alphanumeric(request.passage)
    begin = page.find(passage)
    for start, end in request.marks:
        within = [number for number, origin in enumerate(passage_origins) if start <= origin < end]
        if not within:
            continue
        phrase = passage[within[0] : within[-1] + 1]
        places = [begin + within[0]] if begin >= 0 else _occurrences(page, phrase)
        for at in places:
            yield origins[at], origins[at + len(phrase) - 1] + 1


def _occurrences(page: str, phrase: str) -> list[int]:
    places: list[int] = []
    at = page.find(phrase) if len(phrase) >= _LEAST_CHARS else -1
    while at >= 0 and len(places) < _MOST_RECTANGLES:
        places.append(at)
        at = page.find(phrase, at + len(phrase))
    return places


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[4]), limits_from_arguments()))
