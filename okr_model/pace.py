"""How far a key result should be: the pace line, read in the time that its reading speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from okr_model.cycle import Cycle
from okr_model.exchange import Span
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.plan import Pace
from okr_model.progress import Way
from okr_model.windows import DAY, end_of, final_window, wall, wall_day, window_of

TOO_EARLY = Fraction(1, 10)
_POINTS = ("snapshot", "cycle_to_date")


@dataclass(frozen=True, eq=False)
class PaceLine:
    """Planned progress over the days of a zone: 0 up to the first knot, linear between knots, level after the last.

    Knots lie in `wall` time. Compared by identity, so that what is worked out for a line can be kept under it.
    """

    knots: tuple[tuple[int, Fraction], ...]
    zone: ZoneInfo

    def at(self, end: Instant) -> Fraction:
        """Planned at the end of the time up to `end`: a step on a day asks for nothing until that day has begun."""
        before, until = None, wall(end, self.zone)
        for at, height in self.knots:
            if until <= at:
                return Fraction(0) if before is None else _between(before, (at, height), until)
            before = (at, height)
        return self.knots[-1][1]

    def mean(self, span: Span) -> Fraction:
        """The mean over a window; for a window without length or start, the line at its end."""
        first, until = (None if at is None else wall(at, self.zone) for at in (span.start, span.end))
        if first is None or until is None or until <= first:
            return self.at(span.end)
        area = Fraction(0)
        for (left, low), (right, high) in zip(self.knots, self.knots[1:], strict=False):
            start, end = max(left, first), min(right, until)
            if start < end:
                ends = [_between((left, low), (right, high), at) for at in (start, end)]
                area += (end - start) * (ends[0] + ends[1]) / 2
        last, height = self.knots[-1]
        area += max(0, until - max(last, first)) * height
        return area / (until - first)


def pace_line(pace: Pace, cycle: Cycle, way: Way | None = None) -> PaceLine:
    """The line of a key result. Phased values are the metric's own, so they need the way they lie on.

    Each day in it means the midnight that begins it, as the cycle's own days do.
    """
    start, end = wall_day(pace.start or cycle.start), wall_day(pace.reach_by or cycle.end)
    if pace.kind == "step" and pace.on is not None:
        return PaceLine(((wall_day(pace.on), Fraction(0)), (wall_day(pace.on), Fraction(1))), cycle.timezone)
    points = [] if way is None else [(wall_day(day), way.progress(_exact(value))) for day, value in pace.points]
    knots = [(start, Fraction(0))] if not points or start < points[0][0] else []
    knots += points
    if knots[-1][0] < end:
        knots.append((end, Fraction(1)))
    return PaceLine(tuple(knots), cycle.timezone)


def expected(line: PaceLine, metric: Metric | None, window: Span, cycle: Cycle) -> Fraction:
    """Planned progress of a reading over `window`, as a fraction of the way.

    The line's mean over the reading's own window, divided by its mean over the window that ends at the cycle's end:
    so a trailing window, which lags behind the line, is not blamed for lagging. Point-in-time readings take the line
    at their window's end.
    """
    if metric is None or metric.window.kind in _POINTS:
        return line.at(window.end)
    final = line.mean(final_window(metric, cycle))
    return line.mean(window) / final if final else Fraction(0)


def judged_from(line: PaceLine, metric: Metric | None, after: date, cycle: Cycle) -> date | None:
    """The first day after `after` on which enough is expected to be judged, None where there is none in the cycle."""
    day = after + DAY
    while day < cycle.end:
        window = Span(start=None, end=end_of(day, cycle.timezone)) if metric is None else window_of(metric, day, cycle)
        if expected(line, metric, window, cycle) >= TOO_EARLY:
            return day
        day += timedelta(days=1)
    return None


class Pacing:
    """A cycle's pace lines and what is expected of them, each worked out once for all key results that share it."""

    def __init__(self, cycle: Cycle) -> None:
        self._cycle = cycle
        self._lines: dict[tuple[Pace, Way | None], PaceLine] = {}
        self._expected: dict[tuple[object, ...], Fraction] = {}
        self._judged: dict[tuple[object, ...], date | None] = {}

    def line(self, pace: Pace, way: Way | None) -> PaceLine:
        """`pace_line`."""
        key = (pace, way if pace.kind == "phased" else None)
        if key not in self._lines:
            self._lines[key] = pace_line(pace, self._cycle, way)
        return self._lines[key]

    def expected(self, line: PaceLine, metric: Metric | None, window: Span) -> Fraction:
        """`expected`."""
        key = (line, metric and metric.window, window.start, window.end)
        if key not in self._expected:
            self._expected[key] = expected(line, metric, window, self._cycle)
        return self._expected[key]

    def judged_from(self, line: PaceLine, metric: Metric | None, after: date) -> date | None:
        """`judged_from`."""
        key = (line, metric and (metric.window, metric.settle, metric.mature), after)
        if key not in self._judged:
            self._judged[key] = judged_from(line, metric, after, self._cycle)
        return self._judged[key]


def _between(left: tuple[int, Fraction], right: tuple[int, Fraction], at: int) -> Fraction:
    if at == right[0]:
        return right[1]
    return left[1] + (right[1] - left[1]) * Fraction(at - left[0], right[0] - left[0])


def _exact(value: float) -> Fraction:
    return Fraction(str(value))
