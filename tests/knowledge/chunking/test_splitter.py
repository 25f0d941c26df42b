from __future__ import annotations

from knowledge.chunking.headings import cut_at_headings
from knowledge.chunking.splitter import CHUNK_WEIGHT, split_document, weigh
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
