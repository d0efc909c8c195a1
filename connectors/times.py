"""Instants as sources write them, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from connectors.api import DataError, Instant

Unit: TypeAlias = Literal["iso", "s", "ms", "us"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PER_UNIT = {"s": 1_000.0, "ms": 1.0, "us": 0.001}
_EARLIEST = 631_152_000_000  # 1990: a number below it is another unit, or a zero that means "never"
_LATEST = 253_402_300_799_999


def instant(moment: datetime) -> Instant:
    """Epoch milliseconds of an aware datetime; finer parts are cut off. Raises DataError for a naive one."""
    if moment.tzinfo is None:
        raise DataError("a time without a zone")
    return (moment - _EPOCH) // _MILLISECOND


def parse_ts(value: str | float | datetime, unit: Unit = "iso") -> Instant:
    """An instant from ISO 8601 text with a zone, or from an epoch number (or digits) in s, ms or us.

    Raises DataError that says what is wrong and never repeats the value.
    """
    if unit == "iso":
        return instant(value) if isinstance(value, datetime) else _from_iso(value)
    return _from_epoch(value, unit)


def parse_iso(values: Iterable[str | None]) -> list[Instant | None]:
    """Instants from many texts in ISO 8601 with a zone, or nulls: takes half as long as one at a time does.

    Raises TypeError or ValueError, without saying where, for what `parse_ts` may still read or will name.
    """
    read = datetime.fromisoformat
    # Of the ways from a datetime to a whole number of milliseconds, this is the shortest that is exact.
    found = [
        None
        if value is None
        else (since := read(value) - _EPOCH).days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000
        for value in values
    ]
    times = [at for at in found if at is not None]
    if times and not _EARLIEST <= min(times) <= max(times) <= _LATEST:
        raise ValueError
    return found


def _from_iso(value: object) -> Instant:
    try:
        found = (datetime.fromisoformat(value) - _EPOCH) // _MILLISECOND  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = _from_odd_iso(value)  # or to say what is wrong with it
    if not _EARLIEST <= found <= _LATEST:
        raise DataError("a time outside 1990 to 9999 (a way to say never? then it must come as null)")
    return found


def _from_odd_iso(value: object) -> Instant:
    if not isinstance(value, str):
        raise DataError("a number where a time as ISO text was expected (is `unit` missing?)")
    try:
        return instant(datetime.fromisoformat(value))
    except ValueError:
        pass
    try:
        return instant(datetime.fromisoformat(value.strip().upper()))
    except ValueError:
        raise DataError("not a time as ISO text") from None


def _from_epoch(value: object, unit: str) -> Instant:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise DataError(f"not an epoch number in {unit}")
    try:
        number = int(value)
        if isinstance(value, float):
            scaled = value * _PER_UNIT[unit]
        else:
            scaled = number * 1_000 if unit == "s" else number if unit == "ms" else number // 1_000
    except (ValueError, OverflowError):
        return _from_epoch(_decimal(value, unit), unit)
    if not _EARLIEST <= scaled <= _LATEST:
        raise DataError(f"an epoch number outside 1990 to 9999 when read as {unit} (is `unit` right?)")
    return math.floor(scaled + 1e-4)


def _decimal(value: object, unit: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not isinstance(value, str) or not math.isfinite(number):
        raise DataError(f"not an epoch number in {unit}")
    return number


def iso(at: Instant) -> str:
    """`2026-10-01T00:00:00.000Z`."""
    moment = datetime.fromtimestamp(at // 1_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1_000:03d}Z"
