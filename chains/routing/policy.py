"""Decides from signals: a sum of contributions for each route, then the gates, all of it recorded.

Edit this file to add a gate or change its order; weights and thresholds stand in policy.toml.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from chains.errors import GuidanceInvalid
from chains.routing.guidance import Guidance
from chains.types import Contribution, Gate, GateName, Route, RouteDecision, Signal, SignalName, SignalScope

SAME_QUESTION = GateName.MODERATORS_ANSWER
ALIKE_QUESTION = GateName.MODERATORS_ANSWER_ALIKE
"""The gates by which a moderator's own words are the answer."""

NEGLIGIBLE = 0.05
"""The contribution below which 0.0 is shown, in one decimal, so that it is no reason for anything."""

_SCORED = (Route.RETRIEVAL, Route.SPECIALIST, Route.COMBINED, Route.DIRECT)


@dataclass(frozen=True, slots=True)
class Term:
    """Describes how one signal moves one route, and the rules behind it."""

    signal: SignalName
    route: Route
    weight: float
    centre: float
    """The value at which it adds nothing."""
    scale: float
    """How far from the centre, in the signal's unit (or decades), it adds its whole weight."""
    logarithmic: bool
    rules_up: tuple[str, ...]
    """Named when the contribution is for the route."""
    rules_down: tuple[str, ...]
    """Named when it is against the route."""

    def amount(self, value: float) -> float:
        """Return the contribution of `value`, within ±|weight|."""
        if not self.logarithmic:
            offset = (value - self.centre) / self.scale
        elif value <= 0:
            offset = -1.0
        else:
            offset = math.log10(value / self.centre) / self.scale
        return self.weight * max(-1.0, min(1.0, offset))


