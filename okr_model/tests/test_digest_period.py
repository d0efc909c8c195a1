"""Which period a digest speaks for."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from okr_model.cycle import Cycle
from okr_model.digest_period import due_period
from okr_model.plan import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
CYCLE = Cycle.model_validate({"id": "2026-Q4", "start": "2026-10-01", "end": "2027-01-01", "timezone": "Europe/Berlin"})


def at(local: str, zone: ZoneInfo = BERLIN) -> int:
    return round(datetime.fromisoformat(local).replace(tzinfo=zone).timestamp() * 1000)


def weekly(weeks: int = 1, on: str = "monday", time: str = "08:00") -> Schedule:
    return Schedule.model_validate({"weeks": weeks, "on": on, "at": time})


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-10-05T07:59", None),
        ("2026-10-05T08:00", "2026-10-05T08:00"),
        ("2026-11-23T07:59", "2026-11-16T08:00"),
        ("2026-11-23T08:00", "2026-11-23T08:00"),
        ("2026-11-29T23:00", "2026-11-23T08:00"),
        ("2027-01-04T08:00", "2027-01-04T08:00"),
        ("2027-03-01T08:00", "2027-01-04T08:00"),
    ],
)
def test_the_newest_closed_one(now: str, expected: str | None) -> None:
    assert due_period(weekly(), CYCLE, BERLIN, at(now)) == expected


def test_every_second_week_is_counted_from_the_first_such_day() -> None:
    assert due_period(weekly(2), CYCLE, BERLIN, at("2026-10-18T12:00")) == "2026-10-05T08:00"
    assert due_period(weekly(2), CYCLE, BERLIN, at("2026-10-19T08:00")) == "2026-10-19T08:00"


def test_eight_o_clock_stays_eight_o_clock_when_the_clocks_change() -> None:
    sunday = weekly(on="sunday")
    assert due_period(sunday, CYCLE, BERLIN, at("2026-10-25T07:59")) == "2026-10-18T08:00"
    assert due_period(sunday, CYCLE, BERLIN, at("2026-10-25T08:00")) == "2026-10-25T08:00"


def test_the_audience_has_a_zone_of_its_own() -> None:
    new_york = ZoneInfo("America/New_York")
    assert due_period(weekly(), CYCLE, new_york, at("2026-11-23T08:00")) == "2026-11-16T08:00"
    assert due_period(weekly(), CYCLE, new_york, at("2026-11-23T08:00", new_york)) == "2026-11-23T08:00"
