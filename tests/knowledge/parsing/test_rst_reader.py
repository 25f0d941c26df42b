"""reStructuredText as its author sees it, with and without Sphinx, and each line's place in the file."""

from __future__ import annotations

import pytest

from knowledge.chunking.splitter import split_document
from knowledge.parsing.loader import load_document
from knowledge.types import Place

LIMIT = 10 * 1024**2

HANDBOOK = """\
========
Handbook
========

:Version: 1.10

The |club| opens at *nine* [#sun]_, see `the plan <https://club.example/plan>`_ and Fees_.

.. |club| replace:: **Harbour** club
.. [#sun] On Sundays
   at ten.

.. The treasurer must not read this.

.. _fees-label:

Fees
====

- Dinghies pay
  £40.
- Yachts:

  a) large
  b) small

Refunds
-------

.. note:: Keep the
   receipt.

mooring : at the quay
   A place for a boat.

| Two lines
| of verse
"""


def numbered(text: str) -> list[tuple[str, int]]:
    """The lines that are not empty, each with the file's own."""
    (section,) = load_document(text.encode(), "a.rst", LIMIT).sections
    assert section.numbers is not None
    return [(line, number) for line, number in zip(section.text.split("\n"), section.numbers, strict=True) if line]


def lines(text: str) -> list[str]:
    return [line for line, _ in numbered(text)]


def test_each_line_is_as_its_author_sees_it_and_keeps_its_number() -> None:
    assert numbered(HANDBOOK) == [
        ("# Handbook {#handbook}", 2),
        ("**Version:** 1.10", 5),
        (
            "The **Harbour** club opens at *nine* (On Sundays at ten.), "
            "see [the plan](https://club.example/plan) and Fees.",
            7,
        ),
        ("## Fees {#fees}", 17),
        ("- Dinghies pay", 20),
        ("  £40.", 21),
        ("- Yachts:", 22),
        ("  a) large", 24),
        ("  b) small", 25),
        ("### Refunds {#refunds}", 27),
        ("**Note**", 30),
        ("Keep the", 30),
        ("receipt.", 31),
        ("**mooring** (at the quay)", 33),
        ("A place for a boat.", 34),
        ("Two lines", 36),
        ("of verse", 37),
    ]


def test_a_passage_is_cited_by_its_headings_with_their_anchor() -> None:
    chunks = split_document(load_document(HANDBOOK.encode(), "a.rst", LIMIT), "s")
    (refunds,) = (chunk for chunk in chunks if "receipt" in chunk.text)
    assert refunds.place == Place(heading="Handbook › Fees › Refunds", line=30, anchor="refunds")


def test_a_heading_in_chinese_has_the_anchor_that_its_author_gave_it_or_none() -> None:
    text = ".. _fees:\n\n费用\n====\n\n四十镑。\n\n退款\n====\n\n没有。\n"
    assert lines(text) == ["# 费用 {#fees}", "四十镑。", "# 退款", "没有。"]


@pytest.mark.parametrize(
    "table",
    [
        """\
+-------+--------+-----+
| Boat  | Season | Fee |
+=======+========+=====+
| Heron | summer | £40 |
|       +--------+-----+
|       | winter | £15 |
+-------+--------+-----+
| Teal  | closed       |
+-------+--------------+
""",
        """\
=====  ======  ===
Boat   Season  Fee
=====  ======  ===
Heron  summer  £40
Heron  winter  £15
Teal   closed
=====  ======  ===
""",
    ],
    ids=["grid", "simple"],
)
def test_a_table_is_one_line_a_row_with_what_spans_rows_in_each(table: str) -> None:
    assert lines(table) == [
        "| Boat | Season | Fee |",
        "| --- | --- | --- |",
        "| Heron | summer | £40 |",
        "| Heron | winter | £15 |",
        "| Teal | closed |  |",
    ]


def test_a_tables_rows_keep_their_numbers() -> None:
    text = ".. list-table:: Boats\n   :header-rows: 1\n\n   * - Boat\n     - Fee\n   * - Heron\n     - £40\n"
    assert numbered(text) == [("**Boats**", 1), ("| Boat | Fee |", 4), ("| --- | --- |", 4), ("| Heron | £40 |", 6)]


def test_a_table_out_of_line_is_shown_as_it_is_written() -> None:
    text = "Boats.\n\n=====  ===\nBoat   Fee\n=====  ===\nHeron and Teal  £40\n=====  ===\n"
    assert ("Heron and Teal  £40", 6) in numbered(text)


def test_code_keeps_its_language_and_indentation() -> None:
    text = (
        "So::\n\n  if open:\n      sail()\n\n"
        ".. code-block:: python\n   :linenos:\n   :caption: slip.py\n\n   # Not a heading\n   book()\n"
    )
    assert numbered(text) == [
        ("So:", 1),
        ("```", 3),
        ("if open:", 3),
        ("    sail()", 4),
        ("```", 4),
        ("**slip.py**", 6),
        ("```python", 10),
        ("# Not a heading", 10),
        ("book()", 11),
        ("```", 11),
    ]


def test_what_sphinx_adds_shows_its_text() -> None:
    text = (
        ".. toctree::\n\n   other\n\n.. versionadded:: 1.2\n   Cranes.\n\n"
        ".. function:: book(hours)\n\n   Takes :class:`~club.Boat`, see :ref:`the fees <fees>`.\n"
    )
    assert lines(text) == ["New in version 1.2", "Cranes.", "book(hours)", "Takes Boat, see the fees."]


def test_other_files_and_raw_html_are_left_out() -> None:
    text = "Boats.\n\n.. include:: /etc/hostname\n\n.. raw:: html\n\n   <b>x</b>\n\n.. literalinclude:: /etc/hostname\n"
    assert lines(text) == ["Boats."]


def test_a_line_that_markdown_would_take_for_a_heading_stays_text() -> None:
    assert lines("Boats are\n# 1 here.\n") == ["Boats are", "\\# 1 here."]


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x"])
def test_a_target_that_is_no_address_is_left_out(target: str) -> None:
    assert lines(f"See `the plan <{target}>`__.") == ["See the plan."]


def test_an_image_is_its_description() -> None:
    assert lines(".. figure:: quay.png\n   :alt: The quay\n\n   Seen from the north.\n") == [
        "🖼 The quay",
        "Seen from the north.",
    ]


def test_which_version_a_change_belongs_to_is_in_the_text_of_a_changelog() -> None:
    text = (
        ".. changelog::\n    :version: 1.1.18\n    :released: March 6, 2018\n    :include_notes_from: unreleased\n\n"
        "    .. change::\n        :tags: bug, mysql\n        :tickets: 4205\n\n"
        "        The server's version is asked for.\n"
    )
    found = "\n".join(section.text for section in load_document(text.encode(), "a.rst", 10 * 1024**2).sections)
    assert "version: 1.1.18, released: March 6, 2018" in found
    assert "tags: bug, mysql, tickets: 4205\n\nThe server's version" in found
    assert "unreleased" not in found
