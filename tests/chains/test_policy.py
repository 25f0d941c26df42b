"""The policy: which signals move which route, which gates overrule the sum, and what the record keeps."""

from __future__ import annotations

import itertools
import random
import re
from dataclasses import replace

import pytest

from chains.routing.explain import Explainer, deciding_reason
from chains.routing.guidance import load_guidance
from chains.routing.policy import Situation, Term, load_policy
from chains.types import (
    Contribution,
    Gate,
    GateName,
    Language,
    Route,
    RouteDecision,
    Signal,
    SignalName,
    SignalScope,
)

THRESHOLD = 0.4
GUIDANCE = load_guidance()
LIKE = 0.6
POLICY = load_policy(GUIDANCE, THRESHOLD, like_training=LIKE)
EXPLAINER = Explainer(GUIDANCE)

QUESTION_SIGNALS = {
    "passages_hold_answer": 0.9,
    "wants_outside_facts": 0.9,
    "wants_creative_text": 0.02,
    "wants_fixed_format": 0.02,
    "small_talk": 0.03,
    "about_the_bot": 0.03,
}
SKILL_SIGNALS = {"likeness_to_training": 0.1, "held_out_score": 0.8, "margin_over_base": 0.3, "training_examples": 400}
INSTALLATION_SIGNALS = {"starting_lead": 1, "latency_difference": 3, "cost_difference": 2, "measured_wins": 0.6}
CHAMPION = Situation(has_champion=True)


def signals(**changed: float | None) -> list[Signal]:
    found = []
    for scope, values in (
        (SignalScope.QUESTION, QUESTION_SIGNALS),
        (SignalScope.SKILL, SKILL_SIGNALS),
        (SignalScope.INSTALLATION, INSTALLATION_SIGNALS),
    ):
        for name, usual in values.items():
            value = changed.get(name, usual)
            scope_of = SignalScope.QUESTION if name == "likeness_to_training" else scope
            missing = "not_measured_yet" if value is None else None
            found.append(Signal(name, value, "probability", "test", scope_of, missing))
    return found


def decide(situation: Situation | None = None, **changed: float | None) -> RouteDecision:
    return POLICY.decide(signals(**changed), situation or Situation())


def rules_fired(decision: RouteDecision) -> set[str]:
    return {rule for item in decision.contributions for rule in item.rules if item.amount != 0}


FIRING = {
    "G1": {"starting_lead": 1.0},
    "G2": {"training_examples": 1000.0},
    "G3": {"passages_hold_answer": 0.1},
    "G4": {"training_examples": 10.0},
    "R1": {"passages_hold_answer": 0.95},
    "R2": {"wants_creative_text": 0.9},
    "R3": {"training_examples": 10.0},
    "F1": {"wants_fixed_format": 0.9},
    "F2": {"training_examples": 1000.0},
    "F3": {"latency_difference": 4.0},
    "C1": {"cost_difference": 5.0},
    "C2": {"cost_difference": 5.0},
    "C3": {"cost_difference": 5.0},
    "T1": {"measured_wins": 0.9},
    "H1": {"small_talk": 0.9},
}


def test_every_rule_that_reads_signals_is_listed_here() -> None:
    assert set(FIRING) == {rule.id for rule in GUIDANCE.rules.values() if rule.signals}


@pytest.mark.parametrize("rule_id", sorted(FIRING))
def test_rule_fires_on_its_signal_alone_and_moves_a_route_as_the_guidance_says(rule_id: str) -> None:
    ((name, value),) = FIRING[rule_id].items()
    alone = [Signal(name, value, "probability", "test", SignalScope.QUESTION)]
    decision = POLICY.decide(alone, CHAMPION)
    fired = [item for item in decision.contributions if rule_id in item.rules and item.amount != 0]
    assert fired
    for item in fired:
        direction = GUIDANCE[rule_id].moves.get(item.route)
        assert direction in {None, "either", "up" if item.amount > 0 else "down"}


