"""The scores by which the benchmarks judge."""

from __future__ import annotations

import pytest

from benchmarks.datasets.question_sets import Doc, GoldQuestion, is_only_in_gold
from benchmarks.harness.scoring import contains, first_gold, token_f1


def test_a_documents_many_passages_count_once() -> None:
    assert first_gold(["a", "a", "a", "b", "b", "c"], {"c"}) == 3
    assert first_gold(["a"], {"c"}) is None


@pytest.mark.parametrize(
    ("answer", "gold", "lang", "held"),
    [
        ("It was the 308 points.", "308", "en", True),
        ("It was 3080 points.", "308", "en", False),
        ("In the AFC North!", "the afc-north", "en", True),
        ("他生于１９０２年。", "1902年", "zh", True),
        ("他生于三月。", "四月", "zh", False),
    ],
)
def test_an_answer_holds_the_gold_whatever_its_case_and_punctuation(
    answer: str, gold: str, lang: str, held: bool
) -> None:
    assert contains(answer, ["never said", gold], lang) is held


def test_f1_is_of_words_in_english_and_of_characters_in_chinese() -> None:
    assert token_f1("the red boat", ["red boat"], "en") == 1.0
    assert token_f1("a red boat sails", ["red boat"], "en") == pytest.approx(2 * (2 / 3) / (5 / 3))
    assert token_f1("红色的船", ["红船"], "zh") == pytest.approx(2 * 0.5 / 1.5)
    assert token_f1("nothing", ["red boat"], "en") == 0.0


@pytest.mark.parametrize(
    ("title", "text", "is_only"),
    [
        ("Boats", "The ketch has 2 masts.", False),
        ("Boats", "The ketch was built in 2002.", True),
        ("Harbours", "The jetty has 2 lamps.", True),
    ],
)
def test_a_question_is_answered_without_its_gold_where_the_same_article_says_so_elsewhere(
    title: str, text: str, is_only: bool
) -> None:
    asked = GoldQuestion("en", "How many masts has the ketch?", ("2",), frozenset({"gold"}))
    docs = [Doc("gold", "en", "Boats", "A ketch carries 2."), Doc("other", "en", title, text)]
    assert is_only_in_gold(asked, docs) is is_only
