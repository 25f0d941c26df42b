"""Identifiers, compounds, names in capitals and emoji are one token each."""

from __future__ import annotations

import pytest

from text.tokens import Kind, tokens


def cut(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokens(text)]


@pytest.mark.parametrize(
    ("written", "token"),
    [
        ("E-4017", "e4017"),
        ("E4017", "e4017"),
        ("e‑4017", "e4017"),
        ("2.10", "2.10"),
        ("v2.10", "2.10"),
        ("1.2.10", "1.2.10"),
        ("WT-40-17", "wt40.17"),
        ("USB-3.1", "usb3.1"),
    ],
)
def test_an_identifier_is_one_token_however_it_is_spelled(written: str, token: str) -> None:
    assert cut(f"See {written}.") == [(Kind.WORD, "see"), (Kind.IDENTIFIER, token)]


def test_versions_of_the_same_numbers_are_not_the_same() -> None:
    assert len({cut(version)[0] for version in ("2.10", "10.2", "1.2.10", "2.1", "210")}) == 5


def test_a_compound_has_its_parts() -> None:
    [token] = tokens("Wi-Fi")
    assert (token.kind, token.text, token.parts) == (Kind.COMPOUND, "wifi", ("wi", "fi"))
    [token] = tokens("10mm")
    assert (token.kind, token.text, token.parts) == (Kind.COMPOUND, "10mm", ("10", "mm"))


@pytest.mark.parametrize("written", ["10-12", "2nd", "discord.py", "e.g", "max_tokens", "3-day"])
def test_what_only_looks_like_an_identifier_is_none(written: str) -> None:
    assert {kind for kind, _ in cut(written)} <= {Kind.WORD, Kind.COMPOUND}


def test_a_stop_word_in_capitals_is_a_name() -> None:
    assert cut("reach IT or it")[1] == (Kind.NAME, "it")
    assert cut("reach IT or it")[3] == (Kind.WORD, "it")
    assert (Kind.NAME, "it") in cut("怎么联系 IT 部门")


def test_a_line_in_capitals_has_no_names() -> None:
    assert {kind for kind, _ in cut("WHO MAY DO IT\n")} == {Kind.WORD}


def test_emoji_are_tokens_without_their_tones_and_selectors() -> None:
    assert cut("👍🏽 ⚠️ 🇩🇪") == [(Kind.EMOJI, "👍"), (Kind.EMOJI, "⚠"), (Kind.EMOJI, "🇩🇪")]


def test_invisible_characters_part_no_word() -> None:
    assert cut("mem\N{SOFT HYPHEN}ber\N{ZERO WIDTH SPACE}ship") == [(Kind.WORD, "membership")]
