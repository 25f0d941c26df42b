"""The smallest change of one signal that would have turned a decision, found and checked by deciding again.

A variation moves one signal and what depends on it. Its breakpoints are the values at which a term reaches its bound or
a gate its threshold. Between two breakpoints the scores are straight lines (in the logarithm, for a logarithmic signal)
and the gates stand still, except that a route needs a sum above zero: no answer is one more line, at zero. The values
at which one of several straight lines is the highest form one interval. So if both ends of a segment are decided alike,
all of it is; if they are not, the first end's route turns once within it, and bisection finds where. No grid is needed.
Edit this file when a new gate or kind of term adds breakpoints, or when signals begin to move together.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from chains.routing.policy import NEGLIGIBLE, Policy, Situation
from chains.routing.signals import MOST_DECIMALS, RANGES, Range
from chains.types import Counterfactual, Route, RouteDecision, Signal, SignalChange, SignalName

TOLERANCE = 1e-6
"""How exactly a turning point is found, as a share of the signal's range."""

# Just below a gate's threshold, and just above it where rounding decides on which side a sum falls.
_EPSILON = 1e-9

# Decimals to which a turning point is rounded, where that moves it by few tolerances and the decision still turns.
_ROUNDED_DECIMALS = 5

# One softmax: they sum to 1, so none of them changes alone.
_QUESTION_KINDS = (
    SignalName.WANTS_OUTSIDE_FACTS,
    SignalName.WANTS_CREATIVE_TEXT,
    SignalName.WANTS_FIXED_FORMAT,
    SignalName.SMALL_TALK,
    SignalName.ABOUT_THE_BOT,
)


def counterfactual_of(policy: Policy, situation: Situation, decision: RouteDecision) -> Counterfactual | None:
    """Return what would have turned `decision`, which `policy` made in `situation`.

    A request overrules every signal, so there the request is removed instead, and the route may stay the same.

    Returns:
        None where no change of a single signal turns it.
    """
    if situation.requested is not None:
        return Counterfactual(policy.decide(decision.signals, replace(situation, requested=None)).route, None)
    return _Search(policy, situation, decision).nearest()


@dataclass(frozen=True, slots=True)
class Variation:
    """Describes the change of one signal and what moves with it."""

    signal: SignalName
    start: float
    """The measured value."""
    range: Range
    slopes: Mapping[SignalName, float]
    """By how much each signal moves when this one moves by 1."""

    def at(self, value: float, signals: Sequence[Signal]) -> list[Signal]:
        """Return the signals with this one at exactly `value`: a gate may open right there."""
        moved: list[Signal] = []
        for signal in signals:
            if signal.name == self.signal:
                moved.append(replace(signal, value=value))
            elif signal.name in self.slopes and signal.value is not None:
                moved.append(replace(signal, value=signal.value + self.slopes[signal.name] * (value - self.start)))
            else:
                moved.append(signal)
        return moved

    def reaching(self, level: float, names: Sequence[SignalName], signals: Sequence[Signal]) -> Iterable[float]:
        """Yield the value at which the sum of the named signals is `level`, if any of them moves."""
        slope = sum(self.slopes.get(name, 0.0) for name in names)
        if names == (self.signal,):
            yield level
        elif slope:
            total = sum(signal.value for signal in signals if signal.name in names and signal.value is not None)
            yield self.start + (level - total) / slope


@dataclass(frozen=True, slots=True)
class _Frontier:
    """What is still to be searched of one variation, in one direction."""

    variation: Variation
    near: float
    """The position up to which the route is known to stay the same."""
    ahead: tuple[float, ...]
    """The positions to try, outwards."""
    is_turned: bool = False
    """Whether the first of `ahead` is known to be decided otherwise."""

    @property
    def distance(self) -> float:
        """The smallest change that can still be found here, as a share of the range."""
        reach = self.variation.range
        return reach.distance(reach.position(self.variation.start), self.near)


