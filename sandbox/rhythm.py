"""Time in the sandbox: instants, how they are written, the company's weekly rhythm and its trends."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TypeVar

T = TypeVar("T")

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FIRST_DAY = date(2026, 6, 20)
LAST_DAY = date(2027, 1, 14)

# Share of a day's arrivals by UTC hour, and of a week's by weekday (Monday first).
_HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 8, 8, 8, 8, 8, 8, 9, 10, 10, 9, 7, 5, 3)
_WEEKDAYS = (1.08, 1.05, 1.03, 1.02, 1.06, 0.92, 0.84)


def instant(text: str) -> int:
    """Epoch milliseconds of an ISO date (its midnight, UTC) or of an ISO instant with its zone.

    Raises ValueError for anything else, a time without a zone included.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if len(text) > 10:
            raise ValueError(f"{text!r} has no time zone; write for instance {text}Z")
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


@lru_cache(maxsize=1024)
def _day_text(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


@lru_cache(maxsize=1440)
def _clock_text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def iso_ms(at: int) -> str:
    """`2026-11-22T23:00:00.000Z`."""
    day, rest = divmod(at, DAY)
    minutes, ms = divmod(rest, MINUTE)
    return f"{_day_text(day)}T{_clock_text(minutes)}:{ms // SECOND:02}.{ms % SECOND:03}Z"


def iso_s(at: int) -> str:
    """`2026-11-22T23:00:00Z`."""
    day, rest = divmod(at // SECOND, 86_400)
    return f"{_day_text(day)}T{_clock_text(rest // 60)}:{rest % 60:02}Z"


class Trend:
    """A value that changes in straight lines between dated points, and is level before and after them."""

    def __init__(self, points: Mapping[str, float]) -> None:
        self._at = [instant(day) for day in points]
        self._values = list(points.values())

    def at(self, moment: int) -> float:
        right = bisect_right(self._at, moment)
        if right == 0:
            return self._values[0]
        if right == len(self._at):
            return self._values[-1]
        t0, t1 = self._at[right - 1], self._at[right]
        v0, v1 = self._values[right - 1], self._values[right]
        return v0 + (v1 - v0) * (moment - t0) / (t1 - t0)


class Share:
    """Yes or no in the share asked for, with far less noise than a coin: a trend stays visible in small samples."""

    def __init__(self, rng: Random) -> None:
        self._debt = rng.random()

    def draw(self, share: float) -> bool:
        self._debt += share
        if self._debt >= 1.0:
            self._debt -= 1.0
            return True
        return False


def arrivals(rng: Random, per_day: Trend) -> list[int]:
    """Instants of arrival over the whole span, in order: busy evenings, quiet nights, slow Sundays."""
    found: list[int] = []
    day = FIRST_DAY
    while day <= LAST_DAY:
        midnight = instant(day.isoformat())
        count = round(per_day.at(midnight) * _WEEKDAYS[day.weekday()] * rng.uniform(0.94, 1.06))
        found += (
            midnight + hour * HOUR + int(rng.random() * HOUR)
            for hour in rng.choices(range(24), weights=_HOURS, k=count)
        )
        day += timedelta(days=1)
    found.sort()
    return found


def pick(rng: Random, weighted: Sequence[tuple[T, float]]) -> T:
    """One of the values, by weight."""
    left = rng.random() * sum(weight for _, weight in weighted)
    for value, weight in weighted:
        left -= weight
        if left <= 0:
            return value
    return weighted[-1][0]