@pytest.mark.parametrize("rule_id", ["D1", "D2", "D3"])
def test_definitions_read_no_signal_and_have_both_languages(rule_id: str) -> None:
    rule = GUIDANCE[rule_id]
    assert rule.signals == ()
    assert rule.wording(Language.EN) != rule.wording(Language.ZH)


def test_the_score_of_a_route_is_the_sum_of_its_contributions() -> None:
    decision = decide(CHAMPION)
    for route, score in decision.scores:
        assert score == pytest.approx(sum(c.amount for c in decision.contributions if c.route is route))


def test_passages_that_hold_the_answer_lead_to_retrieval_and_are_named_as_the_reason() -> None:
    decision = decide()
    reason = deciding_reason(decision)
    assert decision.route is Route.RETRIEVAL
    assert isinstance(reason, Contribution)
    assert (reason.signal, reason.rules) == ("passages_hold_answer", ("R1",))


def test_what_is_the_same_for_all_questions_is_never_named_as_the_reason() -> None:
    steps = (0.0, 0.5, 1.0)
    for holds, facts, like in itertools.product(steps, steps, steps):
        decision = decide(CHAMPION, passages_hold_answer=holds, wants_outside_facts=facts, likeness_to_training=like)
        reason = deciding_reason(decision)
        assert isinstance(reason, Gate) or reason.scope is SignalScope.QUESTION


def test_facts_without_good_passages_abstain_and_keep_the_figure_and_its_threshold() -> None:
    decision = decide(passages_hold_answer=0.1)
    reason = deciding_reason(decision)
    assert decision.route is Route.ABSTAIN
    assert reason == Gate("passages_too_weak", Route.RETRIEVAL, False, 0.1, THRESHOLD)


def test_small_talk_goes_to_direct_by_the_house_rule() -> None:
    decision = decide(passages_hold_answer=0.1, small_talk=0.95, wants_outside_facts=0.02)
    assert decision.route is Route.DIRECT
    assert deciding_reason(decision).rules == ("H1",)


def test_creative_text_without_passages_goes_to_direct_by_a_gate() -> None:
    decision = decide(passages_hold_answer=0.1, wants_creative_text=0.9, wants_outside_facts=0.05)
    assert decision.route is Route.DIRECT
    assert deciding_reason(decision).name == "creative_without_passages"


def test_creative_text_with_passages_is_written_from_them() -> None:
    assert decide(wants_creative_text=0.9, wants_outside_facts=0.05).route is Route.RETRIEVAL


@pytest.mark.parametrize("holds", [0.01, 0.9])
def test_creative_text_on_what_the_passages_are_about_is_written_from_them_whatever_they_would_answer(
    holds: float,
) -> None:
    creative = {"wants_creative_text": 0.9, "wants_outside_facts": 0.05, "passages_hold_answer": holds}
    at = POLICY.thresholds.material
    with_material = decide(Situation(material=at), **creative)
    assert with_material.route is Route.RETRIEVAL
    reason = deciding_reason(with_material)
    assert reason == Gate("creative_with_passages", Route.RETRIEVAL, True, at, at)
    assert f"match {at:.0%}".replace("%", " %") in EXPLAINER.headline(with_material, Language.EN)
    without = decide(Situation(material=at - 0.01), **creative)
    assert without.route is (Route.DIRECT if holds < THRESHOLD else Route.RETRIEVAL)


def test_material_opens_nothing_for_a_question_that_asks_for_facts() -> None:
    assert decide(Situation(material=1.0), passages_hold_answer=0.1).route is Route.ABSTAIN


def test_no_documents_close_retrieval_and_say_so_rather_than_a_probability() -> None:
    decision = decide(Situation(has_documents=False), passages_hold_answer=None)
    assert decision.route is Route.ABSTAIN
    assert deciding_reason(decision).name == "no_documents"


