"""Which language a question is answered in."""

from __future__ import annotations

import pytest

from chains.types import Language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I moor?", Language.EN),
        ("怎么停船？", Language.ZH),
        ("怎么用 GitHub 登录 Discord", Language.ZH),
        ("What does 停泊 mean in the harbour handbook?", Language.EN),
        ("", Language.EN),
        ("12:30 ???", Language.EN),
    ],
)
def test_the_language_is_told_by_the_share_of_han_characters(text: str, language: Language) -> None:
    assert Language.of(text) is language
