"""What would have turned a decision: true by deciding again, the smallest, within what is real, and said so."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from chains.decision_log import DecisionLog, Latency
from chains.routing.counterfactual import TOLERANCE, counterfactual_of
from chains.routing.explain import Explainer
from chains.routing.guidance import load_guidance
from chains.routing.policy import Policy, Situation, load_policy
from chains.routing.question_kind import QuestionKind
from chains.routing.signals import LATENCY, RANGES, Measured, Range, signals_of
from chains.types import Counterfactual, Language, Route, RouteDecision, Signal, SignalChange
from finetune.types import Champion

THRESHOLD = 0.3837
GUIDANCE = load_guidance()
POLICY = load_policy(GUIDANCE, THRESHOLD, like_training=0.62)
EXPLAINER = Explainer(GUIDANCE)
DECISION = TypeAdapter(RouteDecision)
SEEDS = range(60)
KINDS = ("wants_outside_facts", "wants_creative_text", "wants_fixed_format", "small_talk", "about_the_bot")
FIGURE = re.compile(r"−?\d+(?:\.\d+)?")

FACTS = dict(zip(QuestionKind, (0.9, 0.03, 0.03, 0.02, 0.02), strict=True))


@dataclass(frozen=True)
class Case:
    """A decision with all that it was made from."""

    policy: Policy
    situation: Situation
    decision: RouteDecision

    @property
    def values(self) -> dict[str, float]:
        return {signal.name: signal.value for signal in self.decision.signals if signal.value is not None}

    def route_at(self, name: str, value: float) -> Route:
        """What is decided where the signal is at `value`."""
        return self.policy.decide(changed(self.decision.signals, name, value), self.situation).route

    def range_of(self, name: str) -> Range:
        unit = next(signal.unit for signal in self.decision.signals if signal.name == name)
        if name == "margin_over_base":
            held_out = self.values["held_out_score"]
            return replace(RANGES[unit], low=held_out - 1, high=held_out)
        return RANGES[unit]


def changed(signals: Sequence[Signal], name: str, value: float) -> list[Signal]:
    """The signals with one of them at `value`, and with it what is one figure with it."""
    before = {signal.name: signal.value for signal in signals if signal.value is not None}
    after = {name: value}
    if name in KINDS:
        others = [kind for kind in KINDS if kind != name]
        rest = sum(before[kind] for kind in others)
        after |= {kind: before[kind] * (rest + before[name] - value) / rest for kind in others}
    if name == "held_out_score":
        after["margin_over_base"] = before["margin_over_base"] + value - before[name]
    return [replace(signal, value=after.get(signal.name, signal.value)) for signal in signals]


def decided(
    holds: float | None = 0.9,
    kinds: dict[QuestionKind, float] | None = None,
    champion: Champion | None = None,
    requested: Route | None = None,
    policy: Policy = POLICY,
    **measured: float,
) -> Case:
    signals = signals_of(Measured(holds, holds is not None, kinds or FACTS, champion, **measured))
    reads = champion is not None and champion.reads_passages
    situation = Situation(requested, holds is not None, champion is not None, reads)
    return Case(policy, situation, policy.decide(signals, situation))


def random_case(seed: int) -> Case:
    """Signals over their whole range; for every other seed with other weights, as calibration may give them."""
    draw = random.Random(seed)
    shares = [draw.gammavariate(0.3, 1) for _ in QuestionKind]
    champion = Champion(
        "g",
        "s",
        "a",
        "b",
        "guild",
        draw.randint(1, 3000),
        draw.random(),
        draw.random(),
        draw.random() < 0.5,
        1.0,
        wins=draw.random(),
    )
    terms = tuple(replace(term, weight=term.weight * draw.uniform(0.2, 3)) for term in POLICY.terms)
    return decided(
        draw.choice((None, *(draw.random() for _ in range(9)))),
        {kind: share / sum(shares) for kind, share in zip(QuestionKind, shares, strict=True)},
        draw.choice((None, champion, champion)),
        policy=POLICY if seed % 2 else replace(POLICY, terms=terms),
        likeness_to_training=draw.random(),
        retrieval_latency=Latency(draw.uniform(1, 20), 20.0),
        specialist_latency=Latency(draw.uniform(1, 20), 20.0),
        cost_ratio=10 ** draw.uniform(-2, 2),
    )


def found(case: Case) -> Counterfactual | None:
    return counterfactual_of(case.policy, case.situation, case.decision)


def change_of(case: Case) -> SignalChange:
    turned = found(case)
    assert turned is not None
    assert turned.change is not None
    return turned.change


def explained(case: Case, language: Language) -> str:
    decision = replace(case.decision, counterfactual=found(case))
    return EXPLAINER.explain(decision, language).markdown


def sentence(case: Case, language: Language) -> str:
    starts = ("**What would", "**Without your", "**怎样会改变", "**如果你没有")
    (line,) = [line for line in explained(case, language).splitlines() if line.startswith(starts)]
    return line


def grid(reach: Range, start: float, distance: float) -> Iterator[float]:
    """Values of the range that lie nearer to `start` than `distance`, in shares of the range."""
    low, high = reach.position(reach.low), reach.position(reach.high)
    for step in range(201):
        position = low + (high - low) * step / 200
        if reach.distance(reach.position(start), position) < distance:
            yield reach.value(position)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_change_turns_the_decision_and_just_before_it_does_not(seed: int) -> None:
    case = random_case(seed)
    turned, change = found(case), change_of(case)
    reach = case.range_of(change.signal)
    start, end = reach.position(change.value), reach.position(change.turned_value)
    before = reach.value(end + (start - end) * min(1, 20 * TOLERANCE / reach.distance(start, end)))
    assert turned is not None
    assert turned.route is not case.decision.route
    assert case.route_at(change.signal, change.turned_value) is turned.route
    if not reach.whole:
        assert case.route_at(change.signal, before) is case.decision.route


@pytest.mark.parametrize("seed", SEEDS)
def test_the_change_stays_within_what_the_signal_can_really_take(seed: int) -> None:
    case = random_case(seed)
    change = change_of(case)
    reach = case.range_of(change.signal)
    assert reach.low <= change.turned_value <= reach.high
    assert reach.low <= change.said_value <= reach.high
    assert change.value == case.values[change.signal]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_smaller_change_of_any_signal_turns_the_decision(seed: int) -> None:
    case = random_case(seed)
    change = change_of(case)
    reach = case.range_of(change.signal)
    distance = reach.distance(reach.position(change.value), reach.position(change.turned_value))
    for signal in case.decision.signals:
        fixed = signal.unit not in RANGES or (signal.unit == "examples" and not case.situation.has_champion)
        # What is counted is rounded up to a whole number, which may be a long way where there are few.
        if signal.value is None or fixed or signal.unit == "examples":
            continue
        for value in grid(case.range_of(signal.name), signal.value, distance - 10 * TOLERANCE):
            assert case.route_at(signal.name, value) is case.decision.route, (signal.name, value)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("seed", SEEDS)
def test_the_figure_that_is_said_turns_the_decision_itself(seed: int, language: Language) -> None:
    case = random_case(seed)
    turned, change = found(case), change_of(case)
    assert turned is not None
    line = sentence(case, language)
    said, measured = (
        float(figure.replace("−", "-")) * (0.01 if "%" in line else 1) for figure in FIGURE.findall(line)[:2]
    )
    assert said == pytest.approx(change.said_value, abs=1e-12)
    assert said != measured
    assert case.route_at(change.signal, change.said_value) is turned.route


def test_a_decision_that_no_single_signal_can_turn_has_none() -> None:
    out_of_reach = replace(POLICY.thresholds, direct=2.0, creative=2.0)
    case = decided(None, policy=replace(POLICY, thresholds=out_of_reach))
    assert found(case) is None
    for signal in case.decision.signals:
        if signal.value is not None and signal.unit in RANGES:
            for value in grid(case.range_of(signal.name), signal.value, 2.0):
                assert case.route_at(signal.name, value) is case.decision.route, (signal.name, value)


def test_kinds_of_question_are_changed_together_so_that_they_still_sum_to_one() -> None:
    case = decided(0.2, dict(zip(QuestionKind, (0.5, 0.25, 0.2, 0.03, 0.02), strict=True)))
    change = change_of(case)
    assert case.decision.route is Route.ABSTAIN
    assert change.signal == "wants_outside_facts"
    # Small talk and questions about the bot are nine tenths of the rest, and direct opens at one half.
    assert change.turned_value == pytest.approx(1 - 0.5 / 0.9, abs=1e-4)
    assert case.route_at(change.signal, change.turned_value) is Route.DIRECT


def test_a_gate_is_turned_exactly_at_its_threshold() -> None:
    case = decided(0.3)
    assert found(case) == Counterfactual(
        Route.RETRIEVAL, SignalChange("passages_hold_answer", 0.3, THRESHOLD, said_value=0.39)
    )


def test_a_question_that_is_not_like_the_training_questions_is_turned_where_the_tuned_model_opens() -> None:
    champion = Champion("g", "s", "a", "b", "guild", 400, 0.9, 0.6, False, 1.0)
    case = decided(0.1, champion=champion, likeness_to_training=0.5)
    assert case.decision.route is Route.ABSTAIN
    assert found(case) == Counterfactual(
        Route.SPECIALIST, SignalChange("likeness_to_training", 0.5, 0.62, said_value=0.62)
    )
    assert "if the match with what the tuned model was trained on had been 62 % instead of 50 %" in sentence(
        case, Language.EN
    )


def test_below_a_threshold_the_figure_is_rounded_down() -> None:
    change = change_of(decided(0.5))
    assert change.turned_value == pytest.approx(THRESHOLD)
    assert change.turned_value < THRESHOLD
    assert change.said_value == 0.38


@pytest.mark.parametrize(
    ("threshold", "holds", "said", "measured"),
    [
        (THRESHOLD, 0.3835, "38.37 %", "38.35 %"),
        (0.4, 0.395, "40.0 %", "39.5 %"),
        (0.4, 0.3999996, "40.00000 %", "39.99996 %"),
        (0.4, 0.40000004, "39 %", "40 %"),
    ],
)
def test_two_figures_that_would_read_alike_are_said_in_more_decimals(
    threshold: float, holds: float, said: str, measured: str
) -> None:
    case = decided(holds, policy=load_policy(GUIDANCE, threshold))
    assert f"had been {said} instead of {measured}," in sentence(case, Language.EN)
    assert f"是 {said} 而不是 {measured}，" in sentence(case, Language.ZH)


def test_certainty_is_not_claimed_by_rounding() -> None:
    policy = load_policy(GUIDANCE, 0.9951)
    assert "had been 99.6 % instead of 99.0 %" in sentence(decided(0.99, policy=policy), Language.EN)


def test_a_held_out_score_moves_its_margin_over_the_base_with_it() -> None:
    champion = Champion("g", "s", "a", "b", "guild", 400, 0.9, 0.6, False, 1.0)
    case = decided(0.55, champion=champion, likeness_to_training=0.79)
    alone = [replace(s, value=0.7) if s.name == "held_out_score" else s for s in case.decision.signals]
    together = changed(case.decision.signals, "held_out_score", 0.7)
    scores = [dict(case.policy.decide(s, case.situation).scores)[Route.SPECIALIST] for s in (alone, together)]
    assert scores[1] < scores[0]


def test_without_a_tuned_model_its_number_of_examples_is_no_way_to_turn_a_decision() -> None:
    for seed in SEEDS:
        case = random_case(seed)
        assert case.situation.has_champion or change_of(case).signal != "training_examples"


def test_training_examples_change_by_whole_numbers() -> None:
    champion = Champion("g", "s", "a", "b", "guild", 60, 0.9, 0.6, False, 1.0)
    terms = [replace(t, weight=t.weight * (10 if t.signal == "training_examples" else 1)) for t in POLICY.terms]
    policy = replace(POLICY, terms=tuple(terms))
    case = decided(0.7, champion=champion, policy=policy, likeness_to_training=0.7)
    change = change_of(case)
    assert change.signal == "training_examples"
    assert change.turned_value == change.said_value == int(change.turned_value)
    assert case.route_at("training_examples", change.turned_value - 1) is case.decision.route
    assert f"{int(change.turned_value)} instead of 60," in sentence(case, Language.EN)


def test_what_was_not_measured_and_the_constant_never_change() -> None:
    bare = [
        signal if signal.unit == "constant" else replace(signal, value=None, missing="not_measured_yet")
        for signal in decided().decision.signals
    ]
    assert counterfactual_of(POLICY, Situation(), POLICY.decide(bare, Situation())) is None


def test_every_unit_has_a_range_but_the_constant_and_what_is_only_told() -> None:
    assert {signal.unit for signal in decided().decision.signals} - {"constant", LATENCY} == set(RANGES)


@pytest.mark.parametrize("requested", [Route.DIRECT, Route.RETRIEVAL, Route.SPECIALIST])
def test_a_request_is_taken_away_and_the_rest_decided_again(requested: Route) -> None:
    assert found(decided(requested=requested)) == Counterfactual(Route.RETRIEVAL, None)


def test_the_route_without_the_request_is_said_in_both_languages() -> None:
    asked = decided(requested=Route.DIRECT)
    weak = decided(0.1, requested=Route.RETRIEVAL)
    same = decided(requested=Route.RETRIEVAL)
    assert sentence(asked, Language.EN) == "**Without your request:** the route would have been “documents”."
    assert sentence(asked, Language.ZH) == "**如果你没有指定：**回答方式就会是“查文档”。"
    assert sentence(weak, Language.EN) == "**Without your request:** there would have been no answer."
    assert sentence(weak, Language.ZH) == "**如果你没有指定：**就不会作答。"
    assert sentence(same, Language.EN) == "**Without your request:** the route would have been the same."
    assert sentence(same, Language.ZH) == "**如果你没有指定：**回答方式也是这一种。"


def test_a_change_is_said_with_both_figures_and_the_other_route() -> None:
    case = decided(0.2)
    assert sentence(case, Language.EN) == (
        "**What would have changed it:** if the chance that the text found answers this had been 39 % instead of"
        " 20 %, the route would have been “documents”."
    )
    assert (
        sentence(case, Language.ZH)
        == "**怎样会改变：**如果找到的内容能回答这个问题的可能性是 39 % 而不是 20 %，回答方式就会是“查文档”。"
    )


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("signal", [s.name for s in decided().decision.signals if s.unit in RANGES])
def test_every_signal_that_can_change_has_words(signal: str, language: Language) -> None:
    turned = Counterfactual(Route.DIRECT, SignalChange(signal, 0.25, 0.5, 0.5))
    said = EXPLAINER.explain(replace(decided().decision, counterfactual=turned), language).markdown
    assert "{" not in said
    assert EXPLAINER.route_name(Route.DIRECT, language) in said


async def test_the_router_puts_it_on_record(make_bench) -> None:
    bench = await make_bench()
    answer = await bench.assistant.answer(bench.ask("What does it cost?"))
    logged = (await bench.log.get(answer.decision_id)).decision
    assert logged.counterfactual is not None
    assert logged.counterfactual == answer.decision.counterfactual


async def test_a_record_from_before_still_loads_and_is_explained(make_bench, tmp_path: Path) -> None:
    bench = await make_bench()
    answer = await bench.assistant.answer(bench.ask("What does it cost?"))
    with closing(sqlite3.connect(tmp_path / "decisions.db")) as database, database:
        database.execute("UPDATE decision SET decision = json_remove(decision, '$.counterfactual')")
    logged = (await DecisionLog(tmp_path / "decisions.db").get(answer.decision_id)).decision
    assert logged.counterfactual is None
    assert "What would have changed it" not in EXPLAINER.explain(logged, Language.EN).markdown


def test_the_record_as_json_says_which_form_it_has() -> None:
    changed_value = json.loads(DECISION.dump_json(replace(decided(0.2).decision, counterfactual=found(decided(0.2)))))
    assert changed_value["counterfactual"] == {
        "route": "retrieval",
        "change": {"signal": "passages_hold_answer", "value": 0.2, "turned_value": THRESHOLD, "said_value": 0.39},
    }
    request = replace(decided().decision, counterfactual=Counterfactual(Route.DIRECT, None))
    assert DECISION.validate_json(DECISION.dump_json(request)) == request
