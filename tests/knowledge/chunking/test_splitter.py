from __future__ import annotations

import pytest

from knowledge.chunking.headings import cut_at_headings
from knowledge.chunking.splitter import CHUNK_WEIGHT, MAX_CHUNKS, split_document, weigh
from knowledge.errors import DocumentError, Reason
from knowledge.parsing.loader import LoadedDocument, Section, load_document
from knowledge.types import Chunk

HANDBOOK = """Welcome.

# Club

## Fees
A year costs 20 coins.

```python
# not a heading
    indented = True
```

### Refunds
Within 14 days.

## No dogs
## Hours
Open daily.
"""


def chunks_of(text: str, media: str = "md") -> list[Chunk]:
    return split_document(load_document(text.encode(), f"x.{media}", 10**8), "s")


def test_markdown_is_cut_at_its_headings_with_path_and_line() -> None:
    found = [(chunk.place.heading, chunk.place.line, chunk.text.split("\n")[0]) for chunk in chunks_of(HANDBOOK)]
    assert found == [
        (None, 1, "Welcome."),
        ("Club › Fees", 6, "A year costs 20 coins."),
        ("Club › Fees › Refunds", 14, "Within 14 days."),
        ("Club › No dogs", 16, "No dogs"),
        ("Club › Hours", 18, "Open daily."),
    ]


def test_code_keeps_its_fences_and_indentation() -> None:
    fees = chunks_of(HANDBOOK)[1].text
    assert "```python\n# not a heading\n    indented = True\n```" in fees


def test_a_fence_that_never_closes_hides_the_headings_below_it() -> None:
    assert [part.heading for part in cut_at_headings("# A\ntext\n~~~\n# B\n```\n# C", by_words=True)] == ["A"]


def test_a_document_of_headings_alone_has_chunks() -> None:
    assert [chunk.text for chunk in chunks_of("# Be kind\n# Be brief")] == ["Be kind", "Be brief"]


def test_no_chunk_is_too_long_and_no_sentence_is_lost() -> None:
    sentences = [f"Rule number {n} says that members number {n} clean their tables." for n in range(200)]
    chunks = chunks_of(" ".join(sentences), "txt")
    assert max(weigh(chunk.text) for chunk in chunks) <= CHUNK_WEIGHT
    assert all(any(sentence in chunk.text for chunk in chunks) for sentence in sentences)


def test_chinese_is_cut_after_its_sentences_into_fewer_characters() -> None:
    sentences = [f"第{n}条规定会员离开时要把桌子收拾干净，并且关灯。" for n in range(100)]
    chunks = chunks_of("".join(sentences), "txt")
    assert all(chunk.text.endswith("。") for chunk in chunks)
    assert 250 <= max(len(chunk.text) for chunk in chunks) <= 400
    assert all(any(sentence in chunk.text for chunk in chunks) for sentence in sentences)


def test_a_text_without_any_separator_is_still_cut() -> None:
    assert max(len(chunk.text) for chunk in chunks_of("x" * 5000, "txt")) <= CHUNK_WEIGHT


def test_lines_are_those_of_the_document() -> None:
    lines = [f"Line {n} of the protocol, in which little happened and less was decided." for n in range(1, 101)]
    for chunk in chunks_of("\n".join(lines), "txt"):
        assert chunk.place.line is not None
        assert chunk.text.startswith(f"Line {chunk.place.line} ")


def test_pages_are_those_of_the_document_and_ordinals_count_on() -> None:
    document = LoadedDocument("pdf", (Section("One. " * 400, 1), Section("Two.", 3)), 3)
    chunks = split_document(document, "s")
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert {chunk.place.page for chunk in chunks} == {1, 3}
    assert chunks[-1].text == "Two."
    assert chunks[-1].place.page == 3
    assert chunks[-1].id == f"s:{len(chunks) - 1}"


def test_underlined_headings_are_headings() -> None:
    text = "House rules\n===========\n\nKitchen\n-------\nWash up.\n\nSauna\n-----\nIt closes at 21:30.\n"
    found = [(chunk.place.heading, chunk.place.line, chunk.place.anchor, chunk.text) for chunk in chunks_of(text)]
    assert found == [
        ("House rules › Kitchen", 6, "kitchen", "Wash up."),
        ("House rules › Sauna", 10, "sauna", "It closes at 21:30."),
    ]


