"""The forecast: from which weeks, how sure, and what it may do to a status."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_model.forecast import Week, course_range, line_range, t90, theil_sen
from okr_model.questions import questions

WAY = {"decrease": {"from": 24, "to": 12}}
DAY = date(2026, 11, 22)
WEEKS = 13
RUNS = 2000
Build = Callable[..., Any]


def weeks(values: list[float]) -> list[Week]:
    return [Week(at, at + 1, value) for at, value in enumerate(values)]


@pytest.mark.parametrize("slope", [0.0, -1.0])
@pytest.mark.parametrize("known", [5, 7, 10])
def test_the_range_holds_the_final_reading_in_four_of_five_runs(slope: float, known: int) -> None:
    chance, held = random.Random(7 + known), 0
    for _ in range(RUNS):
        values = [20 + slope * at + chance.gauss(0, 1) for at in range(WEEKS)]
        low, high = line_range(weeks(values[:known]), (WEEKS - 1, WEEKS))
        held += low <= values[-1] <= high
    assert 0.70 <= held / RUNS <= 0.90


@pytest.mark.parametrize("known", [5, 7, 10])
def test_trendless_weeks_at_the_target_seldom_look_like_a_miss(known: int) -> None:
    """The level is one scatter better than the target: the good end of the range lies beyond it in few runs."""
    chance, lowered = random.Random(known), 0
    for _ in range(RUNS):
        values = [11 + chance.gauss(0, 1) for _ in range(known)]
        low, _ = line_range(weeks(values), (WEEKS - 1, WEEKS))
        lowered += low > 12
    assert lowered / RUNS < 0.05


@pytest.mark.parametrize("known", [5, 9])
def test_a_course_that_drifts_at_random_ends_within_its_range(known: int) -> None:
    chance, held = random.Random(known), 0
    for _ in range(RUNS):
        levels = [0.0]
        for _ in range(WEEKS):
            levels.append(levels[-1] + chance.gauss(15, 4))
        low, high = course_range(levels[: known + 1], WEEKS - known)
        held += low <= levels[-1] <= high
    assert 0.70 <= held / RUNS <= 0.90


@given(st.floats(-100, 100), st.floats(-10, 10), st.integers(5, 12))
def test_weeks_on_a_line_end_on_it(start: float, slope: float, known: int) -> None:
    low, high = line_range(weeks([start + slope * at for at in range(known)]), (11, 13))
    overlap = start + slope * 11.5
    assert low == pytest.approx(overlap, abs=1e-6)
    assert high == pytest.approx(overlap, abs=1e-6)


@given(st.floats(-100, 100), st.floats(-10, 10), st.integers(5, 12), st.floats(0, 11), st.floats(0.2, 4))
def test_a_part_of_a_week_lies_elsewhere_on_the_line_than_the_week(
    start: float, slope: float, known: int, first: float, length: float
) -> None:
    """A team exactly on plan is not told that it misses because the final window begins in the middle of a week."""
    final = (first, first + length)
    # a week's mean on the line is the line at its middle
    low, high = line_range(weeks([start + slope * (at + 0.5) for at in range(known)]), final)
    assert low == pytest.approx(start + slope * (first + length / 2), abs=1e-6)
    assert high == pytest.approx(low, abs=1e-6)


def test_one_wild_week_hardly_turns_the_line() -> None:
    assert theil_sen(range(7), [1, 2, 3, 40, 5, 6, 7]) == 1


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 1.638), (5, 1.476), (10, 1.372), (30, 1.310)])
def test_students_t(freedom: int, quantile: float) -> None:
    assert t90(freedom) == pytest.approx(quantile, abs=0.002)


def test_what_is_known_of_the_final_window_is_not_guessed() -> None:
    assert line_range(weeks([9, 9, 9, 12, 8]), (3, 5)) == (10, 10)
    wide = line_range(weeks([9, 9, 9, 12, 8]), (5, 6))
    half_known = line_range(weeks([9, 9, 9, 12, 8]), (4, 6))
    assert half_known[1] - half_known[0] < wide[1] - wide[0]


def read(desk: Any, values: list[float]) -> None:
    """Weeks W41 and on, and the trailing reading of each of their last days."""
    for at, value in enumerate(values):
        sunday = date(2026, 10, 11) + timedelta(weeks=at)
        desk.read("review_hours", sunday, value, period=f"bucket 2026-W{41 + at}")
        desk.read("review_hours", sunday, value)


def test_it_waits_for_five_full_weeks_and_says_so(desk: Build) -> None:
    made = desk(WAY, metric="review_hours")
    read(made, [22, 20, 19, 18.5])
    card = made.card(date(2026, 11, 1))
    assert (card.forecast, card.forecast_note) == (None, "forecast needs 5 full weeks, there are 4")
    read(made, [22, 20, 19, 18.5, 17])
    assert made.card(date(2026, 11, 8)).forecast is not None


def test_on_track_is_lowered_where_even_the_good_end_misses(desk: Build) -> None:
    made = desk(WAY, metric="review_hours")
    read(made, [17, 17.1, 17, 16.9, 17, 17.1, 17])
    card = made.card(DAY)
    assert card.status == "At Risk"
    assert card.reason.startswith("heads for 16.")
    assert "by 31 Dec, short of 12 h; 17 h, planned 17.3 h" in card.reason
    assert card.needs == "a course that reaches 12 h by 31 Dec for On Track"


def test_a_team_exactly_on_plan_is_never_lowered(desk: Build) -> None:
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    full = 88.5 / 92  # the middle of the last seven days, where the plan is all of the way
    for offset in range(7, 92):
        day = date(2026, 10, 1) + timedelta(days=offset)
        value = 24 - 12 * (offset - 2.5) / 92 / full
        made.read("review_hours", day, value)
        if day.weekday() == 6 and offset >= 10:
            made.read("review_hours", day, value, period=f"bucket 2026-W{day.isocalendar().week}")
    for offset in range(12, 92):  # before that it is too early
        day = date(2026, 10, 1) + timedelta(days=offset)
        card = made.card(day)
        assert card.status in ("On Track", "Complete"), (day, card.reason)


def test_on_the_last_day_the_final_reading_is_no_forecast(desk: Build) -> None:
    made = desk(WAY, metric="review_hours")
    read(made, [17, 17.1, 17, 16.9, 17, 17.1, 17])
    made.read("review_hours", date(2026, 12, 31), 12.5)
    card = made.card(date(2026, 12, 31))
    assert card.forecast is not None
    assert (card.forecast.low, card.forecast.high) == (12.5, 12.5)


def test_on_track_stays_where_the_good_end_reaches_the_target(desk: Build) -> None:
    made = desk(WAY, metric="review_hours")
    read(made, [23, 22, 20.5, 20, 18.7, 18, 16.9])
    card = made.card(DAY)
    assert card.status == "On Track"
    assert card.forecast is not None
    assert card.forecast.low < 12 < card.forecast.high


@pytest.mark.parametrize(
    ("pace", "metric", "why"),
    [
        ({"phased": {date(2026, 11, 1): 50}}, "ai_coverage", "no forecast: its plan is phased, not a straight line"),
        ({"step": date(2026, 11, 1)}, "ai_coverage", "no forecast: its plan is a step, not a straight line"),
        (
            {},
            "in_app_adoption",
            "no forecast: distinct ones of a longer window cannot be put together from weeks",
        ),
    ],
)
def test_where_there_can_be_none_it_says_why(desk: Build, pace: dict[str, Any], metric: str, why: str) -> None:
    made = desk({"increase": {"from": 0, "to": 80}}, metric=metric, pace=pace)
    made.read(metric, DAY, 60)
    assert made.card(DAY).forecast_note == why


def test_a_count_so_far_does_not_fall(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 200}}, metric="feedback_answers")
    for at, count in enumerate([10, 30, 31, 60, 61, 95, 96]):
        made.read("feedback_answers", date(2026, 10, 11) + timedelta(weeks=at), count)
    card = made.card(DAY)
    assert card.forecast is not None
    assert 96 <= card.forecast.low < card.forecast.high


def test_each_week_is_asked_once_when_all_of_it_is_mature(template: Any) -> None:
    asked: dict[tuple[str, str | None], list[date]] = {}
    for offset in range(92):
        day = date(2026, 10, 1) + timedelta(days=offset)
        for question in questions(template.plan, day):
            if (question.period or "").startswith("bucket"):
                asked.setdefault((question.metric, question.period), []).append(day)
    assert all(len(days) == 1 for days in asked.values())
    assert asked["review_hours", "bucket 2026-W41"] == [date(2026, 10, 11)]
    assert asked["resolved_48h", "bucket 2026-W41"] == [date(2026, 10, 13)]
    assert asked["fraud_share", "bucket 2026-W41"] == [date(2026, 11, 10)]
    assert {metric for metric, _ in asked} == {"review_hours", "ai_coverage", "fraud_share", "resolved_48h"}