@dataclass(frozen=True, slots=True)
class Situation:
    """Holds what the gates read beside the signals: facts about the question and the installation."""

    requested: Route | None = None
    has_documents: bool = True
    """Whether the reader may read at least one document."""
    has_champion: bool = False
    champion_reads_passages: bool = False
    material: float | None = None
    """How much of what a creative text is to be about stands in the best passage, 0 to 1; None: it is not known."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Holds the probabilities at which the gates open or close."""

    passages_hold_answer: float
    direct: float
    creative: float
    material: float = 1.0
    """A share of what a creative text is to be about; 1: all of it."""
    moderators_answer: float = 1.0
    """A similarity of questions; 1: only the same question."""
    like_training: float = 1.0
    """A likeness to the tuned model's training questions; 1: none is like enough."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Decides by its terms and thresholds."""

    version: str
    terms: tuple[Term, ...]
    thresholds: Thresholds

    def decide(self, signals: Sequence[Signal], situation: Situation) -> RouteDecision:
        """Sum the contributions, apply the gates, and return the decision with all of it."""
        contributions = tuple(self._contributions(signals))
        scores = _scores(contributions)
        gates = [*_missing_parts(situation), *self._weak_routes(signals, situation)]
        gates.extend(_unmet_request(situation, gates))
        closed = {gate.route for gate in gates if not gate.opens}
        ranked = [(route, score) for route, score in scores if route not in closed]
        opening = (
            _request(situation, gates, answered := self._moderators_answer(signals))
            or answered
            or _nothing_left(ranked)
            or self._creative(signals, situation, ranked)
            or self._passages_alone(signals, ranked, contributions)
        )
        if opening is None:
            unsupported = tuple(_unsupported(ranked, contributions))
            gates.extend(unsupported)
            ranked = [each for each in ranked if each[0] not in {gate.route for gate in unsupported}]
            opening = _nothing_left(ranked)
        margin: float | None = None
        if opening is not None:
            gates.append(opening)
            chosen = opening.route
        else:
            chosen = ranked[0][0]
            margin = ranked[0][1] - ranked[1][1] if len(ranked) > 1 else None
        return RouteDecision(
            route=chosen,
            signals=tuple(signals),
            contributions=contributions,
            gates=tuple(gates),
            scores=scores,
            margin=margin,
            policy_version=self.version,
        )

    def _contributions(self, signals: Iterable[Signal]) -> Iterable[Contribution]:
        for signal in signals:
            if signal.value is None:
                continue
            for term in self.terms:
                if term.signal != signal.name:
                    continue
                amount = term.amount(signal.value)
                rules = term.rules_up if amount >= 0 else term.rules_down
                yield Contribution(signal.name, signal.value, signal.scope, rules, term.route, amount)

    def _weak_routes(self, signals: Sequence[Signal], situation: Situation) -> Iterable[Gate]:
        """Yield the gates of the routes whose signals are too weak to answer well."""
        values = {signal.name: signal.value for signal in signals}
        holds = values.get(SignalName.PASSAGES_HOLD_ANSWER)
        weak = holds is None or holds < self.thresholds.passages_hold_answer
        has_material = self._has_material(values, situation)
        if weak and situation.has_documents:
            is_kept = self._is_answered(values) or has_material
            for route in (Route.COMBINED,) if is_kept else (Route.RETRIEVAL, Route.COMBINED):
                name = _why_unrated(signals) if holds is None else GateName.PASSAGES_TOO_WEAK
                yield Gate(name, route, False, holds, self.thresholds.passages_hold_answer)
        likeness = values.get(SignalName.LIKENESS_TO_TRAINING)
        if situation.has_champion and (likeness is None or likeness < self.thresholds.like_training):
            for route in (Route.SPECIALIST, Route.COMBINED):
                yield Gate(GateName.UNLIKE_TRAINING, route, False, likeness, self.thresholds.like_training)
        small_talk, about = values.get(SignalName.SMALL_TALK), values.get(SignalName.ABOUT_THE_BOT)
        chat = None if small_talk is None or about is None else small_talk + about
        if chat is not None and chat >= self.thresholds.direct:
            return
        if self._is_creative(values):
            if has_material:
                yield Gate(
                    GateName.CREATIVE_WITH_PASSAGES, Route.DIRECT, False, situation.material, self.thresholds.material
                )
            elif not weak:
                yield Gate(
                    GateName.CREATIVE_WITH_PASSAGES, Route.DIRECT, False, holds, self.thresholds.passages_hold_answer
                )
            return
        yield Gate(GateName.NOT_SMALL_TALK, Route.DIRECT, False, chat, self.thresholds.direct)

    def _moderators_answer(self, signals: Sequence[Signal]) -> Gate | None:
        """Return the gate by which a moderator's answer to the same question precedes any sum."""
        values = {signal.name: signal.value for signal in signals}
        if not self._is_answered(values):
            return None
        likeness = values[SignalName.MODERATORS_ANSWER]
        name = SAME_QUESTION if likeness == 1.0 else ALIKE_QUESTION
        return Gate(name, Route.RETRIEVAL, True, likeness, self.thresholds.moderators_answer)

    def _is_answered(self, values: dict[SignalName, float | None]) -> bool:
        likeness = values.get(SignalName.MODERATORS_ANSWER)
        return likeness is not None and likeness >= self.thresholds.moderators_answer

    def _creative(
        self, signals: Sequence[Signal], situation: Situation, ranked: Sequence[tuple[Route, float]]
    ) -> Gate | None:
        """Return the gate by which creative text that no other route can write is written.

        It is written from passages where these are about the same, whether or not they would answer a question, and
        by the chat model alone otherwise.
        """
        values = {signal.name: signal.value for signal in signals}
        is_open = [route for route, _ in ranked]
        if is_open == [Route.RETRIEVAL] and self._has_material(values, situation):
            figure, threshold = situation.material, self.thresholds.material
            return Gate(GateName.CREATIVE_WITH_PASSAGES, Route.RETRIEVAL, True, figure, threshold)
        if is_open == [Route.DIRECT] and self._is_creative(values):
            creative = values[SignalName.WANTS_CREATIVE_TEXT]
            return Gate(GateName.CREATIVE_WITHOUT_PASSAGES, Route.DIRECT, True, creative, self.thresholds.creative)
        return None

    def _is_creative(self, values: dict[SignalName, float | None]) -> bool:
        creative = values.get(SignalName.WANTS_CREATIVE_TEXT)
        return creative is not None and creative >= self.thresholds.creative

    def _has_material(self, values: dict[SignalName, float | None], situation: Situation) -> bool:
        """Return whether a creative text is wanted on what the passages are about."""
        found = situation.material
        return self._is_creative(values) and found is not None and found >= self.thresholds.material

    def _passages_alone(
        self, signals: Sequence[Signal], ranked: Sequence[tuple[Route, float]], contributions: Sequence[Contribution]
    ) -> Gate | None:
        """Return the gate by which good passages answer where no other route is open, whatever the sum is.

        The sum compares routes, and here there is nothing to compare: that a tuned model won where both were tried
        says nothing about a question that it can't answer.
        """
        alone = [route for route, _ in ranked] == [Route.RETRIEVAL]
        if not alone or not any(_unsupported(ranked, contributions)):
            return None
        holds = {signal.name: signal.value for signal in signals}[SignalName.PASSAGES_HOLD_ANSWER]
        return Gate(GateName.PASSAGES_GOOD_ENOUGH, Route.RETRIEVAL, True, holds, self.thresholds.passages_hold_answer)


def _scores(contributions: Iterable[Contribution]) -> tuple[tuple[Route, float], ...]:
    sums = dict.fromkeys(_SCORED, 0.0)
    for contribution in contributions:
        sums[contribution.route] += contribution.amount
    return tuple(sorted(sums.items(), key=lambda item: -item[1]))


def _missing_parts(situation: Situation) -> Iterable[Gate]:
    """Yield the gates of the routes for which a part is missing."""
    if not situation.has_documents:
        yield Gate(GateName.NO_DOCUMENTS, Route.RETRIEVAL, False)
        yield Gate(GateName.NO_DOCUMENTS, Route.COMBINED, False)
    if not situation.has_champion:
        yield Gate(GateName.NO_TUNED_MODEL, Route.SPECIALIST, False)
        yield Gate(GateName.NO_TUNED_MODEL, Route.COMBINED, False)
    elif not situation.champion_reads_passages:
        yield Gate(GateName.NOT_EVALUATED_WITH_PASSAGES, Route.COMBINED, False)