def test_front_matter_without_a_link_is_no_heading() -> None:
    [chunk] = chunks_of("---\nterms: rowing\nboats: sailing\n---\nRow well.\n")
    assert (chunk.place.heading, chunk.place.line) == (None, 1)


def test_signs_that_belong_to_a_headings_name_stay() -> None:
    headings = [chunk.place.heading for chunk in chunks_of("## C\na\n## C#\nb\n## F# ##\nc\n## Closed ##\nd\n")]
    assert headings == ["C", "C#", "F#", "Closed"]


def test_a_comment_is_no_text_and_its_headings_rule_nothing() -> None:
    comments = "<!--\n## Draft\nOpen from 6.\n-->\n\nKeys: office. <!-- not yet -->\n`<!-- a -->`\n"
    [chunk] = chunks_of(f"# Hours\nOpen from 9.\n\n{comments}")
    assert chunk.place.heading == "Hours"
    assert "Keys: office." in chunk.text
    assert "`<!-- a -->`" in chunk.text
    assert not any(word in chunk.text for word in ("Draft", "from 6", "not yet"))


@pytest.mark.parametrize("framed", [True, False])
def test_a_long_table_has_its_head_above_each_part(*, framed: bool) -> None:
    rows = [("Berth", "Fee"), ("---", "---"), *((f"Berth {n}", f"{n} euros and a deposit") for n in range(1, 60))]
    table = "\n".join(f"| {a} | {b} |" if framed else f"{a} | {b}" for a, b in rows)
    chunks = chunks_of(f"# Berths\n\n{table}\n")
    assert len(chunks) > 1
    for chunk in chunks:
        assert chunk.text.split("\n")[:2] == table.split("\n")[:2]
        assert weigh(chunk.text) <= CHUNK_WEIGHT


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_each_part_of_a_long_code_block_is_a_code_block_of_its_language(fence: str) -> None:
    body = [f"    step_{n:02} = prepare(valve={n}, pressure={3 * n})" for n in range(1, 60)]
    text = "\n".join(["# Purging", "Run this:", "", f"{fence}python", "def purge():", *body, fence, "", "Close it."])
    chunks = chunks_of(text)
    code = [chunk for chunk in chunks if f"{fence}python" in chunk.text]
    assert len(code) > 2
    for chunk in code:
        lines = chunk.text.removeprefix("Run this:\n\n").split("\n")
        assert (lines[0], lines[-1]) == (f"{fence}python", fence)
        assert lines[1] == "def purge():" or lines[1].startswith("    step_")
        assert weigh(chunk.text) <= CHUNK_WEIGHT
        assert chunk.place.line is not None
        at = lines[1]
        assert text.split("\n")[chunk.place.line - 1] in {at, "Run this:"}
    assert code[0].text.startswith("Run this:\n\n")
    assert [line for chunk in code for line in chunk.text.split("\n") if line in body] == body
    assert chunks[-1].text == "Close it."


def test_a_footnote_is_in_the_passage_of_its_mark() -> None:
    filler = " ".join(f"Sentence {n} explains the forms that both sides sign." for n in range(40))
    text = (
        f"# Lease\n\nIt costs 240 euros[^fee].\n\n{filler}\n\n## Contact\n\nWrite to us.\n\n[^fee]: Families pay 180.\n"
    )
    chunks = chunks_of(text)
    assert chunks[0].text.startswith("It costs 240 euros (Families pay 180.).")
    assert (chunks[-1].text, chunks[-1].place.line) == ("Write to us.", 9)


def test_a_file_of_nothing_but_headings_makes_no_endless_list_of_passages() -> None:
    with pytest.raises(DocumentError, match="over 20,000 passages") as failure:
        chunks_of("".join(f"# {n}\n" for n in range(MAX_CHUNKS + 1)))
    assert failure.value.reason is Reason.TOO_LARGE
