"""A cycle's plan: objectives, key results, and who is told. What config/ reads from okrs.yaml and audiences.yaml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from okr_model.cycle import Cycle, Zone
from okr_model.durations import Length
from okr_model.metrics import Definition, Metric
from okr_model.mistakes import Mistake, Mistakes
from okr_model.targets import (
    All,
    Baseline,
    Cadence,
    Change,
    Day,
    FromTo,
    Maintain,
    Part,
    Target,
    parts_of,
)
from okr_model.windows import periods
from okr_model.words import listed, plural


def _clock(value: Any) -> Any:
    """Numbers are refused: pydantic would take 8 for eight seconds past midnight."""
    if isinstance(value, time) or (isinstance(value, str) and re.match(r"^\d{1,2}:\d\d$", value)):
        return value.zfill(5) if isinstance(value, str) else value
    raise ValueError('needs a time of day in quotes, like "08:00"')


Clock: TypeAlias = Annotated[time, BeforeValidator(_clock)]


class Pace(Definition):
    """How the way from start to target is planned. Linear over the cycle where nothing is said."""

    kind: Literal["linear", "phased", "step"] = "linear"
    start: Day | None = None
    reach_by: Day | None = None
    points: tuple[tuple[Day, float], ...] = ()  # phased: day -> the metric's own value, linear between
    on: Day | None = None  # step: nothing is expected before, everything from this day on


def _pace(value: Any) -> Any:
    if not isinstance(value, dict) or "kind" in value:
        return value
    rest = {key: body for key, body in value.items() if key not in ("phased", "step")}
    if "step" in value and len(value) > 1:
        raise ValueError("a step is a plan by itself: everything from that day on; take the other keys out")
    if "phased" in value:
        return {"kind": "phased", "points": _points(value["phased"]), **rest}
    if "step" in value:
        return {"kind": "step", "on": value["step"], **rest}
    return {"kind": "linear", **rest}


def _points(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError("phased is {DAY: VALUE, ...}, like {2026-11-01: 50, 2026-12-01: 90}")
    return sorted(value.items(), key=lambda point: str(point[0]))


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
    weight: float = Field(default=1, gt=0, allow_inf_nan=False)
    max_age: Length | None = None
    guard: tuple[GuardOn, ...] = ()


class GuardOn(Definition):
    """A metric that caps the status at At Risk while it is out of bounds."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bounded(self) -> GuardOn:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a guard needs at_least or at_most")
        return self


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
    at: Clock


OWNERS = "owners"
"""In the place of addresses: a digest of their own for each owner of key results."""


