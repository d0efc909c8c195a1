"""A cycle's plan: objectives, key results, and who is told. What config/ reads from okrs.yaml and audiences.yaml."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from okr_model.durations import Length, parse_duration
from okr_model.metrics import Definition, Metric
from okr_model.targets import Change, FromTo, Target, parts_of


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
    start: date
    end: date
    timezone: Zone
    check_in_every: Length = parse_duration("2 weeks")
    close_grace: Length = parse_duration("3d")

    @model_validator(mode="after")
    def _forward(self) -> Cycle:
        if self.end <= self.start:
            raise ValueError(
                f"the cycle ends on {self.end}, not after its start on {self.start}; `end` is the day after its last"
            )
        return self


class Pace(Definition):
    """How the way from start to target is planned. Linear over the cycle where nothing is said."""

    kind: Literal["linear", "phased", "step"] = "linear"
    start: date | None = None
    reach_by: date | None = None
    points: tuple[tuple[date, float], ...] = ()  # phased: day -> the metric's own value, linear between
    on: date | None = None  # step: nothing is expected before, everything from this day on


def _pace(value: Any) -> Any:
    if not isinstance(value, dict) or "kind" in value:
        return value
    rest = {key: body for key, body in value.items() if key not in ("phased", "step")}
    if "phased" in value:
        return {"kind": "phased", "points": sorted(value["phased"].items()), **rest}
    if "step" in value:
        return {"kind": "step", "on": value["step"], **rest}
    return {"kind": "linear", **rest}


class KeyResult(Definition):
    """One key result. Without a metric anywhere in it, it is manual and carries `unit` and `better`."""

    id: str
    title: str
    owner: str | None = None
    metric: str | None = None
    unit: str | None = None
    better: Literal["higher", "lower"] | None = None
    target: Target
    pace: Annotated[Pace, BeforeValidator(_pace)] = Pace()
    weight: float = Field(default=1, gt=0)
    max_age: Length | None = None
    guard: tuple[GuardOn, ...] = ()


class GuardOn(Definition):
    """A metric that caps the status at At Risk while it is out of bounds."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None


class Objective(Definition):
    """What is wanted, and the key results that say whether it is reached."""

    id: str
    title: str
    owner: str | None = None
    key_results: tuple[KeyResult, ...] = Field(min_length=1)


class Schedule(Definition):
    """A digest every `weeks` weeks on a weekday at a local time, anchored on the cycle's first such day."""

    weeks: int = Field(default=1, gt=0)
    on: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    at: time


Event: TypeAlias = Literal["source_failed", "reading_held", "delivery_failed"]


class Audience(Definition):
    """Who is told what, when and how. `every` makes a digest audience, `on` one that hears of events."""

    id: str
    to: tuple[str, ...] = ()
    every: Schedule | None = None
    on: tuple[Event, ...] = ()
    timezone: Zone | None = None  # the cycle's where absent
    objectives: Literal["all"] | tuple[str, ...] = "all"
    channels: tuple[Any, ...] = ("email",)
    small_counts: int | None = None

    @model_validator(mode="after")
    def _when(self) -> Audience:
        if self.every is None and not self.on:
            raise ValueError("an audience needs `every` (a digest) or `on` (events)")
        return self


class Plan(Definition):
    """Everything that is judged: the cycle, its objectives, the metrics they stand on."""

    cycle: Cycle
    objectives: tuple[Objective, ...]
    metrics: dict[str, Metric]

    @model_validator(mode="after")
    def _joined(self) -> Plan:
        problems = [problem for result in self.key_results() for problem in _problems(self, result)]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def key_results(self) -> tuple[KeyResult, ...]:
        """All of them, in the order of the file."""
        return tuple(result for objective in self.objectives for result in objective.key_results)


def part_metric(result: KeyResult, part: Any) -> str | None:
    """The id of the metric that a part of the target stands on, None where a person says it."""
    if part.kind == "milestone":
        own: str | None = part.metric
        return own
    found: str | None = part.metric or result.metric
    return found


def _problems(plan: Plan, result: KeyResult) -> list[str]:
    found = []
    for part in parts_of(result.target):
        name = part_metric(result, part)
        if name is not None and name not in plan.metrics:
            found.append(f"key result {result.id}: unknown metric {name!r}; there is: {', '.join(plan.metrics)}")
        if name is None and part.kind != "milestone" and (result.unit is None or result.better is None):
            found.append(f"key result {result.id}: without a metric it is manual and needs `unit` and `better`")
        found += _direction(plan, result, part, name)
    return found


def _direction(plan: Plan, result: KeyResult, part: Any, name: str | None) -> list[str]:
    better = plan.metrics[name].better if name in plan.metrics else result.better
    if better is None or not isinstance(part, FromTo | Change):
        return []
    upward = part.end > part.start if isinstance(part, FromTo) else part.amount > 0
    if upward == (better == "higher"):
        return []
    way = "up" if upward else "down"
    return [f"key result {result.id}: the target goes {way}, but {better} is better for {name or result.id}"]


KeyResult.model_rebuild()
