"""Explains a decision from its record alone, in English and Chinese sentences.

Edit this file to change what "Why?" shows; the sentences stand in wording_en.toml and wording_zh.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from chains.routing.guidance import Guidance
from chains.routing.policy import NEGLIGIBLE
from chains.routing.signals import LATENCY, RANGES
from chains.types import (
    Composition,
    Contribution,
    Gate,
    GateName,
    LabelChoice,
    Language,
    ModelChoice,
    Route,
    RouteDecision,
    Signal,
    SignalChange,
    SignalName,
    SignalScope,
    is_from_facts,
    taken_route,
)
from text.plurals import fill

_Table = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Holds the explanation of why a question was answered by its route."""

    headline: str
    """The deciding reason with its figure, on one line."""
    markdown: str
    """The whole record in words; may exceed one Discord message."""
    behind: int | None = None
    """How many earlier questions were searched together with this one; None: it was searched alone."""


_ROUTES_WITH_PASSAGES = (Route.RETRIEVAL, Route.COMBINED)
"""The routes whose answers are based on passages, and show where these differ."""


def deciding_reason(decision: RouteDecision) -> Contribution | Gate:
    """Return what decided: the gate that chose, otherwise the contribution by question that weighed most.

    The weight of a signal is what it added to the chosen route less what it added to the best rival: a signal that
    lifts both is not the reason for the lead. What added nothing, or spoke against the chosen route, is never named; in
    records from before policy 2026.11.3 such a route could win, only because no open route scored higher.
    """
    requests = [gate for gate in decision.gates if gate.name == GateName.REQUEST_UNAVAILABLE]
    if requests:
        return requests[0]
    opening = [gate for gate in decision.gates if gate.opens]
    if opening and opening[0].name != GateName.NOTHING_GOOD_ENOUGH:
        return opening[0]
    if opening:
        closing = {gate.route: gate for gate in decision.gates if not gate.opens}
        return closing.get(Route.RETRIEVAL, opening[0])
    supporting = [
        item
        for item in decision.contributions
        if item.route is decision.route and item.scope is SignalScope.QUESTION and item.amount >= NEGLIGIBLE
    ]
    if not supporting:
        return Gate(GateName.NO_BETTER_ROUTE, decision.route, True)
    return max(supporting, key=lambda item: _lead_by(decision, item))


def _lead_by(decision: RouteDecision, contribution: Contribution) -> float:
    rival = _rival(decision)
    against = [c.amount for c in decision.contributions if c.signal == contribution.signal and c.route is rival]
    return contribution.amount - sum(against)


def _rival(decision: RouteDecision) -> Route | None:
    closed = {gate.route for gate in decision.gates if not gate.opens}
    rivals = [route for route, _ in decision.scores if route is not decision.route and route not in closed]
    return rivals[0] if rivals else None


# The gates of an abstention where there are documents; for a weak passage its document is named.
_REFUSED_AS = {
    GateName.NOTHING_FOUND: "nothing_found",
    GateName.PASSAGES_NOT_RATED: "passages_not_rated",
    GateName.SUM_NOT_POSITIVE: "unsure",
    GateName.NOTHING_FOR_IT: "unsure",
}


