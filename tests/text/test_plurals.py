import pytest

from text.plurals import counted, fill


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 files are ready"),
        (1, "1 file is ready"),
        (2, "2 files are ready"),
        ("1,024", "1,024 files are ready"),
        ("1", "1 file is ready"),
        ("**1**", "**1** file is ready"),
        ("<1", "<1 files are ready"),
        ("1.0", "1.0 files are ready"),
    ],
)
def test_a_noun_and_its_verb_follow_the_number_that_is_shown(count: object, said: str) -> None:
    assert fill("{count:# file is|# files are} ready", count=count) == said


def test_the_number_can_be_left_out_of_one_form() -> None:
    assert fill("{count:the one before it|the # before it}", count=1) == "the one before it"
    assert fill("{count:the one before it|the # before it}", count=3) == "the 3 before it"


def test_other_fields_are_filled_in_as_ever_and_a_value_is_never_read_as_a_template() -> None:
    assert fill("{name}: {share:.0%}", name="{count:a|b} #", share=0.5) == "{count:a|b} #: 50%"


def test_a_counted_noun_in_the_terminal() -> None:
    assert [counted(count, "passage") for count in (0, 1, 2_000)] == ["0 passages", "1 passage", "2,000 passages"]
    assert counted(2, "entry", "entries") == "2 entries"
