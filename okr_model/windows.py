"""Local days, windows and periods in a cycle's zone. Seven days are not 168 hours where the clocks change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias
from zoneinfo import ZoneInfo

from okr_model.durations import Duration
from okr_model.exchange import Span
from okr_model.facts import Instant
from okr_model.words import local_day

if TYPE_CHECKING:  # definitions are built when they are imported, and `okr status` needs none
    from okr_model.cycle import Cycle
    from okr_model.metrics import Metric, Window

DAY = timedelta(days=1)
_FIRST_DAY = date(1970, 1, 1)
Every: TypeAlias = Literal["week", "month", "quarter"]


@lru_cache(maxsize=8192)
def midnight(day: date, zone: ZoneInfo) -> Instant:
    """The first instant of a local day. Where the clocks skip midnight, the instant at which they do."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def end_of(day: date, zone: ZoneInfo) -> Instant:
    """The midnight that ends a local day."""
    return midnight(day + DAY, zone)


def wall_day(day: date) -> int:
    """The beginning of a local day in `wall` time."""
    return (day - _FIRST_DAY).days * 86_400_000


@lru_cache(maxsize=8192)
def wall(at: Instant, zone: ZoneInfo) -> int:
    """Milliseconds on the zone's own clock since 1970: each local day is 24 hours long, whatever the clocks do.

    So a plan is told in days: 53 of 92, whichever of them had 25 hours.
    """
    day = local_day(at, zone)
    begun = wall_day(day)
    if at == midnight(day, zone):  # where the clocks skip midnight the day begins at 01:00
        return begun
    clock = datetime.fromtimestamp(at / 1000, zone)
    return begun + ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1000 + at % 1000


def last_ended_day(now: Instant, zone: ZoneInfo) -> date:
    """The newest local day that is over at `now`."""
    return local_day(now, zone) - DAY


def moved(day: date, lengths: Iterable[Duration | None], zone: ZoneInfo) -> Instant:
    """The midnight that starts `day`, later by `lengths`: days by the calendar, hours and less by the clock."""
    days, ms = _sum(lengths)
    return midnight(day + timedelta(days=days), zone) + ms


def window_of(metric: Metric, as_of: date, cycle: Cycle) -> Span:
    """The metric's own window as of a day: it ends at the midnight that ends `as_of`, less settle and mature.

    Empty (start == end) where a cycle_to_date window has not begun.
    """
    days, ms = _sum((metric.settle, metric.mature))
    return _ending(metric.window, as_of + DAY - timedelta(days=days), ms, cycle)


def final_window(metric: Metric, cycle: Cycle) -> Span:
    """The window that ends at the cycle's end: the last one that the cycle is judged by."""
    return _ending(metric.window, cycle.end, 0, cycle)


def final_label(cycle: Cycle) -> str:
    """The `period` of the question and the reading over a metric's final window."""
    return f"final {cycle.id}"


def final_known(metric: Metric, cycle: Cycle) -> Instant:
    """From when on all is known of the final window: its rows are settled, mature and old enough to be judged."""
    return moved(cycle.end, (metric.settle, metric.maturity), cycle.timezone)


def matured(day: date, metric: Metric, zone: ZoneInfo) -> Instant:
    """When rows from before the midnight that starts `day` are settled and mature."""
    return moved(day, (metric.settle, metric.mature), zone)


def ripe(metric: Metric, as_of: date, zone: ZoneInfo) -> Instant:
    """Up to when rows are settled, mature and old enough to be judged at the midnight that ends `as_of`."""
    days, ms = _sum((metric.settle, metric.maturity))
    return midnight(as_of + DAY - timedelta(days=days), zone) - ms


def _sum(lengths: Iterable[Duration | None]) -> tuple[int, int]:
    days = ms = 0
    for length in lengths:
        if length is None:
            continue
        if length.days is not None:
            days += length.days
        else:
            ms += length.ms
    return days, ms


def _ending(window: Window, day: date, ms: int, cycle: Cycle) -> Span:
    zone = cycle.timezone
    end = midnight(day, zone) - ms
    if window.kind == "snapshot":
        return Span(start=None, end=end)
    if window.kind == "cycle_to_date":
        start = midnight(cycle.start, zone)
        return Span(start=start, end=max(start, min(end, midnight(cycle.end, zone))))
    if window.kind == "calendar":
        return Span(start=midnight(first_day(local_day(end - 1, zone), window.unit or "month"), zone), end=end)
    length = timedelta(days=(window.length.days if window.length else None) or 1)
    return Span(start=midnight(day - length, zone) - ms, end=end)


@dataclass(frozen=True)
class Period:
    """A calendar period, half-open in local days: `end` is the day after its last."""

    label: str  # 2026-W41, 2026-10, 2026-Q4
    start: date
    end: date

    def span(self, zone: ZoneInfo) -> Span:
        """The period as instants."""
        return Span(start=midnight(self.start, zone), end=midnight(self.end, zone))


def periods(cycle: Cycle, every: Every) -> list[Period]:
    """The periods that belong to a cycle: those whose last day it holds. Weeks are ISO weeks."""
    found = []
    start = first_day(cycle.start, every)
    while (end := _next(start, every)) <= cycle.end:
        found.append(Period(_label(start, every), start, end))
        start = end
    return found


def first_day(day: date, every: Every) -> date:
    """The first day of the week, month or quarter that a day falls in."""
    if every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(month=day.month if every == "month" else day.month - (day.month - 1) % 3, day=1)


def months_later(day: date, months: int) -> date:
    """The same day of another month. `day` is one that every month has (at most the 28th)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1)


def _next(start: date, every: Every) -> date:
    return start + timedelta(days=7) if every == "week" else months_later(start, 1 if every == "month" else 3)


def _label(start: date, every: Every) -> str:
    if every == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    return f"{start:%Y-%m}" if every == "month" else f"{start.year}-Q{(start.month + 2) // 3}"