class _Search:
    """Searches all variations at once, always where the smallest change may still be found."""

    def __init__(self, policy: Policy, situation: Situation, decision: RouteDecision) -> None:
        self._policy = policy
        self._situation = situation
        self._decision = decision

    def nearest(self) -> Counterfactual | None:
        """Return the turning point at the smallest distance."""
        varied = variations(self._decision.signals, has_champion=self._situation.has_champion)
        frontiers = [frontier for variation in varied for frontier in self._frontiers(variation)]
        # The rank orders equal distances, since frontiers have no order.
        queue = [(frontier.distance, rank, frontier) for rank, frontier in enumerate(frontiers)]
        heapq.heapify(queue)
        while queue:
            _, rank, frontier = heapq.heappop(queue)
            reach, far = frontier.variation.range, frontier.ahead[0]
            if frontier.is_turned and reach.distance(frontier.near, far) <= TOLERANCE:
                found = self._counterfactual_at(frontier.variation, reach.value(far))
                if found is not None:
                    return found
                continue
            advanced = self._bisect(frontier) if frontier.is_turned else self._advance(frontier)
            if advanced.ahead:
                heapq.heappush(queue, (advanced.distance, rank, advanced))
        return None

    def _frontiers(self, variation: Variation) -> Iterable[_Frontier]:
        """Yield both directions, each with its breakpoints and the end of the range."""
        reach = variation.range
        start = reach.position(variation.start)
        within = {value for value in self._breakpoints(variation) if reach.low < value < reach.high}
        points = sorted(reach.position(value) for value in {reach.low, *within, reach.high})
        for ahead in ([p for p in points if p > start], [p for p in reversed(points) if p < start]):
            if ahead:
                yield _Frontier(variation, start, tuple(ahead))

    def _breakpoints(self, variation: Variation) -> Iterable[float]:
        """Yield the values at which a term reaches its bound or becomes a reason, or a gate its threshold."""
        signals, thresholds = self._decision.signals, self._policy.thresholds
        for term in self._policy.terms:
            if term.signal in variation.slopes:
                for side in (-term.scale, term.scale):
                    bound = term.centre * 10**side if term.logarithmic else term.centre + side
                    yield from variation.reaching(bound, (term.signal,), signals)
                if not term.logarithmic and term.weight:
                    reason = term.centre + term.scale * NEGLIGIBLE / term.weight
                    for value in variation.reaching(reason, (term.signal,), signals):
                        yield from (value - _EPSILON, value + _EPSILON)
        for names, threshold in (
            ((SignalName.PASSAGES_HOLD_ANSWER,), thresholds.passages_hold_answer),
            ((SignalName.MODERATORS_ANSWER,), thresholds.moderators_answer),
            ((SignalName.LIKENESS_TO_TRAINING,), thresholds.like_training),
            ((SignalName.WANTS_CREATIVE_TEXT,), thresholds.creative),
            ((SignalName.SMALL_TALK, SignalName.ABOUT_THE_BOT), thresholds.direct),
        ):
            for value in variation.reaching(threshold, names, signals):
                yield from (value - _EPSILON, value if names == (variation.signal,) else value + _EPSILON)

    def _advance(self, frontier: _Frontier) -> _Frontier:
        if self._is_unchanged(frontier.variation, frontier.ahead[0]):
            return replace(frontier, near=frontier.ahead[0], ahead=frontier.ahead[1:])
        return replace(frontier, is_turned=True)

    def _bisect(self, frontier: _Frontier) -> _Frontier:
        middle = (frontier.near + frontier.ahead[0]) / 2
        if self._is_unchanged(frontier.variation, middle):
            return replace(frontier, near=middle)
        return replace(frontier, ahead=(middle,))

    def _is_unchanged(self, variation: Variation, position: float) -> bool:
        return self._route_at(variation, variation.range.value(position)) is self._decision.route

    def _route_at(self, variation: Variation, value: float) -> Route:
        return self._policy.decide(variation.at(value, self._decision.signals), self._situation).route

    def _counterfactual_at(self, variation: Variation, turned: float) -> Counterfactual | None:
        """Return the turning point with the value that is shown for it; None where no whole number turns a count."""
        reach, route = variation.range, self._route_at(variation, turned)
        rounded = _rounded_away(turned, variation.start, 0) if reach.whole else round(turned, _ROUNDED_DECIMALS)
        is_near = reach.whole or reach.distance(reach.position(rounded), reach.position(turned)) <= 10 * TOLERANCE
        if is_near and reach.low <= rounded <= reach.high and self._route_at(variation, rounded) is route:
            turned = rounded
        elif reach.whole:
            return None
        shown = self._shown_value(variation, turned, route)
        return Counterfactual(route, SignalChange(variation.signal, variation.start, turned, shown))

    def _shown_value(self, variation: Variation, turned: float, route: Route) -> float:
        """Return `turned` in as few decimals as still turn the decision and differ from the measured value."""
        reach = variation.range
        for decimals in range(reach.decimals, MOST_DECIMALS):
            shown = _rounded_away(turned, variation.start, decimals)
            # Rounding must not turn a probability into certainty, or reach any other end of the range.
            is_allowed = shown == turned or reach.low < shown < reach.high
            is_distinct = reach.distinguishing_decimals(shown, variation.start) <= decimals
            if is_allowed and is_distinct and self._route_at(variation, shown) is route:
                return shown
        return turned


