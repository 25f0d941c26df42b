from __future__ import annotations

import pytest

from text.file_names import MAX_NAME_CHARS, safe_name


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("rules.md", "rules.md"),
        ("../../x", "x"),
        ("../../etc/passwd.txt", "passwd.txt"),
        (r"C:\Users\me\rules.md", "rules.md"),
        ("会员手册.pdf", "会员手册.pdf"),
        ("a\nb\t c.md", "a b c.md"),
        ("re\u202egnp.md", "regnp.md"),
        ("**bold** [x](http)@everyone.md", "bold- -x-http-everyone.md"),
        (".hidden.md", "hidden.md"),
        ("..", "document"),
        ("", "document"),
        ("/", "document"),
    ],
)
def test_a_name_is_reduced_to_a_harmless_file_name(raw: str, safe: str) -> None:
    assert safe_name(raw) == safe


def test_a_long_name_keeps_its_type() -> None:
    name = safe_name("x" * 300 + ".pdf")
    assert len(name) == MAX_NAME_CHARS
    assert name.endswith("x.pdf")


@pytest.mark.parametrize("raw", ["../../x", "**b** [x](y).md", "x" * 300 + ".md", "a/b\\c.txt"])
def test_a_safe_name_stays_as_it_is(raw: str) -> None:
    assert safe_name(safe_name(raw)) == safe_name(raw)
