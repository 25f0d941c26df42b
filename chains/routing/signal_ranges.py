"""How each measured signal can really vary, and what moves with it. Pure; decides nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chains.types import Signal, SignalName

# One softmax: they sum to 1, so that none changes alone.
_KINDS = (
    SignalName.WANTS_OUTSIDE_FACTS,
    SignalName.WANTS_CREATIVE_TEXT,
    SignalName.WANTS_FIXED_FORMAT,
    SignalName.SMALL_TALK,
    SignalName.ABOUT_THE_BOT,
)

MOST_DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Range:
    """What a signal of some unit can really take."""

    low: float
    high: float
    decimals: int
    """As many are usually said of it, in its own unit."""
    logarithmic: bool = False
    """Whether changes of it compare by their ratio."""
    whole: bool = False

    def position(self, value: float) -> float:
        """Where `value` lies on the axis on which changes compare."""
        return math.log10(max(value, self.low)) if self.logarithmic else value

    def value(self, position: float) -> float:
        """The inverse of `position`."""
        return math.pow(10, position) if self.logarithmic else position

    def distance(self, one: float, other: float) -> float:
        """How far two positions lie apart, as a share of the range."""
        return abs(one - other) / (self.position(self.high) - self.position(self.low))

    def decimals_telling(self, said: float, measured: float) -> int:
        """The fewest decimals that say `said` exactly and tell it from `measured`, and not fewer than usual."""
        enough = (d for d in range(self.decimals, MOST_DECIMALS) if round(said, d) == said)
        return next((d for d in enough if abs(said - measured) >= 10**-d), MOST_DECIMALS)


RANGES = {
    "probability": Range(0.0, 1.0, 2),
    "share": Range(0.0, 1.0, 2),
    # Whoever would wait a minute longer has gone.
    "seconds": Range(-60.0, 60.0, 1),
    # A champion has at least one, and no community writes more than a hundred thousand.
    "examples": Range(1.0, 100_000.0, 0, logarithmic=True, whole=True),
    "ratio": Range(0.001, 1000.0, 2, logarithmic=True),
}
"""By unit. A unit that is not here, the constant, never changes."""


@dataclass(frozen=True, slots=True)
class Variation:
    """One signal's change and what moves with it."""

    signal: SignalName
    start: float
    """The measured value."""
    range: Range
    slopes: Mapping[SignalName, float]
    """By how much each signal moves when this one moves by 1."""

    def at(self, value: float, signals: Sequence[Signal]) -> list[Signal]:
        """The signals where this one is at `value`, exactly: a gate may open just there."""
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
        """The value at which the sum of the named signals is `level`, if any of them moves."""
        slope = sum(self.slopes.get(name, 0.0) for name in names)
        if names == (self.signal,):
            yield level
        elif slope:
            total = sum(signal.value for signal in signals if signal.name in names and signal.value is not None)
            yield self.start + (level - total) / slope


def variations(signals: Sequence[Signal], *, has_champion: bool) -> Iterable[Variation]:
    """One for each signal that was measured and can change."""
    values = {signal.name: signal.value for signal in signals if signal.value is not None}
    for signal in signals:
        # The number of training examples is the champion's: without one it cannot be another.
        fixed = signal.unit not in RANGES or (signal.unit == "examples" and not has_champion)
        if signal.value is None or fixed:
            continue
        variation = _coupled(Variation(signal.name, signal.value, RANGES[signal.unit], {signal.name: 1.0}), values)
        if variation is not None:
            yield variation


def _coupled(alone: Variation, values: Mapping[SignalName, float]) -> Variation | None:
    """The variation with what hangs on it; None where nothing real is left of it."""
    if alone.signal in _KINDS:
        others = {kind: values[kind] for kind in _KINDS if kind in values and kind != alone.signal}
        rest = sum(others.values())
        # The others keep their proportions; where they have none, there is no telling how they would grow.
        slopes = {kind: -value / rest for kind, value in others.items()} if rest > 0 else {}
        reach = replace(alone.range, high=min(1.0, alone.start + rest))
        return replace(alone, range=reach, slopes={**alone.slopes, **slopes}) if slopes else None
    if alone.signal == SignalName.HELD_OUT_SCORE and SignalName.MARGIN_OVER_BASE in values:
        # The base's score stays, so the margin over it moves along.
        return replace(alone, slopes={**alone.slopes, SignalName.MARGIN_OVER_BASE: 1.0})
    if alone.signal == SignalName.MARGIN_OVER_BASE and SignalName.HELD_OUT_SCORE in values:
        # The base's score moves instead, within 0 to 1.
        held_out = values[SignalName.HELD_OUT_SCORE]
        return replace(alone, range=replace(alone.range, low=held_out - 1.0, high=held_out))
    if alone.range.logarithmic:
        return alone
    low, high = min(alone.range.low, alone.start), max(alone.range.high, alone.start)
    return replace(alone, range=replace(alone.range, low=low, high=high))
