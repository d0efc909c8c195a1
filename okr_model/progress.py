"""How far a key result is: exact arithmetic, compared inclusively."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from okr_model.durations import Duration
from okr_model.exchange import Reading, Span
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.targets import Change, FromTo, Maintain

_POINT_HOLD = Duration(7, "d")


@dataclass(frozen=True)
class Way:
    """From where to where, in the metric's unit."""

    start: Fraction
    end: Fraction

    @property
    def upward(self) -> bool:
        """Whether a larger value is further along."""
        return self.end > self.start

    def progress(self, value: Fraction) -> Fraction:
        """0 at the start, 1 at the target; raw: below 0 and above 1 occur."""
        return (value - self.start) / (self.end - self.start)

    def value(self, progress: Fraction) -> Fraction:
        """The value at a point of the way."""
        return self.start + progress * (self.end - self.start)

    def met(self, value: Fraction) -> bool:
        """Whether the target is reached; a value equal to it is."""
        return value >= self.end if self.upward else value <= self.end


def way_of(target: FromTo) -> Way:
    """The way of an increase or decrease."""
    return Way(Fraction(target.start), Fraction(target.end))


def changed(target: Change, baseline: Fraction) -> Way:
    """The way of a change from its baseline. Raises ValueError where a percentage of it leads nowhere."""
    if not target.relative:
        return Way(baseline, baseline + Fraction(target.amount))
    if baseline <= 0:
        raise ValueError(f"{target.by} of a baseline that is not above 0")
    return Way(baseline, baseline * (1 + Fraction(target.amount) / 100))


def within_bounds(target: Maintain, value: Fraction) -> bool:
    """Whether a value is on the right side; the bounds themselves are."""
    if target.between is not None:
        return Fraction(target.between[0]) <= value <= Fraction(target.between[1])
    if target.at_least is not None:
        return value >= Fraction(target.at_least)
    return target.at_most is not None and value <= Fraction(target.at_most)


def hold_of(target: FromTo | Change, metric: Metric | None) -> Duration:
    """How long the target must be held: as said, else one trailing window, else 7 days."""
    if target.hold is not None:
        return target.hold
    return (metric.window.length if metric is not None else None) or _POINT_HOLD


def held_since(way: Way, readings: Sequence[Reading], first: date) -> date | None:
    """The first day of the unbroken run of ok readings at the target that reaches the newest one, from `first` on."""
    since = None
    for reading in reversed(readings):
        value = reading.fraction
        if reading.as_of < first:
            break
        if reading.state != "ok" or value is None:
            continue
        if not way.met(value):
            break
        since = reading.as_of
    return since


def held_long_enough(since: date, newest: date, hold: Duration) -> bool:
    """Whether the run from `since` to `newest`, both days included, is as long as `hold`."""
    days = hold.days if hold.days is not None else -(-hold.ms // Duration(1, "d").ms)
    return newest - since + timedelta(days=1) >= timedelta(days=days)


def mostly_inside(window: Span, start: Instant) -> bool:
    """Whether at least half of a window lies at or after the cycle's start."""
    if window.start is None or window.end <= window.start:
        return window.end > start
    return 2 * (window.end - max(window.start, start)) >= window.end - window.start


def clamped(progress: Fraction) -> Fraction:
    """Into 0..1."""
    return min(Fraction(1), max(Fraction(0), progress))