def _why_unrated(signals: Sequence[Signal]) -> GateName:
    """Return why it is unknown how likely the passages hold the answer."""
    missing = {signal.name: signal.missing for signal in signals}.get(SignalName.PASSAGES_HOLD_ANSWER)
    return GateName.PASSAGES_NOT_RATED if missing == GateName.PASSAGES_NOT_RATED else GateName.NOTHING_FOUND


def _unmet_request(situation: Situation, gates: Sequence[Gate]) -> Iterable[Gate]:
    absent = {gate.route for gate in gates if gate.name in {GateName.NO_DOCUMENTS, GateName.NO_TUNED_MODEL}}
    if situation.requested in absent:
        yield Gate(GateName.REQUEST_UNAVAILABLE, situation.requested, False)


def _request(situation: Situation, gates: Sequence[Gate], answered: Gate | None) -> Gate | None:
    """Return the gate by which a member's request chooses the route in place of the sum.

    A request overrules weakness, which is a judgement, but not absence: what is not there can't answer. Where a
    moderator's answer belongs to the requested route, it is the answer, and so the reason.
    """
    if any(gate.name == GateName.REQUEST_UNAVAILABLE for gate in gates):
        return Gate(GateName.NOTHING_GOOD_ENOUGH, Route.ABSTAIN, True)
    if situation.requested is None or (answered is not None and answered.route is situation.requested):
        return None
    return Gate(GateName.REQUESTED, situation.requested, True)


def _unsupported(ranked: Iterable[tuple[Route, float]], contributions: Sequence[Contribution]) -> Iterable[Gate]:
    """Yield the gates of the routes whose sum is not positive, and of those that nothing in the question supports."""
    supported = {c.route for c in contributions if c.scope is SignalScope.QUESTION and c.amount >= NEGLIGIBLE}
    for route, score in ranked:
        if score <= 0:
            yield Gate(GateName.SUM_NOT_POSITIVE, route, False)
        elif route not in supported:
            yield Gate(GateName.NOTHING_FOR_IT, route, False)


def _nothing_left(ranked: Sequence[tuple[Route, float]]) -> Gate | None:
    return None if ranked else Gate(GateName.NOTHING_GOOD_ENOUGH, Route.ABSTAIN, True)


def by_moderator(decision: RouteDecision) -> bool:
    """Return whether a moderator's own words are the answer."""
    return any(gate.opens and gate.name in {SAME_QUESTION, ALIKE_QUESTION} for gate in decision.gates)


def load_policy(
    guidance: Guidance, passages_hold_answer: float, moderators_answer: float = 1.0, like_training: float = 1.0
) -> Policy:
    """Read policy.toml; the thresholds on passages, a moderator's question and likeness come from calibrations.

    Raises:
        GuidanceInvalid: a term names a rule that does not exist, does not read its signal or points the other
            way, or a rule that reads signals belongs to no term.
    """
    table = tomllib.loads(resources.files("chains.routing").joinpath("policy.toml").read_text("utf-8"))
    terms = tuple(
        Term(
            signal=SignalName(entry["signal"]),
            route=Route(entry["route"]),
            weight=float(entry["weight"]),
            centre=float(entry.get("centre", 0.0)),
            scale=float(entry.get("scale", 1.0)),
            logarithmic=entry.get("transform") == "log10",
            rules_up=tuple(entry.get("rules_up", ())),
            rules_down=tuple(entry.get("rules_down", ())),
        )
        for entry in table["term"]
    )
    _check_rules(terms, guidance)
    gates = table["gates"]
    thresholds = Thresholds(
        passages_hold_answer=passages_hold_answer,
        direct=gates["direct_opens_at"],
        creative=gates["creative_opens_at"],
        material=gates["material_opens_at"],
        moderators_answer=moderators_answer,
        like_training=like_training,
    )
    return Policy(table["version"], terms, thresholds)


def _check_rules(terms: Sequence[Term], guidance: Guidance) -> None:
    named: set[str] = set()
    for term in terms:
        for rule_id in (*term.rules_up, *term.rules_down):
            rule = guidance.rules.get(rule_id)
            if rule is None or term.signal not in rule.signals:
                raise GuidanceInvalid(f"policy.toml: rule {rule_id!r} does not read the signal {term.signal!r}")
            named.add(rule_id)
            if rule_id in term.rules_up and rule.moves.get(term.route) == "down":
                raise GuidanceInvalid(f"policy.toml: rule {rule_id!r} speaks against {term.route}, not for it")
    silent = {rule.id for rule in guidance.rules.values() if rule.signals} - named
    if silent:
        raise GuidanceInvalid(f"policy.toml: no term can fire {', '.join(sorted(silent))}")
