"""What a key result aims at: the target kinds, as written in okrs.yaml."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from okr_model.durations import Length
from okr_model.metrics import Definition


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None


Number: TypeAlias = Annotated[Decimal, BeforeValidator(_number)]
"""Exact: 79.96 is never rounded across a threshold of 80."""


def _day(value: Any) -> Any:
    """Numbers are refused: pydantic would take them for seconds since 1970."""
    if isinstance(value, int | float):
        raise ValueError("needs a day, like 2026-10-01")
    return value


Day: TypeAlias = Annotated[date, BeforeValidator(_day)]
"""A local day of the cycle's zone."""

Every: TypeAlias = Literal["week", "month", "quarter"]


class FromTo(Definition):
    """increase or decrease from one value to another. `hold`: how long the target must be held before Complete."""

    kind: Literal["increase", "decrease"]
    metric: str | None = None
    start: Number = Field(alias="from")
    end: Number = Field(alias="to")
    hold: Length | None = None

    @model_validator(mode="after")
    def _direction(self) -> FromTo:
        if self.start == self.end:
            raise ValueError(f"from and to are both {self.start}: there is no way to go; set two different values")
        if (self.end > self.start) != (self.kind == "increase"):
            raise ValueError(f"{self.kind} from {self.start} to {self.end} goes the other way; swap them or the kind")
        return self


_BY = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*(?:%|points?)\s*$")


def _change(value: Any) -> str:
    if _BY.match(str(value)) is None:
        raise ValueError(f'{value!r} is not a change; write "-30%" or "-5 points"')
    return str(value)


class Change(Definition):
    """A change against a measured baseline: `by: -30%` (relative) or `by: "-5 points"`."""

    kind: Literal["change"] = "change"
    metric: str | None = None
    by: Annotated[str, BeforeValidator(_change)]
    baseline: Baseline | Number
    hold: Length | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Change:
        if self.amount == 0:
            raise ValueError("a change by 0 is no target; use maintain")
        if self.relative and self.amount < -100:
            raise ValueError(f"{self.by} of anything is below 0: nothing falls by more than all of it")
        if self.relative and isinstance(self.baseline, Decimal) and self.baseline <= 0:
            raise ValueError(f"{self.by} of a baseline of {self.baseline} leads nowhere; a baseline is above 0")
        return self

    @property
    def amount(self) -> Decimal:
        """The signed number in `by`."""
        return Decimal(_BY.sub(r"\1", self.by))

    @property
    def relative(self) -> bool:
        """Whether `by` is a percentage of the baseline rather than points of the metric's unit."""
        return self.by.rstrip().endswith("%")


class Baseline(Definition):
    """Which window the baseline is measured over."""

    previous: Literal["cycle"] | None = None
    start: Day | None = None
    end: Day | None = None

    @model_validator(mode="after")
    def _one(self) -> Baseline:
        if (self.previous is None) == (self.start is None or self.end is None):
            raise ValueError("a baseline is a number, {previous: cycle}, or {start: DAY, end: DAY}")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(
                f"the baseline ends on {self.end}, not after {self.start}; `end` is the day after its last"
            )
        return self


class Maintain(Definition):
    """Each period's own reading stays on the right side; `allow` periods may miss."""

    kind: Literal["maintain"] = "maintain"
    metric: str | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    between: tuple[Number, Number] | None = None
    every: Every
    allow: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _one_bound(self) -> Maintain:
        if sum(bound is not None for bound in (self.at_least, self.at_most, self.between)) != 1:
            raise ValueError("maintain needs exactly one of at_least, at_most, between")
        if self.between is not None and self.between[0] > self.between[1]:
            raise ValueError("between: the lower bound comes first")
        return self


class Cadence(Definition):
    """`times` events in every period; an event up to `grace` after its period still counts, as late."""

    kind: Literal["cadence"] = "cadence"
    metric: str | None = None
    times: int = Field(gt=0)
    every: Every
    grace: Length | None = None


class Milestone(Definition):
    """Done or not, said in a check-in, or by a metric (any value of at least 1)."""

    kind: Literal["milestone"] = "milestone"
    name: str
    metric: str | None = None


class All(Definition):
    """Every part must be reached; the worst one is the key result's status."""

    kind: Literal["all"] = "all"
    parts: tuple[Part, ...] = Field(min_length=1)


KINDS = ("increase", "decrease", "change", "maintain", "cadence", "milestone", "all")


def read_target(value: Any) -> Any:
    """The YAML form (one key naming the kind, `metric` beside it in a part) as the models above take it."""
    if not isinstance(value, dict):
        return value if isinstance(value, Definition) else _refuse(value)
    if "kind" in value:
        return value
    kinds = [key for key in value if key in KINDS]
    rest = {key: body for key, body in value.items() if key not in KINDS}
    if len(kinds) != 1:
        return _refuse(value)
    kind, body = kinds[0], value[kinds[0]]
    if kind == "milestone":
        return {"kind": kind, "name": body, **rest}
    if kind == "all":
        return {"kind": kind, "parts": body, **rest}
    return {"kind": kind, **body, **rest} if isinstance(body, dict) else _refuse(value)


TODO = "TODO"
"""Stands for a target in the file of a cycle that was just opened, until a person says it."""


def _refuse(value: Any) -> Any:
    if value == TODO:
        raise ValueError("no target has been set for this cycle; what the last one aimed at is at the head of the file")
    raise ValueError(f"no target kind in {value!r}; there is: {', '.join(KINDS)}")


Part: TypeAlias = Annotated[
    Annotated[FromTo | Change | Maintain | Cadence | Milestone, Field(discriminator="kind")],
    BeforeValidator(read_target),
]
"""A target inside `all`."""
Target: TypeAlias = Annotated[
    Annotated[FromTo | Change | Maintain | Cadence | Milestone | All, Field(discriminator="kind")],
    BeforeValidator(read_target),
]

Change.model_rebuild()
All.model_rebuild()


def parts_of(target: Target) -> tuple[Part, ...]:
    """The parts of `all`, or the target itself as the only one."""
    return target.parts if isinstance(target, All) else (target,)
