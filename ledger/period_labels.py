"""The names of calendar periods: 2026-10-05, 2026-W41, 2026-10, 2026-Q4."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from okr_model.exchange import Span

Unit: TypeAlias = Literal["day", "week", "month", "quarter"]


def _day(day: date) -> str:
    return day.isoformat()


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def _month(day: date) -> str:
    return f"{day.year}-{day.month:02}"


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


_NAMES: dict[Unit, Callable[[date], str]] = {"day": _day, "week": _week, "month": _month, "quarter": _quarter}


def unit_of(label: str) -> Unit:
    """Which kind of period a label names."""
    if "W" in label:
        return "week"
    if "Q" in label:
        return "quarter"
    return "month" if len(label) == len("2026-10") else "day"


def labels_within(window: Span, zone: str, unit: Unit | None) -> list[str]:
    """Every label of a row that belongs to the window, which must have a start.

    With `unit` the window is (the beginning of) one such calendar period, and to it belong the period itself and
    shorter ones that end in it: a week belongs to the month of its last day. Without, all periods that it touches.
    """
    assert window.start is not None, "a window over named periods has a start"
    first, last = _local(window.start, zone), _local(max(window.end - 1, window.start), zone)
    if unit is None:
        return sorted({name(day) for day in _days(first, last) for name in _NAMES.values()})
    whole = _whole(first, unit)
    found = set()
    for name in list(_NAMES.values())[: list(_NAMES).index(unit) + 1]:
        found |= {name(day) for day in whole if name(day) != name(day + timedelta(days=1))}
    return sorted(found)


def _whole(day: date, unit: Unit) -> list[date]:
    """All days of the period that `day` lies in."""
    name = _NAMES[unit]
    around = _days(day - timedelta(days=92), day + timedelta(days=92))
    return [other for other in around if name(other) == name(day)]


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _local(instant: int, zone: str) -> date:
    return datetime.fromtimestamp(instant / 1000, UTC).astimezone(ZoneInfo(zone)).date()
