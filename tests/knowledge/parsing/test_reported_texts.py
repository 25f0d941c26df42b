"""Markdown, CSV, JSON and text as people write them and programs export them."""

from __future__ import annotations

import json

import pytest

from knowledge.chunking.splitter import CHUNK_WEIGHT, split_document, weigh
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import load_document
from knowledge.types import Chunk

LIMIT = 10 * 1024**2


def chunks_of(text: str | bytes, name: str = "a.md") -> list[Chunk]:
    data = text if isinstance(text, bytes) else text.encode()
    return split_document(load_document(data, name, LIMIT), "s")


def text_of(text: str | bytes, name: str = "a.md") -> str:
    return "\n".join(chunk.text for chunk in chunks_of(text, name))


def refusal_of(text: str, name: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_document(text.encode(), name, LIMIT)
    return caught.value


def test_a_long_html_table_in_markdown_has_its_head_above_each_part() -> None:
    rows = "\n".join(f"<tr>\n<td>Class {n}</td>\n<td>{n} euros in summer</td>\n</tr>" for n in range(1, 80))
    text = (
        f"# Fees\n\n<table>\n<tr><th>Boat</th><th>Summer</th></tr>\n{rows}\n</table>\n\n## Below\n\nPay at the box.\n"
    )
    chunks = chunks_of(text)
    fees = [chunk for chunk in chunks if chunk.place.heading == "Fees"]
    assert len(fees) > 1
    for chunk in fees:
        assert chunk.text.startswith("| Boat | Summer |\n| --- | --- |\n| Class ")
        assert weigh(chunk.text) <= CHUNK_WEIGHT
    assert (chunks[-1].place.heading, chunks[-1].text) == ("Fees › Below", "Pay at the box.")
    assert chunks[-1].place.line == text.split("\n").index("Pay at the box.") + 1


def test_an_html_table_with_spans_and_links_in_markdown_is_a_grid() -> None:
    text = (
        'Intro\n\n<table align="center">\n  <thead><tr><th>Boat</th><th>Fee</th></tr></thead>\n  <tbody>\n'
        '    <tr><td rowspan="2">Dinghy</td><td>12 | 13</td></tr>\n\n    <tr><td><b>14</b><br/>euros</td></tr>\n'
        "  </tbody>\n</table>\n\nOutro\n"
    )
    found = text_of(text)
    assert "| Boat | Fee |" in found
    assert "| Dinghy | 12 \\| 13 |" in found
    assert "Dinghy | **14**" in found
    assert "<t" not in found
    assert found.index("Intro") < found.index("| Boat") < found.index("Outro")


def test_an_html_table_in_code_stays_code() -> None:
    text = "```html\n<table>\n<tr><td>1</td></tr>\n</table>\n```\n\n`<table>` begins one.\n"
    assert text_of(text) == text.strip()


def test_a_table_that_never_closes_stays_text() -> None:
    assert "Class 1" in text_of("<table>\n<tr><td>Class 1</td>\n\n# Next\n\nAsk.\n")


def test_html_headings_in_markdown_are_headings() -> None:
    chunks = chunks_of('<h1 align="center">Harbour</h1>\n\nWelcome.\n\n<h2>Fees</h2>\n\nNine euros.\n')
    assert [(chunk.place.heading, chunk.text) for chunk in chunks] == [
        ("Harbour", "Welcome."),
        ("Harbour › Fees", "Nine euros."),
    ]


def test_a_comment_in_the_middle_of_a_line_and_one_over_lines_in_a_list_are_left_out() -> None:
    comment = "<!-- until\n  ## Draft\n  June -->"
    text = f"- Open <!-- was 8 -->from 9.\n- Closed\n  {comment}\n  on Mondays.\n\n## Keys\nOffice.\n"
    found = text_of(text)
    assert "was 8" not in found
    assert "until" not in found
    assert "Draft" not in found
    assert [chunk.place.heading for chunk in chunks_of(text)] == [None, "Keys"]


def test_a_fence_of_four_holds_one_of_three_in_each_part() -> None:
    inner = "\n".join(f"  line {n} of the example, as the handbook shows it" for n in range(60))
    chunks = chunks_of(f"# How to\n\nWrite this:\n\n````markdown\n```sh\n{inner}\n```\n````\n\n# After\n\nDone.\n")
    parts = [chunk for chunk in chunks if "of the example" in chunk.text]
    assert len(parts) > 1
    assert all("````markdown\n" in chunk.text and chunk.text.endswith("\n````") for chunk in parts)
    assert all(chunk.place.heading == "How to" for chunk in parts)
    assert chunks[-1].place.heading == "After"


def test_a_footnote_in_a_tables_cell_stays_in_its_row() -> None:
    found = text_of("| Boat | Fee |\n| --- | --- |\n| Dinghy | 12[^1] |\n\n[^1]: Half | price for\n    families.\n")
    row = next(line for line in found.split("\n") if line.startswith("| Dinghy"))
    assert "families" in row
    assert row.count(" | ") == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mooring list;;\nExported;3 May;\n\nBerth;Holder;Fee\nA1;Heron;240,50\nA2;Teal;320,00\n", "a.csv"),
        ("sep=\t\nMooring list\n\nBerth\tHolder\tFee\nA1\tHeron\t240,50\n", "a.tsv"),
        ("\ufeffsep=;\r\nBerth;Holder;Fee\r\nA1;Heron;240,50\r\n", "a.csv"),
        (
            '# Moorings, 2026\n# exported\nBerth,Holder,Fee\nA1,Heron,"240,50"\nA2,Teal,3\nA3,Tern,4\n',
            "a.csv",
        ),
        ('\n\n,,\nBerth,Holder,Fee\nA1,Heron,"240,50"\n', "a.csv"),
    ],
)
def test_the_head_of_a_csv_is_found_below_whatever_is_above_it(text: str, name: str) -> None:
    lines = text_of(text, name).split("\n")
    head = lines.index("| Berth | Holder | Fee |")
    assert lines[head + 2] == "| A1 | Heron | 240,50 |"


