"""Where a key result will end: a robust line through disjoint weeks, and a range for the final reading.

Trailing readings overlap, and a fit through them finds trends in trendless data. Hence each full ISO week of the cycle
is measured over itself, and a Theil-Sen line is laid through the weeks. The range is the 80 % prediction interval of a
regression about that line, with Student's t (expanded after Hill 1970) because there are few weeks. A count so far or
a snapshot is one course instead: its weekly steps are the disjoint pieces, and the range is that of their sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise
from math import sqrt
from statistics import fmean, median

from okr_model.buckets import LEVELS, bucket_label, full_weeks, hindrance
from okr_model.exchange import Span
from okr_model.history import Known
from okr_model.metrics import Metric
from okr_model.plan import KeyResult
from okr_model.scorecard import Forecast, Range
from okr_model.windows import DAY, final_window, wall
from okr_model.words import plural

FEWEST = 5
"""Full weeks that a line needs."""
_ROBUST = 1.1  # Theil-Sen has about nine tenths of the efficiency of least squares
_WEEK_MS = 604_800_000
_HAIR = 1e-9


@dataclass(frozen=True)
class Week:
    """One full week's own value. `start` and `end` in weeks from any one instant."""

    start: float
    end: float
    value: float

    @property
    def middle(self) -> float:
        """Where the line takes it to be."""
        return (self.start + self.end) / 2


def forecast(result: KeyResult, metric: Metric | None, known: Known) -> Forecast:
    """Of the final reading of an increase, decrease or change, as far as the weeks up to the day allow."""
    hindered = hindrance(result, metric)
    if hindered is not None or metric is None:
        return Forecast(note=f"no forecast: {hindered}")
    first = result.pace.start or known.cycle.start
    last = known.course(metric).last_ok
    if last is not None and last.value is not None and last.window == final_window(metric, known.cycle):
        return Forecast(range=Range(low=last.value, high=last.value))
    key = (metric.id, first)
    if key not in known.forecasts:
        made = _of_course if metric.window.kind in LEVELS else _of_weeks
        known.forecasts[key] = made(metric, first, known)
    return known.forecasts[key]


def line_range(weeks: Sequence[Week], final: tuple[float, float]) -> tuple[float, float]:
    """The 80 % range of the mean over `final` = [start, end), of which weeks inside it are known already.

    At least three weeks, in order.
    """
    start, end = final
    middles, values = [week.middle for week in weeks], [week.value for week in weeks]
    slope = theil_sen(middles, values)
    inside = [_part_inside(week, start, end, slope) for week in weeks]
    told = sum(share for share, _ in inside)
    mean = sum(share * value for share, value in inside) / (end - start)
    rest = end - start - told
    if rest <= _HAIR:
        return mean, mean
    at = end - rest / 2
    height = median(value - slope * middle for middle, value in zip(middles, values, strict=True))
    left = [value - height - slope * middle for middle, value in zip(middles, values, strict=True)]
    centre = fmean(middles)
    lever = 1 / len(weeks) + (at - centre) ** 2 / sum((middle - centre) ** 2 for middle in middles)
    variance = sum(each * each for each in left) / (len(weeks) - 2) * (_ROBUST * lever + 1 / rest)
    share = rest / (end - start)
    mean += share * (height + slope * at)
    half = t90(len(weeks) - 2) * share * sqrt(variance)
    return mean - half, mean + half


def _part_inside(week: Week, start: float, end: float, slope: float) -> tuple[float, float]:
    """How much of a week lies in [start, end), and its value there: a part of it lies elsewhere on the line."""
    first, last = max(start, week.start), min(end, week.end)
    if last <= first:
        return 0.0, 0.0
    return last - first, week.value + slope * ((first + last) / 2 - week.middle)


def course_range(levels: Sequence[float], ahead: float) -> tuple[float, float]:
    """The 80 % range of a course `ahead` weeks after the last of its weekly levels; at least three of them."""
    steps = [after - before for before, after in pairwise(levels)]
    drift = theil_sen(list(range(len(levels))), list(levels))
    scatter = sum((step - drift) ** 2 for step in steps) / (len(steps) - 1)
    half = t90(len(steps) - 1) * sqrt(scatter * (ahead + _ROBUST * ahead * ahead / len(steps)))
    middle = levels[-1] + ahead * drift
    return middle - half, middle + half


def theil_sen(at: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between all pairs; one wild week hardly moves it (Sen 1968)."""
    points = list(zip(at, values, strict=True))
    return median((high - low) / (right - left) for (left, low), (right, high) in combinations(points, 2))


def t90(freedom: int) -> float:
    """Student's t at 0.9, of `freedom` >= 3 degrees, to two places."""
    z = 1.2815515655446004
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def _of_weeks(metric: Metric, first: date, known: Known) -> Forecast:
    found = []
    for week in full_weeks(known.cycle):
        last = known.course(metric, bucket_label(week)).last_ok
        if last is not None and last.value is not None and week.start >= first:
            found.append(Week(*_weeks(last.window, known), last.value))
    if len(found) < FEWEST:
        return _short(len(found))
    final = _weeks(final_window(metric, known.cycle), known)
    low, high = line_range(found, final)
    whole = final[1] - final[0] if metric.measure is not None and metric.measure.kind in ("count", "sum") else 1.0
    floor = 0.0 if min(week.value for week in found) >= 0 else None
    return Forecast(range=_inside(metric, low * whole, high * whole, floor))


def _of_course(metric: Metric, first: date, known: Known) -> Forecast:
    course, levels = known.course(metric), []
    by_day = {reading.as_of: reading for reading in course.readings if reading.state == "ok"}
    for week in full_weeks(known.cycle):
        reading = by_day.get(week.end - DAY)
        if reading is not None and reading.value is not None and week.end >= first:
            levels.append((week.end, reading.value))
        elif levels and week.end <= known.as_of + DAY:
            levels.clear()  # a gap: the course is followed from the newest unbroken run of weeks
    if len(levels) <= FEWEST:
        return _short(max(0, len(levels) - 1))
    ahead = (known.cycle.end - levels[-1][0]) / timedelta(weeks=1)
    low, high = course_range([value for _, value in levels], ahead)
    grows = metric.window.kind == "cycle_to_date" and metric.measure is not None and metric.measure.kind == "count"
    return Forecast(range=_inside(metric, low, high, levels[-1][1] if grows else None))


def _short(there: int) -> Forecast:
    return Forecast(
        range=None, note=f"forecast needs {plural(FEWEST, 'full week')}, there {'is' if there == 1 else 'are'} {there}"
    )


def _weeks(span: Span, known: Known) -> tuple[float, float]:
    assert span.start is not None, "a week has a start, and so has a window that weeks can fill"
    return wall(span.start, known.zone) / _WEEK_MS, wall(span.end, known.zone) / _WEEK_MS


def _inside(metric: Metric, low: float, high: float, floor: float | None) -> Range:
    """No further than the number can go: a percentage stays within 0 and 100, a count so far does not fall."""
    least, most = (0.0, 100.0) if metric.unit == "percent" else (floor, None)
    ends = [low, high]
    ends = ends if least is None else [max(least, end) for end in ends]
    ends = ends if most is None else [min(most, end) for end in ends]
    return Range(low=ends[0], high=ends[1])
