"""Which digest period closed last: worked out from the schedule alone, never from when something was sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from okr_model.cycle import Cycle
from okr_model.facts import Instant
from okr_model.plan import Schedule

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def due_period(schedule: Schedule, cycle: Cycle, zone: ZoneInfo, now: Instant) -> str | None:
    """The newest period that is closed at `now`, by its local closing time: `2026-11-23T08:00`.

    Periods close every `weeks` weeks, counted from the cycle's first such weekday, the last one on the first
    closing day after the cycle's end. None before the first. An outage of a month thus gives one digest, not four.
    """
    first = cycle.start + timedelta(days=(WEEKDAYS.index(schedule.on) - cycle.start.weekday()) % 7)
    step = timedelta(weeks=schedule.weeks)
    closing = datetime.combine(first, schedule.at, tzinfo=zone)
    newest = None
    while _instant(closing) <= now:
        newest = closing
        if closing.date() >= cycle.end:
            break
        closing += step
    return None if newest is None else f"{newest:%Y-%m-%dT%H:%M}"


def _instant(local: datetime) -> Instant:
    return round(local.timestamp() * 1000)
