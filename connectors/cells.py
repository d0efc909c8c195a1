"""Cells of tables and rows of databases as fields of facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from connectors.api import DataError, Instant, instant
from okr_model.facts import FACTS, VALUES, fact_fields, required_fields, time_fields

Convert = Callable[[Any], Any]

_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone: write one like Europe/Berlin") from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone)]
"""An IANA time zone's name."""


def column_problems(fact: str, given: list[str]) -> list[str]:
    """What is wrong with the fields that are supplied for a fact; empty: nothing."""
    if fact not in FACTS:
        return [f"{fact!r} is not a fact: use one of {', '.join(FACTS)}"]
    known = fact_fields(fact)
    found = [f"{name!r} is not a field of {fact}: use {', '.join(known)}" for name in given if name not in known]
    found += [f"{name!r} is given twice" for name in sorted({one for one in given if given.count(one) > 1})]
    return found + [f"{fact} needs {name!r}" for name in required_fields(fact) if name not in given]


def converter(fact: str, name: str, zone: str | None) -> Convert:
    """Turns a cell that is not empty into the field's value. Raises DataError that does not repeat the cell."""
    if name in time_fields(fact):
        known = ZoneInfo(zone) if zone else None
        return lambda cell: _instant(cell, known)
    if (fact, name) in VALUES:
        return lambda cell: _one_of(cell, VALUES[fact, name])
    hint = str(fact_fields(fact)[name])
    return _flag if "bool" in hint else _number if "float" in hint else _text


def _instant(cell: Any, zone: ZoneInfo | None) -> Instant:
    if isinstance(cell, str):
        cell = _moment(cell.strip())
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return instant(datetime.combine(cell, time(), zone or UTC))
    if not isinstance(cell, datetime):
        raise DataError("not a date or time")
    if cell.tzinfo is None and zone is None:
        raise DataError("a time without a zone: set `timezone` for this source")
    return instant(cell if cell.tzinfo else cell.replace(tzinfo=zone))


def _moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) <= len("2026-10-01") else datetime.fromisoformat(text.upper())
    except ValueError:
        raise DataError("not an ISO date or time, like 2026-10-01 or 2026-10-01T09:00:00Z") from None


def _text(cell: Any) -> str:
    if isinstance(cell, bool) or not isinstance(cell, (str, int, UUID, Decimal)):
        raise DataError("not a text or whole number")
    text = str(cell).strip()
    if not text:
        raise DataError("an empty text")
    return text


def _flag(cell: Any) -> bool:
    word = str(cell).strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise DataError("not yes, no, true, false, 1 or 0")
    return word in _TRUE


def _number(cell: Any) -> float:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(cell, bool) or not math.isfinite(number):
        raise DataError("not a number")
    return number


def _one_of(cell: Any, allowed: tuple[str, ...]) -> str:
    if cell not in allowed:
        raise DataError(f"not one of {', '.join(allowed)}")
    return str(cell)
