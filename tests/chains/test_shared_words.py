"""What of a question stands together in one found sentence, in both languages."""

from __future__ import annotations

import pytest

from chains.routing.confidence import share_in_one_sentence


@pytest.mark.parametrize(
    ("question", "text", "share"),
    [
        # mooring, cost, winter: by their beginnings, without what only asks.
        ("What does mooring cost in winter?", "In winter, moorings cost two euros.", 1.0),
        ("What does mooring cost in winter?", "Moorings cost two euros. In winter nobody comes.", 2 / 3),
        ("What does mooring cost in winter?", "Nobody comes.", 0.0),
        # 冬天, 天停, 停泊, 泊收, 收费
        ("冬天停泊收费多少？", "冬天停泊收费两欧元。", 1.0),
        ("冬天停泊收费多少？", "停泊收费两欧元。冬天没有人来。", 3 / 5),
        ("Who is it?", "Who is it? Somebody else.", 0.0),
        ("谁的？", "谁的？别人的。", 0.0),
    ],
)
def test_the_telling_words_of_a_question_are_sought_in_one_sentence(
    a_passage, question: str, text: str, share: float
) -> None:
    assert share_in_one_sentence(question, (a_passage(text),)) == pytest.approx(share)


def test_the_best_sentence_may_stand_in_any_passage(a_passage) -> None:
    passages = (a_passage("The jetty is long.", 1), a_passage("A lamp is due on the jetty.", 2))
    # lamp, fees, due, jetty
    assert share_in_one_sentence("Which lamp fees are due on the jetty?", passages) == 0.75
