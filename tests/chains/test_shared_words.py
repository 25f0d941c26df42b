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
    # lamp, rules, due, jetty
    assert share_in_one_sentence("Which lamp rules are due on the jetty?", passages) == 0.75


def test_a_heading_counts_with_each_sentence_below_it(a_passage) -> None:
    # lamp, fees, due, jetty; the passage stands below "Fees"
    passages = (a_passage("The jetty is long. A lamp is due on the jetty."),)
    assert share_in_one_sentence("Which lamp fees are due on the jetty?", passages) == 1.0


@pytest.mark.parametrize(
    ("question", "text", "share"),
    [
        # An identifier weighs as much as the other words together, here "error" and "mean".
        ("What does error E-4017 mean?", "Code E4017: the gearbox is hot.", 0.5),
        ("What does error E4017 mean?", "Code E-4017: the gearbox is hot.", 0.5),
        ("What does error E-4018 mean?", "Code E-4017: the gearbox is hot.", 0.0),
        ("What is new in 2.10?", "Tracks are sent by mail since 10.2 and 2.1.", 0.0),
        ("Where are the lifejackets?", "Life jackets hang in the shed.", 1.0),
        ("Where are the life jackets?", "Lifejackets hang in the shed.", 1.0),
        ("Is there WiFi?", "The Wi-Fi is slow.", 1.0),
        ("Is there Wi-Fi?", "The wifi is slow.", 1.0),
        ("Is a 10mm hose right?", "A hose of 10 mm is right.", 1.0),
        ("How do I reach IT?", "Write to IT.", 0.5),
        ("How do I reach IT?", "Nobody can reach it.", 1.0),
        ("借書證遺失？", "借书证遗失要缴罚款。", 1.0),
    ],
)
def test_spellings_of_one_thing_are_the_same_and_others_are_not(
    a_passage, question: str, text: str, share: float
) -> None:
    assert share_in_one_sentence(question, (a_passage(text),)) == pytest.approx(share)
