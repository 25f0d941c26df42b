from __future__ import annotations

import random
import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.growth import takes_no_quadratic_time
from text.markdown.blocks import Kind, blocks, sub_outside_code, without_code_blocks, without_comments


def found(markdown: str) -> list[tuple[str, int, int]]:
    return [(block.kind.value, block.first, block.end) for block in blocks(markdown.split("\n"))]


def headings(markdown: str) -> list[tuple[int, str]]:
    return [(block.level, block.title) for block in blocks(markdown.split("\n")) if block.kind is Kind.HEADING]


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("# A", (1, "A")),
        ("   ### A  ", (3, "A")),
        ("## A ##", (2, "A")),
        ("## C#", (2, "C#")),
        ("## F# ##  ", (2, "F#")),
        ("##\tA", (2, "A")),
        ("# A {#a}", (1, "A {#a}")),
        ("    # code", None),
        ("#no-space", None),
        ("####### seven", None),
        ("#", None),
        ("## ##", None),
        ("# " + "x" * 2000, None),
    ],
)
def test_headings_by_number_signs(line: str, heading: tuple[int, str] | None) -> None:
    assert headings(f"{line}\n") == ([] if heading is None else [heading])


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("House rules\n===\n\nKitchen\n-------\ntext", [(1, "House rules"), (2, "Kitchen")]),
        ("two\nlines\n---", [(2, "two lines")]),
        ("text\n\n---\n", []),
        ("- item\n---", []),
        ("- item\nlazy\n---", []),
        ("> said\n---", []),
        ("<div>\n---", []),
        ("| a |\n| --- |\n---", []),
        ("    code\n---", []),
        ("a\n- - -", []),
        ("---\ntitle: x\ndate: y\n---\n# A", [(1, "A")]),
        ("x" * 2000 + "\n---", []),
    ],
)
def test_headings_by_a_row_of_signs_below(markdown: str, expected: list[tuple[int, str]]) -> None:
    assert headings(markdown) == expected


@pytest.mark.parametrize(
    "code",
    [
        "```py\n# a\n```",
        "~~~\n# a\n```\n# b\n~~~",
        "````\n```\n# a\n```\n````",
        "```\n# a\n``` no end\n`````",
        "- ```sh\n  # a\n  ```",
        "1. Run:\n\n    ```sh\n    # a\n    ```",
        "<!--\n# a\n-->",
        "<pre>\n# a\n\n# b\n</pre>",
        "- item\n\n  # of the item",
    ],
)
def test_what_looks_like_a_heading_in_code_comments_and_lists_is_none(code: str) -> None:
    assert headings(f"# Above\n\n{code}\n\n# Below\n") == [(1, "Above"), (1, "Below")]


def test_an_open_fence_reaches_to_the_end() -> None:
    assert found("a\n~~~\n# b\n```\n# c") == [("text", 0, 1), ("code", 1, 5)]
    assert found("``` not `code` ```\n# b") == [("text", 0, 1), ("heading", 1, 2)]


@pytest.mark.parametrize(
    ("markdown", "rows"),
    [
        ("| a | b |\n| --- | --- |\n| 1 | 2 |\ntext", 3),
        ("a | b\n--- | ---\n1 | 2\n\ntext", 3),
        ("a | b\n:-- | --:\n1 | 2\n# c | d", 3),
        ("a | b\n--- | ---\n1 | 2\n- c | d", 3),
        ("| a \\| b |\n| --- |\n", 2),
        ("a or b\n--- | ---\n", 0),
        ("a | b\n---\n", 0),
        ("a | b\n| x | y |\n", 0),
        ("```\n| a |\n| --- |\n```", 0),
    ],
)
def test_tables_with_and_without_signs_at_their_ends(markdown: str, rows: int) -> None:
    tables = [block for block in blocks(markdown.split("\n")) if block.kind is Kind.TABLE]
    assert sum(block.end - block.first for block in tables) == rows


