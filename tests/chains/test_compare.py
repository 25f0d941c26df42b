"""Trying the routes on the same questions, scoring them, and what that says of an adapter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.assistant import label_with_help
from chains.routing.compare import Reference, compare_routes, score_answer
from chains.types import Answer, Route
from finetune.training.promotion_gate import judge_comparison
from finetune.types import Champion, LabelHelp, TaskKind
from knowledge.types import OWNER


async def test_each_question_is_tried_by_every_route(
    make_bench: Callable[..., Any], a_passage: Callable[..., Any], champion: Champion
) -> None:
    bench = await make_bench(a_passage("A boat costs two euros."), champions=[champion])
    done: list[tuple[int, int]] = []
    references = [
        Reference("What does a boat cost?", "Two euros.", is_label=False),
        Reference("The mast is broken", "queue: billing", is_label=True),
    ]
    trials = await compare_routes(bench.assistant, references, "g", OWNER, lambda *told: done.append(told))
    assert done == [(1, 2), (2, 2)]
    assert dict(trials[0].scores) == {Route.RETRIEVAL: 1.0, Route.SPECIALIST: 0.0, Route.COMBINED: 0.0}
    assert dict(trials[1].scores) == {Route.RETRIEVAL: 0.0, Route.SPECIALIST: 1.0, Route.COMBINED: 1.0}
    assert all(seconds >= 0 for trial in trials for _, seconds in trial.seconds)


async def test_a_score_leaves_out_case_punctuation_articles_and_hyphens(
    make_bench: Callable[..., Any], a_passage: Callable[..., Any]
) -> None:
    bench = await make_bench(a_passage("It."))
    answer: Answer = await bench.assistant.answer(bench.ask("What is it?"))

    def scored(text: str, right: str, *, is_label: bool) -> float:
        return score_answer(replace(answer, text=text), Reference("?", right, is_label=is_label))

    assert scored("The Queue, is: tool repair!", "tool-repair", is_label=True) == 1
    assert scored("tools repaired", "tool-repair", is_label=True) == 0
    assert scored("A seven days", "seven days", is_label=False) == 1
    assert scored("seven days or eight", "seven days", is_label=False) == pytest.approx(2 * 2 / (4 + 2))
    assert scored("每周六", "周六", is_label=False) == pytest.approx(2 * 2 / (3 + 2))


def test_passages_are_read_only_where_that_is_better_beyond_chance() -> None:
    better = judge_comparison([(0.2, 0.4, 0.9)] * 9 + [(0.2, 0.4, 0.3)])
    assert better.reads_passages
    assert better.wins == 1
    alike = judge_comparison([(0.4, 0.4, 0.5), (0.6, 0.4, 0.3)] * 5)
    assert not alike.reads_passages
    assert alike.wins == 0.25


def test_a_label_is_said_with_what_its_training_set_says_beside_it(champion: Champion) -> None:
    labelled = replace(
        champion,
        kind=TaskKind.LABEL,
        label_help=(LabelHelp("keys", "Ilse has them.", "<#5>"), LabelHelp("fees", "Ask.")),
    )
    assert label_with_help(labelled, "keys") == "**keys**\nIlse has them. <#5>"
    assert label_with_help(labelled, "fees") == "**fees**\nAsk."
    assert label_with_help(labelled, "boats") == "**boats**"
    assert label_with_help(champion, "Two euros.") == "Two euros."


async def test_the_likeliest_of_several_champions_competes(make_bench: Callable[..., Any], champion: Champion) -> None:
    tools = replace(champion, skill="tools", adapter_sha256="b" * 64)
    bench = await make_bench(champions=[champion, tools], likeness={"queue": 0.2, "tools": 0.9})
    answer = await bench.assistant.answer(bench.ask("the plane is blunt"))
    assert answer.route is Route.SPECIALIST
    assert answer.model == tools.adapter_sha256
