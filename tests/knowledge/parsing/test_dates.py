from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from knowledge.library import Library
from knowledge.parsing.dates import date_of
from knowledge.types import EVERY_MEMBER, OWNER
from tests.knowledge.conftest import GUILD

MARKDOWN = [
    ("---\ntitle: Fees\ndate: 2024-05-01\n---\n# Fees\n", date(2024, 5, 1)),
    ("---\ndate: 2024-05-01\nupdated: '2025-02-03T10:00:00Z'\n---\nText\n", date(2025, 2, 3)),
    ("\ufeff---\r\nlastmod: 2025-02-03\r\n---\r\nText\r\n", date(2025, 2, 3)),
    ("# Fees\n\ndate: 2024-05-01\n", None),
    ("---\ndate: soon\n---\nText\n", None),
    ("---\ndate: 2024-13-40\n---\nText\n", None),
    ("---\ndate: 9999-01-01\n---\nText\n", None),
    ("---\ndate: 1970-01-01\n---\nText\n", None),
]


@pytest.mark.parametrize(("text", "dated"), MARKDOWN)
def test_front_matter_dates_a_document(text: str, dated: date | None) -> None:
    assert date_of(text.encode(), "md") == dated


def test_a_pdf_is_dated_by_its_last_change() -> None:
    first = b"%PDF-1.7\n/CreationDate (D:20200102030405Z)\n/ModDate(D:20210304050607+02'00')"
    assert date_of(first, "pdf") == date(2021, 3, 4)
    assert date_of(first + b"\n/ModDate (D:20220304)", "pdf") == date(2022, 3, 4)
    assert date_of(b"%PDF-1.7\n/CreationDate (D:20200102030405Z)", "pdf") == date(2020, 1, 2)
    assert date_of(b"%PDF-1.7", "pdf") is None


def test_other_files_have_no_date_of_their_own() -> None:
    assert date_of(b"---\ndate: 2024-05-01\n---\n", "txt") is None


async def test_a_source_is_as_of_its_own_date_else_of_when_it_was_taken_in(library: Library) -> None:
    for name, text in (("dated.md", "---\ndate: 2024-05-01\n---\nFees are due.\n"), ("plain.md", "Fees are due.\n")):
        await library.ingest_bytes(text.encode(), name=name, guild_id=GUILD, audience=EVERY_MEMBER, ingested_by="7")
    dated, plain = await library.sources(GUILD, OWNER)
    assert dated.as_of.date() == dated.dated == date(2024, 5, 1)
    assert plain.dated is None
    assert plain.as_of == plain.ingested_at


def test_what_is_tomorrow_already_in_another_zone_counts_as_today() -> None:
    today = datetime.now(UTC).date()

    def dated(days: int) -> date | None:
        return date_of(f"---\ndate: {today + timedelta(days=days)}\n---\nText\n".encode(), "md")

    assert dated(1) in (today, today + timedelta(days=1))  # Midnight may pass meanwhile.
    assert dated(3) is None