class Explainer:
    """Explains decisions in both languages, with the rules of the guidance."""

    def __init__(self, guidance: Guidance) -> None:
        self._guidance = guidance
        self._wording: dict[Language, _Table] = {language: _load_wording(language) for language in Language}

    def explain(
        self,
        decision: RouteDecision,
        language: Language,
        choice: ModelChoice | None = None,
        label: LabelChoice | None = None,
        composition: Composition | None = None,
    ) -> Explanation:
        """Return the headline and the whole explanation of `decision`.

        How the answer came by its words, how sure the tuned model was of its label, and what a model chose, come first
        where they are on record.
        """
        report = self._report(decision, taken_route(decision, choice, label), language)
        if choice is not None:
            report = f"{self._choice('report', decision, choice, language)}\n{report}"
        if label is not None:
            report = f"{self._label('report', label, language)}\n{report}"
        if composition is not None:
            report = f"{self._composition(composition, language)}\n{report}"
        return Explanation(self.headline(decision, language, choice, label), report, decision.searched.behind)

    def route_name(self, route: Route, language: Language) -> str:
        """Return the name of the route that members read."""
        return self._wording[language]["routes"][route]

    def measured(self, decision: RouteDecision, language: Language) -> tuple[str, ...]:
        """Return each measured signal with its value, as a model reads it, without the constants of the guidance."""
        words = self._wording[language]["model"]
        return tuple(
            words[signal.name].format(value=self._value(signal.name, signal.value, language))
            for signal in decision.signals
            if signal.value is not None and signal.unit != "constant"
        )

    def headline(
        self,
        decision: RouteDecision,
        language: Language,
        choice: ModelChoice | None = None,
        label: LabelChoice | None = None,
    ) -> str:
        """Return the deciding reason with its value, and the model's choice if there was one.

        Where the tuned model was too unsure of its label, the headline says that instead.
        """
        if label is not None and label.declined:
            return self._label("headline", label, language)
        if choice is not None:
            headline = self._choice("headline", decision, choice, language)
        else:
            headline = self._reason(decision, language)
        if is_from_facts(decision, taken_route(decision, choice, label)):
            return self._wording[language]["about_bot"]["headline"].format(reason=headline)
        if deciding_reason(decision) == Gate(GateName.REQUESTED, Route.DIRECT, True):
            return self._wording[language]["without_documents"]["headline"].format(reason=headline)
        return headline

    def in_short(
        self,
        decision: RouteDecision,
        language: Language,
        choice: ModelChoice | None = None,
        label: LabelChoice | None = None,
    ) -> str:
        """Return the route that was taken, what decided it, and what would have changed it, on a few lines."""
        wording = self._wording[language]["report"]
        lines = [
            wording["route"].format(route=self.route_name(taken_route(decision, choice, label), language)),
            wording["in_short"].format(reason=self.headline(decision, language, choice, label)),
            *self._counterfactual(decision, language),
        ]
        return "\n".join(lines)

    def refusal(self, decision: RouteDecision, best_source: str | None, language: Language) -> str:
        """Return the text of a refusal: what is missing and what would help."""
        wording = self._wording[language]["abstain"]
        reason = deciding_reason(decision)
        if not isinstance(reason, Gate):
            raise ValueError(f"a decision for {decision.route} is not a refusal")
        if reason.name == GateName.REQUEST_UNAVAILABLE:
            absent = next(g for g in decision.gates if g.route is reason.route and g is not reason and not g.opens)
            return wording["request_unavailable"].format(
                route=self.route_name(reason.route, language), reason=self._gate(absent, language)
            )
        if reason.name == GateName.PASSAGES_TOO_WEAK and best_source is not None:
            text = wording["passages_too_weak"].format(source=best_source)
        else:
            text = wording[_REFUSED_AS.get(reason.name, "no_documents")]
        if any(gate.name == GateName.UNLIKE_TRAINING for gate in decision.gates):
            text = (
                f"{text} {wording['unlike_training']}" if language is Language.EN else text + wording["unlike_training"]
            )
        has_documents = all(gate.name != GateName.NO_DOCUMENTS for gate in decision.gates)
        return f"{text}\n\n{wording['help' if has_documents else 'help_no_documents']}"

    def declined(self, language: Language) -> str:
        """Return the text where a model chose to give no answer, although the policy would have given one."""
        wording = self._wording[language]["abstain"]
        return f"{wording['declined']}\n\n{wording['help']}"

    def unsure_of_label(self, language: Language) -> str:
        """Return the text in place of a label of which the tuned model was too unsure."""
        wording = self._wording[language]["abstain"]
        return f"{wording['unsure_of_label']}\n\n{wording['help']}"

    def _composition(self, composition: Composition, language: Language) -> str:
        """Return how the answer came by its words."""
        words = self._wording[language]["composition"]
        fault = "" if composition.fault is None else words[composition.fault]
        return words[composition.form].format(fault=fault)

    def _label(self, place: str, label: LabelChoice, language: Language) -> str:
        """Return how sure the tuned model was of its label, for the `headline` or the `report`."""
        if label.declined:
            how = "declined"
        elif label.threshold is None:
            how = "unmeasured"
        else:
            how = "sure" if label.probability >= label.threshold else "requested"
        return self._wording[language]["label"][f"{place}_{how}"].format(
            probability=_percent(label.probability), threshold=_percent(label.threshold)
        )

    def _choice(self, place: str, decision: RouteDecision, choice: ModelChoice, language: Language) -> str:
        """Return what the model chose and what the policy decided, for the `headline` or the `report`."""
        how = "fell_back" if choice.fell_back else "agreed" if choice.route is decision.route else "differed"
        return self._wording[language]["choice"][f"{place}_{how}"].format(
            model=choice.model,
            chosen=self.route_name(choice.route, language),
            decided=self.route_name(decision.route, language),
            offered=self._names([self.route_name(route, language) for route in choice.offered], language),
            reason=self._reason(decision, language),
        )

    def _report(self, decision: RouteDecision, taken: Route, language: Language) -> str:
        """Return the whole explanation; `taken` is the route that answers, which a model may have chosen."""
        wording = self._wording[language]["report"]
        reason = deciding_reason(decision)
        lines = [wording["route"].format(route=self.route_name(decision.route, language))]
        if isinstance(reason, Gate):
            lines.append(wording["decided_by_gate"].format(reason=self._gate(reason, language)))
        else:
            text = wording["decided_by_sum"].format(
                reason=self._signal(reason, language),
                amount=_signed(reason.amount),
                route=self.route_name(reason.route, language),
            )
            margin = "" if decision.margin is None else " " + wording["margin"].format(margin=f"{decision.margin:.1f}")
            lines.append(text + margin)
            # Without an empty line, ordinary Markdown treats what follows a quotation as a part of it.
            lines.extend([*(self._rule(rule_id, language) for rule_id in reason.rules), ""])
        if is_from_facts(decision, taken):
            lines.append(self._wording[language]["about_bot"]["report"])
        lines.extend(self._for_and_against(decision, reason, language))
        lines.extend(self._counterfactual(decision, language))
        speed = [
            self._signal_with_value(s.name, s.value, language) for s in _latencies(decision) if s.value is not None
        ]
        if speed:
            lines.append(wording["speed"].format(items=self._join(speed, language)))
        lines.extend(self._search_lines(decision, taken, language))
        lines.append(wording["scores"].format(items=self._scores(decision, language)))
        missing = self._unmeasured(decision, language)
        if missing:
            lines.append(wording["unmeasured"].format(items=missing))
        lines.append(self._policy(decision, language))
        return "\n".join(lines)

    def _for_and_against(self, decision: RouteDecision, reason: Contribution | Gate, language: Language) -> list[str]:
        """Return what else spoke for the chosen route, and what against it: its own minuses and its rival's pluses."""
        wording = self._wording[language]["report"]
        weighty = [c for c in decision.contributions if abs(c.amount) >= NEGLIGIBLE and c is not reason]
        rival = _rival(decision)
        more = [c for c in weighty if c.route is decision.route and c.amount > 0]
        against = [c for c in weighty if c.route is decision.route and c.amount < 0]
        against += [c for c in weighty if c.route is rival and c.route is not decision.route and c.amount > 0]
        lines = []
        for template, items in (("more_for", more), ("against", against)):
            if items:
                ranked = sorted(items, key=lambda c: -abs(c.amount))
                text = [self._item(c, decision.route, language) for c in ranked]
                lines.append(wording[template].format(items=self._join(text, language)))
        return lines

    def _item(self, contribution: Contribution, chosen: Route, language: Language) -> str:
        template = "item" if contribution.route is chosen else "item_other"
        return self._wording[language]["report"][template].format(
            reason=self._signal(contribution, language),
            amount=_signed(contribution.amount),
            route=self.route_name(contribution.route, language),
        )

    def _search_lines(self, decision: RouteDecision, taken: Route, language: Language) -> list[str]:
        """Return how the passages were searched for and ranked, and whether they differ."""
        wording, searched = self._wording[language]["found"], decision.searched
        lines = []
        if searched.behind is not None:
            lines.append(fill(wording["behind"], count=searched.behind))
        if searched.respelled:
            lines.append(fill(wording["respelled"], count=searched.respelled))
        if searched.is_subject:
            lines.append(wording["subject"])
        if searched.reranker is not None:
            lines.append(wording["reranked"].format(reranker=searched.reranker))
        if decision.contradictions and taken in _ROUTES_WITH_PASSAGES:
            lines.append(wording["differences"])
        return lines

    def _counterfactual(self, decision: RouteDecision, language: Language) -> list[str]:
        """Return what would have turned the decision, or what it would have been without the member's request."""
        counterfactual = decision.counterfactual
        if counterfactual is None:
            return []
        wording = self._wording[language]["turned"]
        outcome = {decision.route: "same", Route.ABSTAIN: "abstain"}.get(counterfactual.route, "route")
        text = wording[outcome].format(route=self.route_name(counterfactual.route, language))
        if counterfactual.change is None:
            return [wording["unrequested"].format(outcome=text)]
        return [wording["changed"].format(change=self._change(counterfactual.change, language), outcome=text)]

    def _change(self, change: SignalChange, language: Language) -> str:
        """Return the change with both values, in as many decimals as distinguish them."""
        reach = RANGES[_UNITS.get(change.signal, "share")]
        decimals = reach.distinguishing_decimals(change.said_value, change.value)
        return self._wording[language]["turned"]["change"].format(
            name=self._wording[language]["changing"][change.signal],
            shown=self._value(change.signal, change.said_value, language, decimals),
            value=self._value(change.signal, change.value, language, decimals),
        )

    def _scores(self, decision: RouteDecision, language: Language) -> str:
        closed = {gate.route: gate for gate in reversed(decision.gates) if not gate.opens}
        wording, decided_by = self._wording[language]["report"], deciding_reason(decision)

        def how(route: Route) -> str:
            if route not in closed:
                return "scored"
            return "scored_decided" if closed[route] == decided_by else "scored_closed"

        items = [
            wording[how(route)].format(
                route=self.route_name(route, language),
                score=_unsigned(score),
                reason=self._gate(closed[route], language) if route in closed else "",
            )
            for route, score in decision.scores
        ]
        return self._join(items, language)

    def _unmeasured(self, decision: RouteDecision, language: Language) -> str:
        """Return what could not be measured, grouped by the reason."""
        wording = self._wording[language]
        by_reason: dict[str, list[str]] = {}
        latencies = _latencies(decision)
        for signal in decision.signals:
            # Their difference, which is weighed, is listed instead.
            if signal.missing is not None and signal not in latencies:
                by_reason.setdefault(signal.missing, []).append(wording["names"][signal.name])
        text = [
            wording["report"]["unmeasured_item"].format(
                names=self._names(names, language), reason=wording["missing"][reason]
            )
            for reason, names in by_reason.items()
        ]
        return self._join(text, language)

    def _rule(self, rule_id: str, language: Language) -> str:
        rule = self._guidance[rule_id]
        return self._wording[language]["report"]["rule"].format(
            title=rule.title(language), wording=rule.wording(language)
        )

    def _policy(self, decision: RouteDecision, language: Language) -> str:
        """Return the version of the policy, and the titles of the rules behind everything that weighed anything."""
        wording, version = self._wording[language]["report"], decision.policy_version
        weighed = [each for each in decision.contributions if abs(each.amount) >= NEGLIGIBLE]
        rules = dict.fromkeys(rule_id for each in weighed for rule_id in each.rules)
        if not rules:
            return wording["policy"].format(version=version)
        titles = [wording["rule_title"].format(title=self._guidance[rule].title(language)) for rule in rules]
        return wording["policy_rules"].format(version=version, rules=self._names(titles, language))

    def _reason(self, decision: RouteDecision, language: Language) -> str:
        reason = deciding_reason(decision)
        return self._gate(reason, language) if isinstance(reason, Gate) else self._signal(reason, language)

    def _signal(self, contribution: Contribution, language: Language) -> str:
        return self._signal_with_value(contribution.signal, contribution.value, language)

    def _signal_with_value(self, signal: str, value: float, language: Language) -> str:
        return self._wording[language]["signals"][signal].format(value=self._value(signal, value, language))

    def _value(self, signal: str, value: float, language: Language, decimals: int | None = None) -> str:
        """Return `value` with its unit; `decimals`, in the signal's own unit, replace the usual number of them."""
        unit = _UNITS.get(signal)
        if unit is None:
            return _percent(value, 0 if decimals is None else decimals - 2)
        number = f"{value:{_FORMATS[unit]}}" if decimals is None else f"{value:.{decimals}f}"
        return self._wording[language]["units"][unit].format(value=number.replace("-", "−"))

    def _gate(self, gate: Gate, language: Language) -> str:
        return self._wording[language]["gates"][gate.name].format(
            route=self.route_name(gate.route, language),
            figure=_percent(gate.figure),
            threshold=_percent(gate.threshold),
        )

    def _join(self, items: Sequence[str], language: Language) -> str:
        return self._wording[language]["units"]["list_separator"].join(items)

    def _names(self, names: Sequence[str], language: Language) -> str:
        return self._wording[language]["units"]["name_separator"].join(names)