def test_without_a_champion_the_specialist_is_closed_however_high_its_score() -> None:
    decision = decide(likeness_to_training=1.0, passages_hold_answer=0.5)
    assert decision.route is Route.RETRIEVAL
    assert Gate("no_tuned_model", Route.SPECIALIST, False) in decision.gates


def test_a_question_of_the_tuned_kind_goes_to_the_champion() -> None:
    decision = decide(CHAMPION, likeness_to_training=0.97, passages_hold_answer=0.2, wants_outside_facts=0.3)
    assert decision.route is Route.SPECIALIST
    assert deciding_reason(decision).signal == "likeness_to_training"


def test_a_question_unlike_the_training_questions_never_goes_to_the_champion_and_keeps_both_figures() -> None:
    reading = Situation(has_champion=True, champion_reads_passages=True)
    nothing_holds = {"passages_hold_answer": 0.1, "wants_fixed_format": 0.3}
    for likeness in (0.0, 0.05, LIKE - 0.001, None):
        decision = decide(reading, likeness_to_training=likeness, **nothing_holds)
        assert decision.route is Route.ABSTAIN
        for route in (Route.SPECIALIST, Route.COMBINED):
            assert Gate("unlike_training", route, False, likeness, LIKE) in decision.gates
    assert decide(reading, likeness_to_training=LIKE, **nothing_holds).route is Route.SPECIALIST


@pytest.mark.parametrize("language", list(Language))
def test_a_refusal_says_that_the_tuned_model_does_not_fit_the_question_either(language: Language) -> None:
    decision = decide(CHAMPION, likeness_to_training=0.05, passages_hold_answer=0.1)
    without = decide(passages_hold_answer=0.1, likeness_to_training=None)
    said, alone = (EXPLAINER.refusal(each, "rules.md", language) for each in (decision, without))
    assert ("tuned model" if language is Language.EN else "微调模型") in said
    assert "tuned model" not in alone and "微调模型" not in alone


def test_a_requested_champion_answers_what_is_unlike_its_training_questions_and_both_are_said() -> None:
    decision = decide(Situation(Route.SPECIALIST, has_champion=True), likeness_to_training=0.05)
    assert decision.route is Route.SPECIALIST
    assert deciding_reason(decision) == Gate("requested", Route.SPECIALIST, True)
    said = EXPLAINER.explain(decision, Language.EN).markdown
    assert "you asked for this route" in said
    assert "match with what the tuned model was trained on: only 5 % (60 % needed)" in said


@pytest.mark.parametrize(("language", "said"), [(Language.EN, "no document was used"), (Language.ZH, "没有用到任何")])
def test_a_requested_answer_of_the_model_alone_says_that_it_used_no_document(language: Language, said: str) -> None:
    asked, decided = decide(Situation(Route.DIRECT)), decide(Situation(Route.RETRIEVAL))
    assert said in EXPLAINER.headline(asked, language)
    assert said not in EXPLAINER.headline(decided, language)


def test_a_route_that_as_much_speaks_against_as_for_is_no_answer() -> None:
    poor = {"held_out_score": 0.0, "margin_over_base": -0.4, "measured_wins": 0.0, "training_examples": 10}
    decision = decide(CHAMPION, likeness_to_training=0.65, passages_hold_answer=0.1, wants_outside_facts=0.1, **poor)
    assert dict(decision.scores)[Route.SPECIALIST] < 0
    assert decision.route is Route.ABSTAIN
    assert Gate("sum_not_positive", Route.SPECIALIST, False) in decision.gates


def test_good_passages_answer_though_the_tuned_model_won_on_questions_of_its_own_kind() -> None:
    won = {"measured_wins": 1.0, "training_examples": 3000, "likeness_to_training": 0.02, "wants_outside_facts": 0.2}
    decision = decide(CHAMPION, passages_hold_answer=0.55, **won)
    assert dict(decision.scores)[Route.RETRIEVAL] < 0
    assert decision.route is Route.RETRIEVAL
    assert deciding_reason(decision) == Gate("passages_good_enough", Route.RETRIEVAL, True, 0.55, THRESHOLD)