def variations(signals: Sequence[Signal], *, has_champion: bool) -> Iterable[Variation]:
    """Yield a variation for each signal that was measured and can change."""
    values = {signal.name: signal.value for signal in signals if signal.value is not None}
    for signal in signals:
        # The number of training examples is the champion's: without a champion it can't change.
        fixed = signal.unit not in RANGES or (signal.unit == "examples" and not has_champion)
        if signal.value is None or fixed:
            continue
        variation = _coupled(Variation(signal.name, signal.value, RANGES[signal.unit], {signal.name: 1.0}), values)
        if variation is not None:
            yield variation


def _coupled(alone: Variation, values: Mapping[SignalName, float]) -> Variation | None:
    """Return the variation with the signals that depend on it; None where it could not really happen."""
    if alone.signal in _QUESTION_KINDS:
        other_kinds = {kind: values[kind] for kind in _QUESTION_KINDS if kind in values and kind != alone.signal}
        rest = sum(other_kinds.values())
        # The other kinds keep their proportions; where all of them are 0, it is unknown how they would grow.
        slopes = {kind: -value / rest for kind, value in other_kinds.items()} if rest > 0 else {}
        limited = replace(alone.range, high=min(1.0, alone.start + rest))
        return replace(alone, range=limited, slopes={**alone.slopes, **slopes}) if slopes else None
    if alone.signal == SignalName.HELD_OUT_SCORE and SignalName.MARGIN_OVER_BASE in values:
        # The base's score stays the same, so the margin over it moves too.
        return replace(alone, slopes={**alone.slopes, SignalName.MARGIN_OVER_BASE: 1.0})
    if alone.signal == SignalName.MARGIN_OVER_BASE and SignalName.HELD_OUT_SCORE in values:
        # The base's score moves instead, within 0 to 1.
        held_out = values[SignalName.HELD_OUT_SCORE]
        return replace(alone, range=replace(alone.range, low=held_out - 1.0, high=held_out))
    if alone.range.logarithmic:
        return alone
    low, high = min(alone.range.low, alone.start), max(alone.range.high, alone.start)
    return replace(alone, range=replace(alone.range, low=low, high=high))


def _rounded_away(value: float, start: float, decimals: int) -> float:
    """Return `value` rounded away from `start` in its shortest decimal form, so that 0.29 stays 0.29."""
    direction = ROUND_CEILING if value > start else ROUND_FLOOR
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), direction))
