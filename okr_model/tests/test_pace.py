"""Pace in data time."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okr_model.cycle import Cycle
from okr_model.evaluate import evaluate
from okr_model.exchange import Reading, Span
from okr_model.metrics import Metric
from okr_model.pace import PaceLine, expected, judged_from, pace_line
from okr_model.plan import Pace, Plan
from okr_model.progress import Way
from okr_model.windows import end_of, final_window, midnight, window_of

START, END = date(2026, 10, 1), date(2027, 1, 1)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


def _cycle(zone: str = "Europe/Berlin") -> Cycle:
    return Cycle.model_validate({"id": "c", "start": START, "end": END, "timezone": zone})


def _metric(window: Any, **more: Any) -> Metric:
    body = {"id": "m", "unit": "count", "better": "higher", "fact": "ticket", "measure": "count", "on": "created_at"}
    return Metric.model_validate({**body, "window": window, **more})


def _pace(body: Any) -> Pace:
    target = {"increase": {"from": 0, "to": 100}}
    result = {"id": "k", "title": "k", "unit": "u", "better": "higher", "target": target, "pace": body}
    objective = {"id": "o", "title": "o", "key_results": [result]}
    cycle = {"id": "c", "start": START, "end": END, "timezone": "UTC"}
    plan = Plan.model_validate({"cycle": cycle, "objectives": [objective], "metrics": {}})
    return plan.objectives[0].key_results[0].pace


def _at(line: PaceLine, day: date, cycle: Cycle) -> Fraction:
    return line.at(end_of(day, cycle.timezone))


def test_a_linear_line_runs_over_the_cycle() -> None:
    cycle = _cycle("UTC")
    line = pace_line(Pace(), cycle)
    assert _at(line, START - timedelta(days=1), cycle) == 0
    assert _at(line, START, cycle) == Fraction(1, 92)
    assert _at(line, END - timedelta(days=1), cycle) == 1
    assert _at(line, END + timedelta(days=9), cycle) == 1


@pytest.mark.parametrize("zone", [*ZONES, "America/Havana"])
def test_a_plan_counts_days_whatever_the_clocks_do(zone: str) -> None:
    cycle, metric = _cycle(zone), _metric({"trailing": "28d"})
    line = pace_line(Pace(), cycle)
    for offset in range(92):
        day = START + timedelta(days=offset)
        assert _at(line, day, cycle) == Fraction(offset + 1, 92)
        middles = [max(0, 2 * (offset - back) + 1) for back in range(28)]  # in half days
        assert line.mean(window_of(metric, day, cycle)) == Fraction(sum(middles), 2 * 28 * 92)


def test_every_day_of_a_plan_is_the_midnight_that_begins_it() -> None:
    cycle, way = _cycle(), Way(Fraction(0), Fraction(100))
    lines = [
        pace_line(_pace(body), cycle, way)
        for body in ({"reach_by": date(2026, 12, 1)}, {"phased": {date(2026, 12, 1): 100}})
    ]
    whole = [pace_line(_pace(body), cycle, way) for body in ({}, {"reach_by": END}, {"start": START})]
    for offset in range(-3, 95):
        assert len({_at(line, START + timedelta(days=offset), cycle) for line in lines}) == 1
        assert len({_at(line, START + timedelta(days=offset), cycle) for line in whole}) == 1


def test_a_later_start_and_an_earlier_end() -> None:
    cycle = _cycle("UTC")
    line = pace_line(_pace({"start": date(2026, 11, 1), "reach_by": date(2026, 12, 1)}), cycle)
    assert _at(line, date(2026, 10, 31), cycle) == 0
    assert _at(line, date(2026, 11, 15), cycle) == Fraction(1, 2)
    assert _at(line, date(2026, 11, 30), cycle) == 1


def test_phased_values_are_the_metrics_own_and_linear_between() -> None:
    cycle, way = _cycle("UTC"), Way(Fraction(24), Fraction(12))
    line = pace_line(_pace({"phased": {date(2026, 11, 1): 18, date(2026, 12, 1): 15}}), cycle, way)
    assert _at(line, date(2026, 10, 31), cycle) == Fraction(1, 2)
    assert _at(line, date(2026, 11, 15), cycle) == Fraction(5, 8)
    assert _at(line, date(2026, 11, 30), cycle) == Fraction(3, 4)
    assert _at(line, date(2026, 12, 31), cycle) == 1


def test_a_step_asks_for_nothing_until_its_day() -> None:
    cycle = _cycle()
    line = pace_line(_pace({"step": date(2026, 12, 15)}), cycle)
    assert [_at(line, date(2026, 12, day), cycle) for day in (14, 15)] == [Fraction(0), Fraction(1)]
    assert judged_from(line, None, START, cycle) == date(2026, 12, 15)


def test_point_in_time_readings_take_the_line_at_their_end() -> None:
    cycle, day = _cycle("UTC"), date(2026, 11, 15)
    line = pace_line(Pace(), cycle)
    for metric in (_metric("cycle_to_date"), _metric("snapshot", on=None)):
        assert expected(line, metric, window_of(metric, day, cycle), cycle) == Fraction(46, 92)


def test_a_trailing_window_is_measured_against_its_own_end() -> None:
    cycle, metric = _cycle("UTC"), _metric({"trailing": "28d"})
    line = pace_line(Pace(), cycle)
    day = date(2026, 11, 15)  # its window's middle is day 32 of 92, the last window's day 78
    assert expected(line, metric, window_of(metric, day, cycle), cycle) == Fraction(32, 78)
    assert expected(line, metric, final_window(metric, cycle), cycle) == 1


@pytest.mark.parametrize("window", [{"trailing": "28d"}, {"trailing": "7d"}, {"calendar": "month"}])
@pytest.mark.parametrize("zone", ZONES)
def test_nothing_is_expected_before_the_start_and_all_at_the_end(zone: str, window: Any) -> None:
    cycle, metric = _cycle(zone), _metric(window)
    line = pace_line(Pace(), cycle)
    before = window_of(metric, START - timedelta(days=1), cycle)
    last = window_of(metric, END - timedelta(days=1), cycle)
    assert [expected(line, metric, window, cycle) for window in (before, last)] == [Fraction(0), Fraction(1)]


def _mean_of_actuals(line: PaceLine, way: Way, metric: Metric, day: date, cycle: Cycle) -> Fraction:
    """What a team measures whose every day lies on the line that brings its last window to the target."""
    final, window = final_window(metric, cycle), window_of(metric, day, cycle)

    def mean(start: int, end: int) -> Fraction:
        hour = 3_600_000
        middles = range(start + hour // 2, end, hour)
        return Fraction(sum(line.at(middle) for middle in middles), 1) / len(middles)

    assert window.start is not None
    assert final.start is not None
    return way.value(mean(window.start, window.end) / mean(final.start, final.end))


@settings(max_examples=40)
@given(
    st.integers(0, 91),
    st.sampled_from(ZONES),
    st.sampled_from([None, "30d", "24h"]),
    st.sampled_from([(24, 12), (72, 90), (0, 80)]),
    st.sampled_from([{}, {"start": date(2026, 11, 1)}, {"reach_by": date(2026, 12, 1)}]),
)
def test_a_team_exactly_on_plan_is_on_track_every_day(
    day: int, zone: str, mature: str | None, ends: tuple[int, int], pace: dict[str, date]
) -> None:
    as_of, way = START + timedelta(days=day), Way(Fraction(ends[0]), Fraction(ends[1]))
    better = "higher" if way.upward else "lower"
    metric = _metric({"trailing": "28d"}, mature=mature, better=better)
    kind = "increase" if way.upward else "decrease"
    result = {"id": "k", "title": "k", "metric": "m", "target": {kind: {"from": ends[0], "to": ends[1]}}, "pace": pace}
    objective = {"id": "o", "title": "o", "key_results": [result]}
    cycle = _cycle(zone)
    plan = Plan.model_validate({"cycle": cycle, "objectives": [objective], "metrics": {"m": metric}})
    line = pace_line(plan.objectives[0].key_results[0].pace, cycle, way)
    value = _mean_of_actuals(line, way, metric, as_of, cycle)
    reading = Reading(
        metric="m",
        as_of=as_of,
        window=window_of(metric, as_of, cycle),
        zone=zone,
        state="ok",
        value=float(value),
        exact=str(value),
        definition=metric.definition_hash,
    )
    now = end_of(as_of, cycle.timezone)
    scorecard = evaluate(plan, as_of, now, "r", [reading], check_ins=[], baselines={}, outcomes={}, sources_of={})
    (card,) = scorecard.cards()
    assert card.status in ("Too Early", "On Track"), card.reason
    assert card.expected is not None
    assert card.progress == pytest.approx(card.expected, abs=1e-3)  # actuals are sampled by the hour


@given(st.lists(st.tuples(st.integers(0, 1000), st.fractions(0, 1)), min_size=1, max_size=5), st.integers(-50, 1050))
def test_a_mean_lies_between_the_lines_least_and_most(points: list[tuple[int, Fraction]], start: int) -> None:
    line = PaceLine(tuple(sorted(points)), ZoneInfo("UTC"))
    mean = line.mean(Span(start=start, end=start + 100))
    assert 0 <= mean <= max(height for _, height in points)


def test_the_day_from_which_it_is_judged_is_the_first_with_a_tenth_expected() -> None:
    cycle, metric = _cycle(), _metric({"trailing": "28d"})
    line = pace_line(Pace(), cycle)
    day = judged_from(line, metric, START, cycle)
    assert day is not None
    eve = day - timedelta(days=1)
    assert expected(line, metric, window_of(metric, day, cycle), cycle) >= Fraction(1, 10)
    assert expected(line, metric, window_of(metric, eve, cycle), cycle) < Fraction(1, 10)
    assert midnight(day, cycle.timezone) > midnight(START, cycle.timezone)