def test_passages_that_cannot_be_rated_are_not_told_as_nothing_found() -> None:
    measured = [
        replace(signal, value=None, missing="passages_not_rated")
        if signal.name == SignalName.PASSAGES_HOLD_ANSWER
        else signal
        for signal in signals()
    ]
    decision = POLICY.decide(measured, Situation())
    assert (decision.route, deciding_reason(decision).name) == (Route.ABSTAIN, GateName.PASSAGES_NOT_RATED)
    assert "search index is incomplete" in EXPLAINER.refusal(decision, "a.md", Language.EN)


def test_a_search_that_found_nothing_is_not_told_as_a_probability() -> None:
    decision = decide(passages_hold_answer=None)
    assert deciding_reason(decision).name == "nothing_found"
    assert "I found nothing" in EXPLAINER.refusal(decision, None, Language.EN)
    assert "?" not in EXPLAINER.headline(decision, Language.EN)


@pytest.mark.parametrize("seed", range(400))
def test_the_reason_speaks_for_the_taken_route_and_its_sum_is_positive(seed: int) -> None:
    draw = random.Random(seed)
    kinds = [draw.gammavariate(0.3, 1) for _ in range(5)]
    names = ("wants_outside_facts", "wants_creative_text", "wants_fixed_format", "small_talk", "about_the_bot")
    values: dict[str, float | None] = {
        name: draw.choice((None, draw.random(), draw.random()))
        for name in ("passages_hold_answer", "likeness_to_training", "held_out_score", "measured_wins")
    }
    values |= {name: share / sum(kinds) for name, share in zip(names, kinds, strict=True)}
    values |= {"margin_over_base": draw.uniform(-1, 1), "training_examples": draw.randint(0, 3000)}
    values |= {"latency_difference": draw.uniform(-20, 20), "cost_difference": 10 ** draw.uniform(-2, 2)}
    has_champion = draw.random() < 0.8
    situation = Situation(None, draw.random() < 0.8, has_champion, has_champion and draw.random() < 0.5)
    thresholds = replace(
        POLICY.thresholds, passages_hold_answer=draw.uniform(0.2, 0.8), like_training=draw.uniform(0, 0.9)
    )
    decision = replace(POLICY, thresholds=thresholds).decide(signals(**values), situation)
    reason = deciding_reason(decision)
    if isinstance(reason, Contribution):
        assert reason.route is decision.route
        assert reason.amount >= 0.05
        assert dict(decision.scores)[decision.route] > 0
    else:
        assert reason in decision.gates
        assert reason.opens or decision.route is Route.ABSTAIN


def test_a_record_in_which_a_route_won_for_want_of_another_names_no_term_that_gave_nothing() -> None:
    decision = decide(CHAMPION, likeness_to_training=0.005, passages_hold_answer=0.1, wants_fixed_format=0.003)
    kept = tuple(gate for gate in decision.gates if gate.name in {"passages_too_weak", "not_small_talk"})
    before = replace(decision, route=Route.SPECIALIST, gates=kept, policy_version="2026.11.2")
    for language in Language:
        said = EXPLAINER.explain(before, language)
        assert "<1 %" not in said.headline
        assert "+0.0" not in said.markdown
    assert "no open route scored higher" in EXPLAINER.headline(before, Language.EN)


def test_combined_opens_only_for_a_champion_that_was_evaluated_with_passages() -> None:
    strong = {"likeness_to_training": 0.98, "passages_hold_answer": 0.98, "wants_outside_facts": 0.0}
    reading = Situation(has_champion=True, champion_reads_passages=True)
    assert Gate("not_evaluated_with_passages", Route.COMBINED, False) in decide(CHAMPION, **strong).gates
    without_history = {"starting_lead": None, "training_examples": None, "latency_difference": None}
    none_measured = {"held_out_score": None, "margin_over_base": None, "cost_difference": None, "measured_wins": None}
    assert decide(reading, **strong, **without_history, **none_measured).route is Route.COMBINED


