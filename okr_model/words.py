"""Numbers, days and instants as people read them: the same words in statuses, mails, pages and on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from okr_model.exchange import Span
from okr_model.facts import Instant

Quantity: TypeAlias = int | float | Decimal | Fraction

UNKNOWN = "–"
"""Stands where a number is not known. Never 0, never empty."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
_SUFFIX = {"": "", "count": "", "percent": " %", "hours": " h", "minutes": " min", "seconds": " s", "days": " d"}
_MOST_PLACES = 9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIDE = Context(prec=60)


def number(value: Quantity | None, unit: str, *against: Quantity | None) -> str:
    """`19.6 h`, `58.1 %`, `1,904`; a dash for None.

    Takes as many places as it needs to stay on its side of each `against`, of 0 and, in percent, of 100: 79.96 stays
    `79.96 %` beside a target of 80, and 0.004 % is not `0 %`.
    """
    if value is None:
        return UNKNOWN
    return f"{figure(value, unit, *against)}{suffix(unit)}"


def suffix(unit: str) -> str:
    """What follows a figure: ` h`, ` %`, nothing for a count, another unit as it is written."""
    return _SUFFIX.get(unit, f" {unit}")


@lru_cache(maxsize=1 << 14)  # a scorecard says the same numbers in its page and in every digest
def figure(value: Quantity, unit: str, *against: Quantity | None) -> str:
    """`number` without its unit."""
    true = exact(value)
    if true.denominator == 1:
        return _plain(Decimal(true.numerator))
    fences = [Fraction(0), *([Fraction(100)] if unit == "percent" else [])]
    fences += [exact(each) for each in against if each is not None]
    fewest = _places(true, unit)
    for places in range(fewest, _MOST_PLACES + 1):
        rounded = _round(true, places, ROUND_HALF_UP)
        if all(_side(Fraction(rounded), fence) == _side(true, fence) for fence in fences):
            return _plain(rounded)
    return _plain(_round(true, _MOST_PLACES, ROUND_DOWN))


def exact(value: Quantity) -> Fraction:
    """The value as a fraction; a float by the shortest decimal that reads back the same: 0.1 means a tenth."""
    return Fraction(*Decimal(repr(value)).as_integer_ratio()) if isinstance(value, float) else Fraction(value)


def day(local: date) -> str:
    """`22 Nov`."""
    return f"{local.day} {_MONTHS[local.month - 1][:3]}"


def long_day(local: date) -> str:
    """`22 November`."""
    return f"{local.day} {_MONTHS[local.month - 1]}"


def month(number: int) -> str:
    """`October` for 10."""
    return _MONTHS[number - 1]


def weekday(local: date) -> str:
    """`Sunday`."""
    return _WEEKDAYS[local.weekday()]


def days(span: Span, zone: ZoneInfo | str) -> str:
    """A half-open span by its first and last local day: `16 to 22 Nov`, `28 Oct to 3 Nov`, `up to 22 Nov`."""
    last = local_day(span.end - 1, zone)
    if span.start is None:
        return f"up to {day(last)}"
    first = local_day(span.start, zone)
    if first >= last:
        return day(last)
    if first.year != last.year:
        return f"{day(first)} {first.year} to {day(last)} {last.year}"
    return f"{first.day if first.month == last.month else day(first)} to {day(last)}"


def period(label: str) -> str:
    """The name of a reading's period: `week 47`, `October`, `Q4`, `week 47, for the forecast`, `final`."""
    kind, _, rest = label.rpartition(" ")
    if kind == "bucket":
        return f"{period(rest)}, for the forecast"
    if kind == "baseline":
        first, end = (date.fromisoformat(each) for each in rest.split("/"))
        return f"baseline, {day(first)} to {day(end - timedelta(days=1))}"
    _, _, part = label.partition("-")
    if kind or not part:
        return kind or label
    return f"week {int(part[1:])}" if part[0] == "W" else part if part[0] == "Q" else _MONTHS[int(part) - 1]


def instant(at: Instant, zone: ZoneInfo | str) -> str:
    """`23 Nov 02:00`, local time."""
    local = _local(at, zone)
    return f"{day(local.date())} {local:%H:%M}"


def local_day(at: Instant, zone: ZoneInfo | str) -> date:
    """The local day that an instant falls in."""
    return _local(at, zone).date()


def place(zone: ZoneInfo | str) -> str:
    """`Berlin time` for Europe/Berlin, `UTC` as it is."""
    name = str(zone)
    return f"{name.rsplit('/', 1)[-1].replace('_', ' ')} time" if "/" in name else name


def plural(count: int, noun: str) -> str:
    """`1 key result`, `2 key results`, `0 key results`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def counted(count: int) -> str:
    """`No`, `One` … `Twelve`, then `13`: a count that opens a sentence."""
    return _SMALL[count] if count < len(_SMALL) else f"{count:,}"


def listed(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def shortened(text: str, length: int) -> str:
    """At most `length` characters, cut at a word and marked with an ellipsis."""
    if len(text) <= length:
        return text
    return f"{text[:length].rsplit(' ', 1)[0].rstrip(' ,;:.')}…"


@lru_cache(maxsize=1 << 14)  # key results on one metric say the same days and instants
def _local(at: Instant, zone: ZoneInfo | str) -> datetime:
    tz = ZoneInfo(zone) if isinstance(zone, str) else zone
    return (_EPOCH + timedelta(milliseconds=at)).astimezone(tz)


def _places(value: Fraction, unit: str) -> int:
    if unit in ("seconds", "percent") and abs(value) < 10:
        return 2
    return 0 if unit == "count" and abs(value) >= 10 else 1


def _round(value: Fraction, places: int, rounding: str) -> Decimal:
    decimal = _WIDE.divide(Decimal(value.numerator), Decimal(value.denominator))
    return decimal.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=_WIDE)


def _side(value: Fraction, fence: Fraction) -> int:
    return (value > fence) - (value < fence)


def _plain(decimal: Decimal) -> str:
    text = f"{decimal:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−") if text != "-0" else "0"


def person(address: str | None) -> str:
    """`Ana` for ana@example.org, `Bo Lind` for bo.lind@example.org: a mail names people, not their addresses."""
    if not address:
        return "nobody named"
    return address.split("@", 1)[0].replace(".", " ").replace("_", " ").title()
