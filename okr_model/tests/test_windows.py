"""Windows and periods across clock changes, in zones east, west and half an hour off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from okr_model.cycle import Cycle
from okr_model.durations import Duration
from okr_model.metrics import Metric
from okr_model.windows import end_of, final_window, last_ended_day, midnight, moved, periods, window_of

HOUR = 3_600_000
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",  # skips midnight
        "Asia/Kolkata",
        "Australia/Lord_Howe",  # half an hour of summer time
        "Africa/Cairo",
        "Pacific/Auckland",
        "UTC",
    )
]
BERLIN = ZONES[0]


def _cycle(zone: ZoneInfo = BERLIN, start: date = date(2026, 10, 1), end: date = date(2027, 1, 1)) -> Cycle:
    return Cycle.model_validate({"id": "c", "start": start, "end": end, "timezone": zone})


def _metric(window: Any, **more: Any) -> Metric:
    body = {"id": "m", "unit": "count", "better": "higher", "fact": "ticket", "measure": "count", "on": "created_at"}
    return Metric.model_validate({**body, "window": window, **more})


days = st.dates(date(2024, 1, 1), date(2029, 12, 31))


@given(days, st.sampled_from(ZONES))
def test_days_follow_one_another_without_gap_and_begin_on_their_own_date(day: date, zone: ZoneInfo) -> None:
    start, end = midnight(day, zone), end_of(day, zone)
    assert end == midnight(day + timedelta(days=1), zone)
    assert 23 * HOUR <= end - start <= 25 * HOUR
    assert datetime.fromtimestamp(start / 1000, zone).date() == day
    assert datetime.fromtimestamp(start / 1000 - 1, zone).date() == day - timedelta(days=1)


@given(days, st.sampled_from(ZONES), st.integers(1, 40), st.sampled_from([None, "24h", "1d", "30d", "90m"]))
def test_trailing_windows_tile(day: date, zone: ZoneInfo, length: int, settle: str | None) -> None:
    metric, cycle = _metric({"trailing": f"{length}d"}, settle=settle), _cycle(zone)
    assert window_of(metric, day - timedelta(days=length), cycle).end == window_of(metric, day, cycle).start


@given(days, st.sampled_from(ZONES))
def test_the_last_ended_day_is_over(day: date, zone: ZoneInfo) -> None:
    assert last_ended_day(end_of(day, zone), zone) == day
    assert last_ended_day(end_of(day, zone) - 1, zone) == day - timedelta(days=1)


def test_a_week_across_the_end_of_summer_time_is_169_hours() -> None:
    window = window_of(_metric({"trailing": "7d"}), date(2026, 10, 28), _cycle())
    assert window.start is not None
    assert window.end - window.start == 169 * HOUR


def test_days_move_by_the_calendar_and_hours_by_the_clock() -> None:
    at = date(2026, 10, 25)  # 25 hours long in Berlin
    by_day = window_of(_metric({"trailing": "7d"}, mature="1d"), at, _cycle())
    by_hours = window_of(_metric({"trailing": "7d"}, mature="24h"), at, _cycle())
    assert by_day.end == midnight(at, BERLIN)
    assert by_hours.end == midnight(at, BERLIN) + HOUR
    assert moved(at, [Duration(1, "d"), None, Duration(2, "h")], BERLIN) == end_of(at, BERLIN) + 2 * HOUR


def test_what_within_implies_does_not_move_the_window() -> None:
    measure = {"within": {"limit": "48h", "from": "created_at", "to": "resolved_at"}}
    metric = _metric({"trailing": "7d"}, measure=measure)
    assert window_of(metric, date(2026, 11, 22), _cycle()).end == midnight(date(2026, 11, 23), BERLIN)


def test_a_calendar_window_runs_from_its_first_day_and_holds_the_last_one_whole() -> None:
    metric, cycle = _metric({"calendar": "month"}), _cycle()
    assert window_of(metric, date(2026, 11, 22), cycle).start == midnight(date(2026, 11, 1), BERLIN)
    assert window_of(metric, date(2026, 10, 31), cycle).start == midnight(date(2026, 10, 1), BERLIN)
    late = _metric({"calendar": "quarter"}, mature="30d")
    assert window_of(late, date(2026, 10, 15), cycle).start == midnight(date(2026, 7, 1), BERLIN)
    assert final_window(metric, cycle).start == midnight(date(2026, 12, 1), BERLIN)


def test_cycle_to_date_stays_inside_the_cycle() -> None:
    metric, cycle = _metric("cycle_to_date"), _cycle()
    before, after = window_of(metric, date(2026, 9, 1), cycle), window_of(metric, date(2027, 1, 20), cycle)
    assert before.start == before.end == midnight(cycle.start, BERLIN)
    assert after.end == midnight(cycle.end, BERLIN)


def test_a_snapshot_has_no_start() -> None:
    window = window_of(_metric("snapshot", on=None), date(2026, 11, 22), _cycle())
    assert (window.start, window.end) == (None, midnight(date(2026, 11, 23), BERLIN))


def test_weeks_belong_to_the_cycle_of_their_last_day() -> None:
    weeks = periods(_cycle(), "week")
    assert (weeks[0].label, weeks[0].start) == ("2026-W40", date(2026, 9, 28))
    assert (weeks[-1].label, weeks[-1].end) == ("2026-W52", date(2026, 12, 28))
    following = periods(_cycle(start=date(2027, 1, 1), end=date(2027, 4, 1)), "week")
    assert (following[0].label, following[0].start) == ("2026-W53", date(2026, 12, 28))


def test_months_and_quarters_have_their_names() -> None:
    assert [period.label for period in periods(_cycle(), "month")] == ["2026-10", "2026-11", "2026-12"]
    assert [period.label for period in periods(_cycle(), "quarter")] == ["2026-Q4"]


@given(st.sampled_from(["week", "month", "quarter"]), st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.integers(1, 400))
def test_each_period_belongs_to_exactly_one_of_two_cycles(every: Any, start: date, length: int) -> None:
    middle, end = start + timedelta(days=length), start + timedelta(days=2 * length)
    parts = [*periods(_cycle(start=start, end=middle), every), *periods(_cycle(start=middle, end=end), every)]
    assert parts == periods(_cycle(start=start, end=end), every)


def test_one_and_a_half_weeks_are_not_a_week() -> None:
    assert [Duration(count, "w").days for count in (1, 2, 1.5)] == [7, 14, None]
    assert [Duration(count, unit).days for count, unit in ((2, "d"), (1.5, "d"), (48, "h"))] == [2, None, None]
