"""How numbers, days and instants read."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_model import words
from okr_model.exchange import Span


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("value", "unit", "against", "expected"),
    [
        (19.6, "hours", None, "19.6 h"),
        (12.0, "hours", None, "12 h"),
        (58.1, "percent", 80, "58.1 %"),
        (1904, "count", None, "1,904"),
        (1904.4, "count", None, "1,904"),
        (79.96, "percent", 80, "79.96 %"),
        (79.96, "percent", None, "80 %"),
        (Fraction(7996, 100), "percent", Decimal(80), "79.96 %"),
        (80.0, "percent", 80.0, "80 %"),
        (0.1 + 0.2, "hours", Fraction(3, 10), "0.3 h"),
        (99.99, "percent", None, "99.99 %"),
        (0.004, "percent", None, "0.004 %"),
        (0, "percent", None, "0 %"),
        (0.0, "count", 200, "0"),
        (-3.25, "hours", None, "−3.3 h"),
        (1.234, "seconds", None, "1.23 s"),
        (1_234_567.25, "hours", None, "1,234,567.3 h"),
        (5, "reports per day", None, "5 reports per day"),
        (None, "percent", None, "–"),
    ],
)
def test_number(value: words.Quantity, unit: str, against: words.Quantity | None, expected: str) -> None:
    assert words.number(value, unit, against) == expected


@given(st.fractions(-1000, 1000, max_denominator=10**6), st.integers(-1000, 1000))
def test_a_number_never_crosses_its_threshold(value: Fraction, against: int) -> None:
    shown = Fraction(words.figure(value, "percent", against).replace(",", "").replace("−", "-"))
    for fence in (0, 100, against):
        assert (shown > fence, shown < fence) == (value > fence, value < fence)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-15T23:00", "2026-11-22T23:00", "16 to 22 Nov"),
        ("2026-10-27T23:00", "2026-11-03T23:00", "28 Oct to 3 Nov"),
        ("2026-12-27T23:00", "2027-01-03T23:00", "28 Dec 2026 to 3 Jan 2027"),
        ("2026-11-21T23:00", "2026-11-22T23:00", "22 Nov"),
        ("2026-11-22T23:00", "2026-11-22T23:00", "22 Nov"),
        (None, "2026-11-22T23:00", "up to 22 Nov"),
    ],
)
def test_days_name_the_last_day_inside(start: str | None, end: str, expected: str) -> None:
    assert words.days(Span(start=None if start is None else ms(start), end=ms(end)), "Europe/Berlin") == expected


def test_instants_and_days_are_local() -> None:
    assert words.instant(ms("2026-11-23T01:00"), "Europe/Berlin") == "23 Nov 02:00"
    assert words.local_day(ms("2026-11-22T23:30"), "Europe/Berlin") == date(2026, 11, 23)
    assert words.day(date(2026, 11, 2)) == "2 Nov"
    assert f"{words.weekday(date(2026, 11, 22))} {words.long_day(date(2026, 11, 22))}" == "Sunday 22 November"
    assert words.place("America/New_York") == "New York time"
    assert words.place("UTC") == "UTC"


def test_counts_and_lists() -> None:
    assert [words.plural(n, "day") for n in (0, 1, 2, 1200)] == ["0 days", "1 day", "2 days", "1,200 days"]
    assert [words.counted(n) for n in (0, 1, 12, 13)] == ["No", "One", "Twelve", "13"]
    assert [words.listed(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert words.shortened("one two three", 9) == "one two…"
    assert words.shortened("one two", 9) == "one two"
