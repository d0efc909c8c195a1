"""Local days on from any instant: where the clocks change they are not multiples of 24 hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from okr_model.facts import Instant

_FIRST_YEAR = 1970


class Shift(NamedTuple):
    """For instants in [start, end) some local days are `ms` longer than as many times 24 h (shorter: negative)."""

    start: Instant
    end: Instant
    ms: int


class _Change(NamedTuple):
    """The clocks of a zone being put from one offset to another, in milliseconds east of UTC."""

    at: Instant
    before: int
    after: int


def later(instant: Instant, days: int, zone: ZoneInfo) -> Instant:
    """The same local time, `days` days on. One that the clocks skip comes late, one that comes twice is the first."""
    there = datetime.fromtimestamp(instant // 1000, zone) + timedelta(days=days)
    return int(there.timestamp()) * 1000 + instant % 1000


def shifts(days: int, zone: ZoneInfo, first: Instant | None, last: Instant) -> list[Shift]:
    """By how much `later` differs from days * 24 h, for instants in [first, last); elsewhere it does not.

    Disjoint and in order. `first` null: from 1970 on.
    """
    length = days * 86_400_000
    years = range(_FIRST_YEAR if first is None else _year(first) - 1, _year(last + length) + 2)
    changes = [change for year in years for change in _changes(zone, year)]
    offsets = {offset for change in changes for offset in (change.before, change.after)}
    # Where the answer can change: as the clocks do, and as the days on reach or pass that.
    borders = {change.at for change in changes}
    borders |= {max(c.before, c.after) + c.at - length - offset for c in changes for offset in offsets}
    found: list[Shift] = []
    ordered = sorted(borders)
    for start, end in pairwise(ordered):
        ms = later(start, days, zone) - start - length
        if ms and start < last and (first is None or end > first):
            found.append(Shift(start, end, ms))
    return _joined(found)


def _joined(pieces: list[Shift]) -> list[Shift]:
    found: list[Shift] = []
    for piece in pieces:
        if found and (found[-1].end, found[-1].ms) == (piece.start, piece.ms):
            found[-1] = found[-1]._replace(end=piece.end)
        else:
            found.append(piece)
    return found


def _year(instant: Instant) -> int:
    return datetime.fromtimestamp(instant / 1000, UTC).year


@lru_cache(maxsize=512)
def _changes(zone: ZoneInfo, year: int) -> tuple[_Change, ...]:
    """When the clocks change in a year of UTC, to the second."""
    found = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        after = day + timedelta(days=1)
        if _offset(day, zone) != _offset(after, zone):
            at = _between(day, after, zone)
            ms = [int(_offset(moment, zone).total_seconds()) * 1000 for moment in (day, after)]
            found.append(_Change(int(at.timestamp()) * 1000, *ms))
        day = after
    return tuple(found)


def _between(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first second with the offset that `high` has and `low` has not."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if _offset(middle, zone) == _offset(low, zone) else (low, middle)
    return high


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