def test_an_open_quotation_mark_in_the_last_row_of_a_csv_costs_nothing() -> None:
    assert '| A2 | "Teal | 320 |' in text_of('Berth;Holder;Fee\nA1;Heron;240\nA2;"Teal;320\n', "a.csv")


def test_json_lines_in_a_json_file_are_read_line_by_line() -> None:
    lines = [json.dumps({"boat": f"Boat {n}", "fee": n}) for n in range(1, 4)]
    found = text_of("\n\n".join(lines) + "\n", "boats.json")
    assert "boat: Boat 2\nfee: 2" in found


def test_objects_one_after_the_other_in_a_json_file_are_all_read() -> None:
    text = "\n".join(json.dumps({"boat": f"Boat {n}", "fee": n}, indent=2) for n in range(1, 4))
    assert "boat: Boat 3\nfee: 3" in text_of(text, "boats.json")


def test_what_is_wrong_in_a_json_file_is_told_by_its_own_line() -> None:
    assert "line 3" in str(refusal_of('{\n "a": 1,\n "b": ,\n "c": 2\n}\n', "a.json"))
    assert "line 2" in str(refusal_of('{"a": 1}\n{"a": }\n{"a": 3}\n', "a.json"))


def test_a_json_object_in_a_jsonl_file_over_several_lines_is_read() -> None:
    assert "boat: Heron" in text_of('{\n  "boat": "Heron",\n  "fee": 3\n}\n', "a.jsonl")
    assert "[0].boat: Heron" in text_of('[\n  {"boat": "Heron"},\n  {"boat": "Teal"}\n]\n', "a.jsonl")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "# Rules\n\n" + "\ue001\ue002\ue003 \ue010\ue011\ue012\ue013 " * 30),
        ("a.txt", "".join(chr(0xE000 + n % 90) for n in range(400))),
        ("a.csv", "a,b\n" + "\ue001\ue002\ue003,\ue010\ue011\n" * 30),
        ("a.html", "<p>" + "\ue001\ue002\ue003 \ue010\ue011 " * 30 + "</p>"),
        ("a.json", json.dumps({"a": "\ufffd\ufffd \ufffd\ufffd\ufffd " * 30})),
        ("a.txt", "\ufffd\ufffd\ufffd \ufffd\ufffd, \ufffd\ufffd\ufffd\ufffd. " * 30),
    ],
)
def test_what_is_no_writing_is_refused_whatever_reads_it(name: str, text: str) -> None:
    error = refusal_of(text, name)
    assert error.reason in {Reason.GARBLED, Reason.BINARY}


@pytest.mark.parametrize(
    "text",
    [
        "Icons: \ue001 home, \ue002 settings, and \ue003 for the list of all the boats that are in the harbour.",
        "Привет, hello und Grüße: 会員は本を借りられます。 مرحبا שלום ค่าจอดเรือ 방문",
        "x = αβγ + ∑ƒ(n) − √2 ≈ 3.14 → ∞",
        "👩‍👩‍👧 🇩🇪 👍🏽 emoji only 🎉🎉🎉",
        "Zalgo t̸̡e̷x̶t̴ and ZWJ\u200d here",
        "| ─┼─ | ░▒▓ █ boxes ╔══╗",
        "K\u0336o\u0336d\u0336",
    ],
)
def test_unusual_writing_is_taken_in(text: str) -> None:
    assert text_of(text, "a.txt")
