"""Targets judged period by period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from okr_model.scorecard import Range

Build = Callable[..., Any]
DAY = date(2026, 10, 21)  # a Wednesday in week 43


@pytest.fixture
def speed(desk: Build) -> Any:
    """At least 99 % every week, one may miss."""
    return desk({"maintain": {"at_least": 99, "every": "week", "allow": 1}}, metric="monitoring_speed")


def _weeks(made: Any, **values: Any) -> None:
    for label, value in values.items():
        made.read("monitoring_speed", DAY, value, period=f"2026-{label}")


def test_each_week_is_measured_over_itself(speed: Any) -> None:
    _weeks(speed, W40="99", W41="98.999", W42="100", W43="99.5")
    card = speed.card(DAY)
    assert card.periods == (
        ("2026-W40", "met"),
        ("2026-W41", "not met"),
        ("2026-W42", "met"),
        ("2026-W43", "running"),
    )
    assert (card.status, card.actual, card.progress) == ("On Track", 99.5, pytest.approx(2 / 3))
    assert card.reason == ("99.5 % in 2026-W43 so far; at least 99 % every week; 2 of 3 weeks met; covers 19 to 21 Oct")


def test_more_misses_than_allowed_are_off_track(speed: Any) -> None:
    _weeks(speed, W40="98", W41="98.999", W42="100", W43="99.5")
    card = speed.card(DAY)
    assert card.status == "Off Track"
    assert card.reason.startswith("98.999 % in 2026-W41, not met; at least 99 % every week")


def test_a_running_week_that_fails_is_at_risk(speed: Any) -> None:
    _weeks(speed, W40="99", W41="99", W42="100", W43="98")
    assert speed.card(DAY).status == "At Risk"
    assert speed.card(DAY).needs == "at least 99 % every week by 25 Oct"


def test_a_week_without_a_reading_is_unknown_and_widens_the_progress(speed: Any) -> None:
    _weeks(speed, W40="99", W41=None, W42="98", W43="99.5")
    card = speed.card(DAY)
    assert card.periods[1] == ("2026-W41", "unknown")
    assert (card.progress, card.progress_range) == (None, Range(low=1 / 3, high=2 / 3))
    assert "1 of 3 weeks met, 1 unknown" in card.reason


def test_a_week_read_only_while_it_ran_is_unknown_once_it_is_over(speed: Any) -> None:
    speed.read("monitoring_speed", date(2026, 10, 16), "99.9", period="2026-W42")
    speed.read("monitoring_speed", DAY, "99.9", period="2026-W43")
    assert dict(speed.card(DAY).periods)["2026-W42"] == "unknown"
    speed.read("monitoring_speed", date(2026, 10, 18), "99.9", period="2026-W42")
    assert dict(speed.card(DAY).periods)["2026-W42"] == "met"


def test_a_miss_that_is_allowed_is_on_track_even_while_nothing_else_is_known(speed: Any) -> None:
    sunday = date(2026, 10, 4)
    speed.read("monitoring_speed", sunday, "98", period="2026-W40")
    assert speed.card(sunday).status == "On Track"


def test_a_week_that_is_over_keeps_nothing_fresh_however_often_it_is_read_again(speed: Any) -> None:
    """Green by silence: the first week was met, nothing has come since, and the first week is read every night."""
    for offset in range(14):
        day = date(2026, 10, 4) + timedelta(days=offset)
        speed.read("monitoring_speed", day, "99.5", period="2026-W40")
    assert speed.card(date(2026, 10, 5)).status == "On Track"
    card = speed.card(date(2026, 10, 11))
    assert card.status == "Stale"
    assert card.reason.startswith("last value 99.5 % of 5 Oct, 6 days old")  # old enough for `within` a day later
    assert card.as_of == date(2026, 10, 5)


def test_only_unknown_weeks_are_no_data_not_on_track(speed: Any) -> None:
    speed.read("monitoring_speed", DAY, "99.9")
    card = speed.card(DAY)
    assert (card.status, card.progress, card.progress_range) == ("No Data", None, None)


def test_a_week_with_rows_too_young_is_still_running(desk: Build) -> None:
    made = desk({"maintain": {"at_least": 90, "every": "week"}}, metric="resolved_48h")
    sunday = date(2026, 10, 18)
    made.read("resolved_48h", sunday, 80, period="2026-W42", pending=40)
    assert dict(made.card(sunday).periods)["2026-W42"] == "running"
    assert made.card(sunday).status == "At Risk"
    tuesday = date(2026, 10, 20)
    assert dict(made.card(tuesday).periods)["2026-W42"] == "unknown"  # nothing was read once all were old enough
    made.read("resolved_48h", tuesday, 91, period="2026-W42")
    assert dict(made.card(tuesday).periods)["2026-W42"] == "met"


@pytest.mark.parametrize(
    ("bound", "good", "bad"),
    [({"at_most": 5}, "5", "5.01"), ({"between": [1, 2]}, "2", "2.01"), ({"between": [1, 2]}, "1", "0.99")],
)
def test_bounds_are_inclusive(desk: Build, bound: dict[str, Any], good: str, bad: str) -> None:
    made = desk({"maintain": {**bound, "every": "month"}}, metric="review_hours")
    made.read("review_hours", DAY, good, period="2026-10")
    assert made.card(DAY).status == "On Track"
    made.readings.clear()
    made.read("review_hours", DAY, bad, period="2026-10")
    assert made.card(DAY).status == "At Risk"


@pytest.fixture
def audits(desk: Build) -> Any:
    """One audit a month, five days of grace."""
    return desk({"cadence": {"times": 1, "every": "month", "grace": "5d"}}, metric="audits")


def test_nothing_is_due_in_the_first_month(audits: Any) -> None:
    audits.read("audits", DAY, 0, period="2026-10")
    card = audits.card(DAY)
    assert (card.status, card.progress, card.expected) == ("Too Early", 0, 0)
    audits.read("audits", date(2026, 10, 22), 1, period="2026-10")
    assert audits.card(date(2026, 10, 22)).status == "On Track"


def test_an_event_within_grace_is_late_and_counts(audits: Any) -> None:
    audits.read("audits", date(2026, 10, 31), 0, period="2026-10")
    assert audits.card(date(2026, 10, 31)).periods == (("2026-10", "running"),)
    audits.read("audits", date(2026, 11, 4), 1, period="2026-10")
    card = audits.card(date(2026, 11, 4))
    assert (card.status, card.progress) == ("On Track", pytest.approx(1 / 3))
    assert card.periods[0] == ("2026-10", "late")
    assert "2026-10 late" in card.reason


def test_a_month_just_missed_is_off_track_until_a_later_one_is_met(audits: Any) -> None:
    missed = date(2026, 11, 5)
    audits.read("audits", missed, 0, period="2026-10")
    card = audits.card(missed)
    assert card.status == "Off Track"
    assert card.reason == "0 of 3 months met; 2026-10 missed; best still possible 2 of 3"
    audits.read("audits", date(2026, 11, 12), 1, period="2026-11")
    card = audits.card(date(2026, 11, 12))
    assert card.status == "At Risk"
    assert card.reason == "1 of 3 months met; 2026-10 missed; best still possible 2 of 3"


def test_a_month_that_nobody_knows_makes_up_for_no_miss(audits: Any) -> None:
    audits.read("audits", date(2026, 11, 5), 0, period="2026-10")
    audits.read("audits", date(2026, 12, 6), 0, period="2026-12")
    card = audits.card(date(2026, 12, 6))
    assert [word for _, word in card.periods] == ["not met", "unknown", "running"]
    assert card.status == "Off Track"


def test_a_month_in_its_grace_says_until_when_it_counts(audits: Any) -> None:
    day = date(2026, 11, 2)
    for month in ("2026-10", "2026-11"):
        audits.read("audits", day, 0, period=month)
    card = audits.card(day)
    assert (card.status, card.reason) == (
        "Too Early",
        "0 of 3 months met; 2026-10 counts until 5 Nov; 2026-11 counts until 5 Dec",
    )


def test_a_month_not_read_after_its_grace_is_unknown(audits: Any) -> None:
    audits.read("audits", date(2026, 11, 3), 0, period="2026-10")
    audits.read("audits", date(2026, 11, 20), 1, period="2026-11")
    card = audits.card(date(2026, 11, 20))
    assert card.periods == (("2026-10", "unknown"), ("2026-11", "met"))
    assert (card.progress, card.progress_range) == (None, Range(low=1 / 3, high=2 / 3))
    assert card.status == "On Track"


def test_all_months_met_is_complete(audits: Any) -> None:
    day = date(2026, 12, 20)
    for month in ("2026-10", "2026-11", "2026-12"):
        audits.read("audits", day, 1, period=month)
    card = audits.card(day)
    assert (card.status, card.progress, card.reason) == ("Complete", 1, "3 of 3 months met")


def test_a_manual_cadence_stands_on_check_ins(desk: Build) -> None:
    made = desk({"cadence": {"times": 2, "every": "month"}}, unit="count", better="higher")
    made.say("kr", date(2026, 10, 30), value="2")
    card = made.card(date(2026, 11, 3))
    assert (card.status, card.periods) == ("On Track", (("2026-10", "met"), ("2026-11", "running")))
    assert Fraction(str(card.actual)) == 2


@pytest.mark.parametrize(
    "target", [{"maintain": {"at_most": 5, "every": "month"}}, {"cadence": {"times": 1, "every": "month"}}]
)
def test_a_cycle_without_a_single_period_is_refused(desk: Build, target: dict[str, Any]) -> None:
    metric, cycle = "review_hours" if "maintain" in target else "audits", {"start": DAY, "end": date(2026, 10, 31)}
    with pytest.raises(ValueError, match="no month has its last day in the cycle"):
        desk(target, metric=metric, cycle=cycle)