# The signals whose value is not a share or a probability.
_UNITS: Mapping[str, str] = {
    SignalName.LATENCY_DIFFERENCE: "seconds",
    SignalName.RETRIEVAL_P50: "seconds",
    SignalName.RETRIEVAL_P95: "seconds",
    SignalName.SPECIALIST_P50: "seconds",
    SignalName.SPECIALIST_P95: "seconds",
    SignalName.COST_DIFFERENCE: "ratio",
    SignalName.TRAINING_EXAMPLES: "examples",
}

_FORMATS = {"seconds": ".1f", "ratio": ".2g", "examples": ".0f"}


def _latencies(decision: RouteDecision) -> list[Signal]:
    return [signal for signal in decision.signals if signal.unit == LATENCY]


def _percent(value: float | None, decimals: int = 0) -> str:
    """Return a share as a percentage, never rounded up to certainty or down to impossibility."""
    if value is None:
        return "?"
    percent, step = value * 100, 10**-decimals
    if 0 < percent < step:
        return f"<{step:.{decimals}f} %"
    if 100 - step < percent < 100:
        return f">{100 - step:.{decimals}f} %"
    return f"{percent:.{decimals}f} %".replace("-", "−")


def _signed(amount: float) -> str:
    return f"{amount:+.1f}".replace("-", "−")


def _unsigned(score: float) -> str:
    return f"{score:.1f}".replace("-", "−")


def _load_wording(language: Language) -> _Table:
    text = resources.files("chains.routing").joinpath(f"wording_{language}.toml").read_text("utf-8")
    table: _Table = tomllib.loads(text)
    return table