def test_every_line_is_in_one_block() -> None:
    markdown = "---\na: b\n---\ntext\n# h\n\n```\nx\n```\n| a |\n|---|\n<!-- c\n-->\nTitle\n===\n- x"
    parts = found(markdown)
    assert [first for _, first, _ in parts] == [0, *(end for *_, end in parts[:-1])]
    assert parts[-1][2] == markdown.count("\n") + 1


def test_comments_are_left_out_but_not_from_code() -> None:
    kept = "```\n<!-- a -->\n```\n`<!-- b -->` and <!-- never closed"
    assert without_comments(f"x <!-- c `d` --> y\n<!--\n# e\n-->\n{kept}") == f"x  y\n\n\n\n{kept}"


def test_code_blocks_are_left_out_and_all_else_stays_in_its_place() -> None:
    text = "One.\n```\nx = 1\n```\nTwo."
    assert without_code_blocks(text).split() == ["One.", "Two."]
    assert without_code_blocks(text).index("Two.") == text.index("Two.")


@pytest.mark.parametrize(
    ("markdown", "changed"),
    [
        ("a [1] `names[1]` [1]", "a # `names[1]` #"),
        ("``a[1] ` b[1]`` [1]", "``a[1] ` b[1]`` #"),
        ("a `open [1]\n\nb` [1]", "a `open #\n\nb` #"),
        ("```py\na[1]\n```\n[1]", "```py\na[1]\n```\n#"),
        ("````\n```\na[1]\n```\n[1]\n````\n[1]", "````\n```\na[1]\n```\n[1]\n````\n#"),
        ("\\`[1]\\` [1]", "\\`#\\` #"),
        ("`C:\\` [1] `[1]`", "`C:\\` # `[1]`"),
        ("an open fence\n```\na[1]", "an open fence\n```\na[1]"),
    ],
)
def test_code_is_never_changed(markdown: str, changed: str) -> None:
    assert sub_outside_code(re.compile(r"\[1\]"), lambda _: "#", markdown) == changed


@pytest.mark.parametrize(
    "line",
    [
        *("```", "`", "` ``", "<!--", "<!-- ` -->", "a|b", "|-|", "# a #", "- ", "- a", ">", "a", "=", "a\n---"),
        *("<pre>", "\\", "#" * 99, "`" * 99, " " * 99 + "a", "1. a", "    a", "\t"),
    ],
)
def test_no_text_takes_quadratic_time(line: str) -> None:
    for end in "\n ":
        assert takes_no_quadratic_time(lambda n, end=end: without_comments((line + end) * n), 12_000)
        assert takes_no_quadratic_time(
            lambda n, end=end: sub_outside_code(re.compile(r"\[1\]"), lambda _: "#", (line + end) * n), 12_000
        )


_FRAGMENTS = (
    *("text", "text", "", "", "# A", "## B ##", "## C#", "---", "===", "```", "```py", "~~~", "````", "- item"),
    *("  # inner", "1. x", "    code", "> quote", "* * *", "  text", "   more", "<!-- c -->", "- ```", "  ```", "`x`"),
)


@pytest.mark.parametrize("seed", range(20))
def test_headings_and_code_are_those_of_markdown_it(seed: int) -> None:
    chance = random.Random(seed)
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    for _ in range(200):
        markdown = "\n".join(chance.choices(_FRAGMENTS, k=chance.randint(2, 9)))
        tokens = [token for token in parser.parse(markdown) if token.map is not None]
        right = [(token.type, token.map[0]) for token in tokens if token.map and token.type == "fence"]
        right += [(f"h{token.tag[1]}", token.map[0]) for token in tokens if token.map and _is_heading(token)]
        own = [block for block in blocks(markdown.split("\n")) if block.kind in {Kind.CODE, Kind.HEADING}]
        names = [(f"h{block.level}" if block.level else "fence", block.first) for block in own]
        assert sorted(names) == sorted(right), markdown


def _is_heading(token: Token) -> bool:
    """Not one within a list or a quotation."""
    return token.type == "heading_open" and token.level == 0