class Quiet(Definition):
    """Local times of day between which nothing is sent; past midnight where `to` is the earlier."""

    start: Clock = Field(alias="from")
    end: Clock = Field(alias="to")

    @model_validator(mode="after")
    def _some_time(self) -> Quiet:
        if self.start == self.end:
            raise ValueError('from and to are the same time: write when it is quiet, like {from: "22:00", to: "07:00"}')
        return self

    def covers(self, at: time) -> bool:
        """Whether it is quiet at that local time: from `start` on, and no longer at `end`."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


class Hold(Definition):
    """Waits this long for fresh numbers, then sends what there is, marked."""

    hold: Length


Event: TypeAlias = Literal["source_failed", "reading_held", "delivery_failed"]


@dataclass(frozen=True)
class ChannelUse:
    """One way to an audience. `place`: where the channel leads, under a name that is no secret; null: to each of `to`.

    `options` are as the channel's plugin validated them.
    """

    channel: str
    place: str | None
    options: Any


class Audience(Definition):
    """Who is told what, when and how. `every` makes a digest audience, `on` one that hears of events."""

    id: str
    to: Literal["owners"] | tuple[str, ...] = ()
    every: Schedule | None = None
    on: tuple[Event, ...] = ()
    timezone: Zone | None = None  # the cycle's where absent
    objectives: Literal["all"] | tuple[str, ...] = "all"
    channels: tuple[ChannelUse, ...] = ()
    small_counts: int | None = None
    quiet: Quiet | None = None
    stale: Literal["send", "skip"] | Hold = "send"

    @model_validator(mode="after")
    def _when(self) -> Audience:
        if self.every is None and not self.on:
            raise ValueError("an audience needs `every` (a digest) or `on` (events)")
        if self.to == OWNERS and (self.every is None or self.on):
            raise ValueError("`to: owners` is for digests: it needs `every`, and takes no `on`")
        if isinstance(self.stale, Hold) and self.every and self.stale.hold.ms >= self.every.weeks * 7 * 86_400_000:
            raise ValueError("`stale` holds until the next digest is due, so that none would be sent: hold less long")
        return self


class Plan(Definition):
    """Everything that is judged: the cycle, its objectives, the metrics they stand on."""

    cycle: Cycle
    objectives: tuple[Objective, ...]
    metrics: dict[str, Metric]

    @model_validator(mode="after")
    def _joined(self) -> Plan:
        found = [mistake for mistakes in self._mistakes() for mistake in mistakes]
        if found:
            raise Mistakes(found)
        return self

    def _mistakes(self) -> Iterator[Iterator[Mistake]]:
        ids = [result.id for result in self.key_results()]
        yield (Mistake((), f"two key results are called {name!r}") for name in set(ids) if ids.count(name) > 1)
        for result in self.key_results():
            yield key_result_mistakes(result, self.cycle, self.metrics, self.metrics)

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


def key_result_mistakes(
    result: KeyResult, cycle: Cycle | None, metrics: Mapping[str, Metric], known: Collection[str]
) -> Iterator[Mistake]:
    """What does not fit between a key result and the rest of the plan.

    `metrics` are those whose definitions could be read; `known` names all, so that one mistake is not told twice.
    """
    for index, part in enumerate(parts_of(result.target)):
        path: tuple[str | int, ...] = ("target", "all", index) if isinstance(result.target, All) else ("target",)
        name = part_metric(result, part)
        if name is not None and name not in known:
            where = (*path, part.kind, "metric") if part.metric else ("metric",)
            yield Mistake(where, f"unknown metric {name!r}; there is: {', '.join(known)}")
        if name is None and part.kind != "milestone" and (result.unit is None or result.better is None):
            yield Mistake((), "without a metric it is manual and needs `unit` and `better` of its own")
        yield from _direction(result, part, metrics.get(name or ""), (*path, part.kind))
        if cycle is not None:
            yield from _days(part, cycle, (*path, part.kind))
    for index, guard in enumerate(result.guard):
        if guard.metric not in known:
            yield Mistake(("guard", index, "metric"), f"unknown metric {guard.metric!r}; there is: {', '.join(known)}")
    if cycle is not None:
        yield from _pace_mistakes(result, cycle)


def _direction(result: KeyResult, part: Any, metric: Metric | None, path: tuple[str | int, ...]) -> Iterator[Mistake]:
    better = metric.better if metric else result.better
    upward = _upward(part)
    if better is not None and upward is not None and upward != (better == "higher"):
        way, of = "up" if upward else "down", metric.id if metric else result.id
        yield Mistake(path, f"the target goes {way}, but {better} is better for {of}; turn one of the two round")


def _upward(part: Part) -> bool | None:
    """Whether more is further along; None where a target takes no side."""
    if isinstance(part, FromTo):
        return part.end > part.start
    if isinstance(part, Change):
        return part.amount > 0
    if isinstance(part, Maintain):
        return None if part.between is not None else part.at_least is not None
    return True if isinstance(part, Cadence) else None


def _days(part: Part, cycle: Cycle, path: tuple[str | int, ...]) -> Iterator[Mistake]:
    """What does not fit into the cycle's days."""
    if isinstance(part, Maintain | Cadence):
        count = len(periods(cycle, part.every))
        if count == 0:
            yield Mistake((*path, "every"), f"no {part.every} has its last day in the cycle, so none would be judged")
        elif isinstance(part, Maintain) and part.allow >= count:
            whole = plural(count, part.every)
            yield Mistake((*path, "allow"), f"{part.allow} of the cycle's {whole} may miss: nothing is asked for")
    baseline = part.baseline if isinstance(part, Change) else None
    if isinstance(baseline, Baseline) and baseline.end is not None and baseline.end > cycle.end:
        yield Mistake((*path, "baseline", "end"), f"{baseline.end} is after the cycle's end on {cycle.end}")


def _pace_mistakes(result: KeyResult, cycle: Cycle) -> Iterator[Mistake]:
    pace = result.pace
    named: list[tuple[tuple[str | date, ...], date | None]] = [(("phased", day), day) for day, _ in pace.points]
    named += [(("step",), pace.on), (("start",), pace.start), (("reach_by",), pace.reach_by)]
    for path, day in named:
        if day is not None and not cycle.start <= day <= cycle.end:
            yield Mistake(("pace", *path), f"{day} is outside the cycle, {cycle.start} to {cycle.end}")
    if pace.start and pace.reach_by and pace.reach_by <= pace.start:
        yield Mistake(("pace", "reach_by"), f"{pace.reach_by} is not after the pace's start on {pace.start}")
    kinds = [part.kind for part in parts_of(result.target)]
    if pace != Pace() and set(kinds) <= {"maintain", "cadence"}:
        yield Mistake(("pace",), f"{listed(kinds)} takes no pace: each period is asked for in its turn")
    elif pace.points and not {"increase", "decrease", "change"} & set(kinds):
        yield Mistake(("pace", "phased"), "phased plans values of a metric, and a milestone has none: use step")


KeyResult.model_rebuild()
