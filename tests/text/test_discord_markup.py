"""Discord's markup becomes the words that people see."""

from __future__ import annotations

import pytest

from text.discord_markup import readable_markup

NAMES = {("member", 11): "Ann", ("role", 22): "Skipper", ("channel", 33): "tool-shed"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("What is <:redflag:112233445566778899>?", "What is :redflag:?"),
        ("What is <a:redflag:112233445566778899>?", "What is :redflag:?"),
        ("Is <@11> or <@!11> a <@&22> in <#33>?", "Is @Ann or @Ann a @Skipper in #tool-shed?"),
        ("Is <@99> a <@&99> in <#99>?", "Is <@99> a <@&99> in <#99>?"),
        ("Open at <t:1704110400:t>?", "Open at 12:00 UTC?"),
        ("Open on <t:1704110400:D>?", "Open on 2024-01-01?"),
        ("Open <t:1704110400:R>, <t:1704110400>?", "Open 2024-01-01 12:00 UTC, 2024-01-01 12:00 UTC?"),
        ("Open <t:9999999999999>?", "Open <t:9999999999999>?"),
        ("What does </ask question:12> do? See <id:guide>.", "What does /ask question do? See guide."),
        ("[the rules](https://example.org/a_b) and <https://example.org>", "the rules and https://example.org"),
        ('[rules](<https://example.org> "the rules")?', "rules?"),
        ("a [b](c), x < 3 and y > 2, list[0](1)", "a [b](c), x < 3 and y > 2, list[0](1)"),
    ],
)
def test_markup_is_read_as_it_is_shown(written: str, read: str) -> None:
    assert readable_markup(written, lambda kind, id_: NAMES.get((kind, id_))) == read


def test_mentions_with_empty_names_are_left_out() -> None:
    assert readable_markup("Is <@99> a <@&99> in <#99>?", lambda _kind, _id: "") == "Is   a   in  ?"