def test_a_requested_route_is_obeyed_and_recorded_as_a_gate_even_where_passages_are_weak() -> None:
    decision = decide(Situation(requested=Route.RETRIEVAL), passages_hold_answer=0.1)
    assert decision.route is Route.RETRIEVAL
    assert deciding_reason(decision) == Gate("requested", Route.RETRIEVAL, True)
    assert decision.margin is None


def test_a_requested_route_that_has_nothing_to_answer_with_is_not_replaced_silently() -> None:
    decision = decide(Situation(requested=Route.SPECIALIST))
    refusal = EXPLAINER.refusal(decision, "rules.md", Language.EN)
    assert decision.route is Route.ABSTAIN
    assert deciding_reason(decision) == Gate("request_unavailable", Route.SPECIALIST, False)
    assert "tuned model" in refusal
    assert "no tuned model yet" in refusal


def test_an_unmeasured_signal_contributes_nothing_and_keeps_its_reason() -> None:
    decision = decide(likeness_to_training=None)
    assert all(item.signal != "likeness_to_training" for item in decision.contributions)
    assert "Not measured:** match" in EXPLAINER.explain(decision, Language.EN).markdown


def test_zero_training_examples_speak_for_retrieval_with_their_whole_weight() -> None:
    term = next(t for t in POLICY.terms if t.signal == "training_examples" and t.route is Route.RETRIEVAL)
    assert term.amount(0) == -term.weight == 0.5


def test_a_contribution_is_held_within_its_weight() -> None:
    term = Term("x", Route.RETRIEVAL, 2.0, 0.0, 1.0, False, ("G1",), ())
    assert (term.amount(5), term.amount(-5), term.amount(0.5)) == (2.0, -2.0, 1.0)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("requested", [None, Route.RETRIEVAL, Route.SPECIALIST])
def test_every_decision_can_be_worded_in_both_languages(language: Language, requested: Route | None) -> None:
    ends = (None, 0.0, 0.5, 1.0)
    for holds, chat, creative, champion in itertools.product(ends, (0.0, 1.0), (0.0, 1.0), (False, True)):
        situation = Situation(requested, holds is not None, champion, champion)
        decision = decide(situation, passages_hold_answer=holds, small_talk=chat, wants_creative_text=creative)
        said = EXPLAINER.explain(decision, language)
        assert said.headline
        assert "{" not in said.markdown
        if decision.route is Route.ABSTAIN:
            assert EXPLAINER.refusal(decision, None if holds is None else "rules.md", language)


def test_the_headline_holds_the_figure_that_decided() -> None:
    assert "93 %" in EXPLAINER.headline(decide(passages_hold_answer=0.93), Language.EN)
    assert "93 %" in EXPLAINER.headline(decide(passages_hold_answer=0.93), Language.ZH)


def test_certainty_is_never_claimed_by_rounding() -> None:
    assert ">99 %" in EXPLAINER.headline(decide(passages_hold_answer=0.9996), Language.EN)


@pytest.mark.parametrize("language", list(Language))
def test_the_explanation_names_rules_by_their_titles_and_each_figure_of_a_gate_once(language: Language) -> None:
    refused = decide(passages_hold_answer=0.07, wants_outside_facts=0.9)
    answered = decide(passages_hold_answer=0.95)
    assert (refused.route, answered.route) == (Route.ABSTAIN, Route.RETRIEVAL)
    for decision in (refused, answered):
        markdown = EXPLAINER.explain(decision, language).markdown
        assert re.findall(r"\b[A-Z]\d\b", markdown) == []
        assert GUIDANCE["R1"].title(language) in markdown
    # Once, as the reason; the list of scores refers to it.
    assert sum(" 7 %" in line for line in EXPLAINER.explain(refused, language).markdown.splitlines()) == 1
