"""The smallest change of one signal that would have turned a decision, found and checked by deciding again. Pure.

Between two bends of a variation, where a term reaches its bound or a gate its threshold, the scores are straight
lines (in the logarithm, for a logarithmic signal) and no gate moves but one: no route is taken whose sum is not above
zero, so that no answer is one more line, at zero. The values at which one of several straight lines is the highest form
one stretch. Hence a segment between two bends whose ends are decided alike is decided alike
throughout, and one whose ends are decided otherwise holds one turning point of the first end's route, which halving
finds. So no grid is needed, and nothing is assumed of how often a variation turns the route.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from chains.routing.policy import NEGLIGIBLE, Policy, Situation
from chains.routing.signal_ranges import MOST_DECIMALS, Variation, variations
from chains.types import Counterfactual, Route, RouteDecision, SignalChange, SignalName

TOLERANCE = 1e-6
"""How exactly a turning point is found, as a share of the signal's range."""

# Beside a gate's threshold: just below it, and above it where rounding decides on which side a sum falls.
_HAIR = 1e-9

# Decimals to which a turning point is tidied, where that moves it by few tolerances and it still turns.
_TIDY = 5


def counterfactual_of(policy: Policy, situation: Situation, decision: RouteDecision) -> Counterfactual | None:
    """What would have turned `decision`, which `policy` made in `situation`.

    A request overrules every signal, so there the request is taken away instead, and the route may stay the same.

    Returns:
        None where no change of a single signal turns it.
    """
    if situation.requested is not None:
        return Counterfactual(policy.decide(decision.signals, replace(situation, requested=None)).route, None)
    return _Search(policy, situation, decision).nearest()


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What is still to be searched of one variation, in one direction."""

    variation: Variation
    near: float
    """The position up to which the decision stands."""
    ahead: tuple[float, ...]
    """The positions to try, outwards."""
    turned: bool = False
    """The first of `ahead` is known to be decided otherwise."""

    @property
    def distance(self) -> float:
        """The least that what is still to be found here would change, as a share of the range."""
        reach = self.variation.range
        return reach.distance(reach.position(self.variation.start), self.near)


class _Search:
    """Searches all variations at once, always where the smallest change is still open."""

    def __init__(self, policy: Policy, situation: Situation, decision: RouteDecision) -> None:
        self._policy = policy
        self._situation = situation
        self._decision = decision

    def nearest(self) -> Counterfactual | None:
        """The turning point at the smallest distance."""
        varied = variations(self._decision.signals, has_champion=self._situation.has_champion)
        outlooks = [outlook for variation in varied for outlook in self._outlooks(variation)]
        # The rank orders equal distances, since outlooks have no order.
        queue = [(outlook.distance, rank, outlook) for rank, outlook in enumerate(outlooks)]
        heapq.heapify(queue)
        while queue:
            _, rank, outlook = heapq.heappop(queue)
            reach, far = outlook.variation.range, outlook.ahead[0]
            if outlook.turned and reach.distance(outlook.near, far) <= TOLERANCE:
                found = self._settled(outlook.variation, reach.value(far))
                if found is not None:
                    return found
                continue
            onwards = self._halved(outlook) if outlook.turned else self._tried(outlook)
            if onwards.ahead:
                heapq.heappush(queue, (onwards.distance, rank, onwards))
        return None

    def _outlooks(self, variation: Variation) -> Iterable[_Outlook]:
        """Both directions, each with the bends on its way and the end of the range."""
        reach = variation.range
        start = reach.position(variation.start)
        within = {value for value in self._bends(variation) if reach.low < value < reach.high}
        points = sorted(reach.position(value) for value in {reach.low, *within, reach.high})
        for ahead in ([p for p in points if p > start], [p for p in reversed(points) if p < start]):
            if ahead:
                yield _Outlook(variation, start, tuple(ahead))

    def _bends(self, variation: Variation) -> Iterable[float]:
        """The values at which a term reaches its bound or begins to be a reason, or a gate its threshold."""
        signals, thresholds = self._decision.signals, self._policy.thresholds
        for term in self._policy.terms:
            if term.signal in variation.slopes:
                for side in (-term.scale, term.scale):
                    bound = term.centre * 10**side if term.logarithmic else term.centre + side
                    yield from variation.reaching(bound, (term.signal,), signals)
                if not term.logarithmic and term.weight:
                    reason = term.centre + term.scale * NEGLIGIBLE / term.weight
                    for value in variation.reaching(reason, (term.signal,), signals):
                        yield from (value - _HAIR, value + _HAIR)
        for names, threshold in (
            ((SignalName.PASSAGES_HOLD_ANSWER,), thresholds.passages_hold_answer),
            ((SignalName.MODERATORS_ANSWER,), thresholds.moderators_answer),
            ((SignalName.LIKENESS_TO_TRAINING,), thresholds.like_training),
            ((SignalName.WANTS_CREATIVE_TEXT,), thresholds.creative),
            ((SignalName.SMALL_TALK, SignalName.ABOUT_THE_BOT), thresholds.direct),
        ):
            for value in variation.reaching(threshold, names, signals):
                yield from (value - _HAIR, value if names == (variation.signal,) else value + _HAIR)

    def _tried(self, outlook: _Outlook) -> _Outlook:
        if self._stands(outlook.variation, outlook.ahead[0]):
            return replace(outlook, near=outlook.ahead[0], ahead=outlook.ahead[1:])
        return replace(outlook, turned=True)

    def _halved(self, outlook: _Outlook) -> _Outlook:
        middle = (outlook.near + outlook.ahead[0]) / 2
        if self._stands(outlook.variation, middle):
            return replace(outlook, near=middle)
        return replace(outlook, ahead=(middle,))

    def _stands(self, variation: Variation, position: float) -> bool:
        return self._route(variation, variation.range.value(position)) is self._decision.route

    def _route(self, variation: Variation, value: float) -> Route:
        return self._policy.decide(variation.at(value, self._decision.signals), self._situation).route

    def _settled(self, variation: Variation, turned: float) -> Counterfactual | None:
        """The turning point with the figure that is said of it; None where no whole number turns what is counted."""
        reach, route = variation.range, self._route(variation, turned)
        rounded = _away(turned, variation.start, 0) if reach.whole else round(turned, _TIDY)
        near = reach.whole or reach.distance(reach.position(rounded), reach.position(turned)) <= 10 * TOLERANCE
        if near and reach.low <= rounded <= reach.high and self._route(variation, rounded) is route:
            turned = rounded
        elif reach.whole:
            return None
        said = self._said(variation, turned, route)
        return Counterfactual(route, SignalChange(variation.signal, variation.start, turned, said))

    def _said(self, variation: Variation, turned: float, route: Route) -> float:
        """`turned` in as few decimals as still turn the decision and tell it from the measured value."""
        reach = variation.range
        for decimals in range(reach.decimals, MOST_DECIMALS):
            said = _away(turned, variation.start, decimals)
            # An end of the range, certainty, is not claimed by rounding.
            allowed = said == turned or reach.low < said < reach.high
            told_apart = reach.decimals_telling(said, variation.start) <= decimals
            if allowed and told_apart and self._route(variation, said) is route:
                return said
        return turned


def _away(value: float, start: float, decimals: int) -> float:
    """`value` rounded away from `start` in its shortest decimal form, so that 0.29 stays 0.29."""
    direction = ROUND_CEILING if value > start else ROUND_FLOOR
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), direction))
