"""A text ends before a stop string, however it is cut into pieces."""

from __future__ import annotations

import pytest

from finetune.serving.text_model import StopStrings

TEXT = "one two END three"


@pytest.mark.parametrize("size", range(1, len(TEXT) + 1))
def test_a_stop_string_is_found_in_pieces_of_any_size(size: int) -> None:
    stop = StopStrings(["END", "never"])
    shown = "".join(stop.push(TEXT[at : at + size]) for at in range(0, len(TEXT), size)) + stop.flush()
    assert shown == "one two "
    assert stop.found


def test_what_only_began_like_a_stop_string_is_shown_in_the_end() -> None:
    stop = StopStrings(["END"])
    assert stop.push("the EN") == "the "
    assert stop.push("TRANT") == "ENTRANT"
    assert stop.push(" E") == " "
    assert stop.flush() == "E"
    assert not stop.found


def test_without_stop_strings_nothing_is_held_back() -> None:
    stop = StopStrings([""])
    assert stop.push("anything") == "anything"
