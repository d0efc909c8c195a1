"""Lengths of time as people write them: `7d` is seven local days, `48h` forty-eight hours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_WORDS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_SHORT = re.compile(r"^(\d+(?:\.\d+)?)\s*(s|m|h|d|w)$")
_LONG = re.compile(r"^(\d+)\s+(second|minute|hour|day|week)s?$")


@dataclass(frozen=True)
class Duration:
    """`count` of `unit`: s, m, h (exact) or d, w (local days, which a clock change makes shorter or longer)."""

    count: float
    unit: str

    @property
    def ms(self) -> int:
        """Nominal length in milliseconds, a day being 24 h."""
        return round(self.count * _MS[self.unit])

    @property
    def days(self) -> int | None:
        """Whole local days, or None where the length is in hours or less."""
        whole = self.count * {"d": 1, "w": 7}.get(self.unit, 0)
        return int(whole) if self.unit in ("d", "w") and whole == int(whole) else None

    def __str__(self) -> str:
        return f"{self.count:g}{self.unit}"

    @property
    def words(self) -> str:
        """`7 days`, `48 hours`."""
        return f"{self.count:g} {_WORDS[self.unit]}{'' if self.count == 1 else 's'}"


def parse_duration(value: Any) -> Duration:
    """A Duration from `7d`, `48h`, `2 weeks`. Raises ValueError with the forms that are accepted."""
    if isinstance(value, Duration):
        return value
    text = str(value).strip()
    if match := _SHORT.match(text):
        return Duration(float(match[1]), match[2])
    if match := _LONG.match(text):
        return Duration(float(match[1]), match[2][0])
    raise ValueError(f"{text!r} is not a length of time: write a number and s, m, h, d or w, like 7d or 48h")


def _read(value: Any, info: ValidationInfo) -> Any:
    return value if info.context == STORED else parse_duration(value)


STORED = "stored"
"""Context of a validation that reads back what a model wrote itself, not what people write."""
Length = Annotated[Duration, BeforeValidator(_read)]
"""A pydantic field that reads a Duration from text."""
