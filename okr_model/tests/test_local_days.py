"""Local days on from any instant, against the zone's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_model.local_days import Shift, later, shifts

At: TypeAlias = tuple[int, int, int, int, int]
HOUR = 3_600_000
DAY = 24 * HOUR
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Africa/Cairo",  # at midnight
    "America/Havana",
    "Pacific/Apia",  # a day that never was: 30 December 2011
    "Asia/Kolkata",
)


def instant(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()) * 1000


@given(
    zone=st.sampled_from(ZONES),
    days=st.sampled_from([1, 2, 7, 30, 90]),
    year=st.sampled_from([2011, 2026, 2028]),
    into=st.integers(0, 365 * DAY - 1),
    near=st.sampled_from([None, -1, 0, 1]),
)
def test_shifts_are_what_the_local_clock_does(zone: str, days: int, year: int, into: int, near: int | None) -> None:
    place, first = ZoneInfo(zone), instant(year, 1, 1)
    found = shifts(days, place, first, first + 365 * DAY)
    at = first + into
    if near is not None and found:
        shift = found[into % len(found)]
        at = min(max((shift.start, shift.end)[into % 2] + near, first), first + 365 * DAY - 1)
    extra = sum(shift.ms for shift in found if shift.start <= at < shift.end)
    assert at + days * DAY + extra == later(at, days, place)


def test_thirty_days_over_the_end_of_summer_time_are_an_hour_longer() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    change = instant(2026, 10, 25, 1)
    assert shifts(30, berlin, instant(2026, 9, 1), instant(2026, 12, 1)) == [Shift(change - 30 * DAY, change, HOUR)]
    assert shifts(30, berlin, instant(2026, 11, 1), instant(2026, 12, 1)) == []


@pytest.mark.parametrize(
    ("from_", "to"),
    [
        ((2026, 3, 28, 1, 30), (2026, 3, 29, 1, 30)),  # 02:30 is skipped on the 29th: 03:30
        ((2026, 3, 28, 2, 30), (2026, 3, 29, 1, 30)),  # 03:30 too
        ((2026, 10, 24, 0, 30), (2026, 10, 25, 0, 30)),  # 02:30 comes twice on the 25th: the first one
        ((2026, 10, 24, 1, 30), (2026, 10, 25, 2, 30)),  # 03:30
    ],
)
def test_a_local_time_that_is_skipped_or_comes_twice(from_: At, to: At) -> None:
    assert later(instant(*from_), 1, ZoneInfo("Europe/Berlin")) == instant(*to)
