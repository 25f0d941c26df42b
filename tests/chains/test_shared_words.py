"""What of a question stands together in one found sentence, and what nowhere, in both languages."""

from __future__ import annotations

import pytest

from chains.routing.shared_words import shared_words


@pytest.mark.parametrize(
    ("question", "text", "together", "nowhere"),
    [
        # mooring, cost, winter: by their beginnings, without what only asks.
        ("What does mooring cost in winter?", "In winter, moorings cost two euros.", 1.0, 0.0),
        ("What does mooring cost in winter?", "Moorings cost two euros. In winter nobody comes.", 2 / 3, 0.0),
        ("What does mooring cost in winter?", "Moorings cost two euros.", 2 / 3, 1 / 3),
        # 冬天, 天停, 停泊, 泊收, 收费
        ("冬天停泊收费多少？", "冬天停泊收费两欧元。", 1.0, 0.0),
        ("冬天停泊收费多少？", "停泊收费两欧元。冬天没有人来。", 3 / 5, 1 / 5),
        ("Who is it?", "Somebody else.", 0.0, 0.0),
    ],
)
def test_words_of_a_question_are_sought_in_one_sentence_and_anywhere(
    a_passage, question: str, text: str, together: float, nowhere: float
) -> None:
    shared = shared_words(question, (a_passage(text),))
    assert (shared.in_one_sentence, shared.nowhere) == (pytest.approx(together), pytest.approx(nowhere))


def test_the_best_sentence_may_stand_in_any_passage_and_a_heading_is_known_but_no_sentence(a_passage) -> None:
    question = "Which lamp fees are due on the jetty?"
    passages = (a_passage("The jetty is long.", 1), a_passage("A lamp is due on the jetty.", 2))
    shared = shared_words(question, passages)
    # lamp, fees, due, jetty; every passage here stands under the heading "Fees".
    assert (shared.in_one_sentence, shared.nowhere) == (0.75, 0.0)
