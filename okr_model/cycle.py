"""A cycle: a quarter of local days in one time zone."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, model_validator

from okr_model.durations import Length, parse_duration
from okr_model.metrics import Definition
from okr_model.targets import Day


def _zone(value: Any) -> ZoneInfo:
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError with a path in it
        raise ValueError(f"{value!r} is no IANA time zone, like Europe/Berlin") from error
    except KeyError as error:
        raise ValueError(f"{value!r} is no IANA time zone, like Europe/Berlin") from error


Zone: TypeAlias = Annotated[ZoneInfo, BeforeValidator(_zone)]


class Cycle(Definition):
    """Half-open [start, end) local days in one zone."""

    id: str
    start: Day
    end: Day
    timezone: Zone
    check_in_every: Length = parse_duration("2 weeks")
    close_grace: Length = parse_duration("3d")

    @model_validator(mode="after")
    def _forward(self) -> Cycle:
        if self.end <= self.start:
            raise ValueError(
                f"the cycle ends on {self.end}, not after its start on {self.start}; `end` is the day after its last"
            )
        if not self.check_in_every.days:
            raise ValueError(f"check_in_every: {self.check_in_every} is no whole number of days, like 2 weeks")
        return self
