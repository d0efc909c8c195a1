"""What a metric is: the definition that turns facts, or one query at the source, into a number."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from okr_model.durations import STORED, Duration, Length
from okr_model.facts import FACTS, VALUES, fact_fields, time_fields
from okr_model.mistakes import Mistake, Mistakes


class Definition(BaseModel):
    """A frozen piece of configuration in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)


Scalar: TypeAlias = bool | int | float | str


class Condition(Definition):
    """One entry of `where`. Exactly one of the fields is set."""

    any_of: tuple[Scalar, ...] | None = None
    present: bool | None = None
    at_least: float | None = None
    at_most: float | None = None
    course: str | None = None  # member: {trained: {course: ...}}

    @model_validator(mode="after")
    def _says_something(self) -> Condition:
        if not self.model_fields_set:
            raise ValueError("a condition is a value, a list of them, present, absent, or {at_least: X, at_most: Y}")
        return self


def _condition(value: Any) -> Any:
    if value in ("present", "absent"):
        return {"present": value == "present"}
    if isinstance(value, bool | int | float | str):
        return {"any_of": (value,)}
    if isinstance(value, list | tuple):
        return {"any_of": tuple(value)}
    return value


Where: TypeAlias = dict[str, Annotated[Condition, BeforeValidator(_condition)]]


class Of(Definition):
    """The denominator's filter."""

    where: Where = {}


class Span(Definition):
    """Time between two instants of a row, in `unit`: hours for {hours: [reported_at, decided_at]}."""

    unit: Literal["seconds", "minutes", "hours", "days"]
    start: str
    end: str

    @property
    def ms(self) -> int:
        """Milliseconds in one unit."""
        return {"seconds": 1_000, "minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}[self.unit]


def _value(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        unit, ends = next(iter(value.items()))
        if isinstance(ends, list | tuple) and len(ends) == 2:
            return {"unit": unit, "start": ends[0], "end": ends[1]}
    return value


Value: TypeAlias = Annotated[Span | str, BeforeValidator(_value)]
"""A numeric field of the fact, or a span between two of its instants."""


class Count(Definition):
    """Rows in the window."""

    kind: Literal["count"] = "count"


class OfValue(Definition):
    """sum, mean, median or latest of a value."""

    kind: Literal["sum", "mean", "median", "latest"]
    value: Value


class Quantile(Definition):
    """The q-quantile, linear between ranks."""

    kind: Literal["quantile"] = "quantile"
    q: float = Field(gt=0, lt=1)
    value: Value = Field(alias="of")


class Share(Definition):
    """100 * rows matching `where` and `of` / rows matching `of`."""

    kind: Literal["share"] = "share"
    where: Where
    of: Of = Of()


class ShareDistinct(Definition):
    """100 * distinct `of` with at least one matching row / distinct `of`."""

    kind: Literal["share_distinct"] = "share_distinct"
    of: str
    where: Where


class Within(Definition):
    """100 * rows whose `to` came at most `limit` after `from` / rows old enough to have breached."""

    kind: Literal["within"] = "within"
    limit: Length
    start: str = Field(alias="from")
    end: str = Field(alias="to")
    of: Of = Of()


class Confusion(Definition):
    """accuracy, precision, recall or balanced_accuracy of a prediction, in percent."""

    kind: Literal["accuracy", "precision", "recall", "balanced_accuracy"]
    predicted: str
    actual: str
    unlabelled: Literal["negative", "drop"] = "drop"


Measure: TypeAlias = Annotated[
    Count | OfValue | Quantile | Share | ShareDistinct | Within | Confusion, Field(discriminator="kind")
]
_OF_VALUE = ("sum", "mean", "median", "latest")
MEASURES = (
    "count",
    *_OF_VALUE,
    "quantile",
    "share",
    "share_distinct",
    "within",
    "accuracy",
    "precision",
    "recall",
    "balanced_accuracy",
)


def _measure(value: Any, info: ValidationInfo) -> Any:
    if info.context == STORED:
        return value
    if value == "count":
        return {"kind": "count"}
    if isinstance(value, dict) and len(value) == 1:
        kind, body = next(iter(value.items()))
        if kind not in MEASURES:
            raise ValueError(f"unknown measure {kind!r}; there is: {', '.join(MEASURES)}")
        if kind in _OF_VALUE:
            return {"kind": kind, "value": body}
        return {"kind": kind, **body} if isinstance(body, dict) else value
    if isinstance(value, Definition):
        return value
    raise ValueError("a measure is `count` or one key with settings, like {mean: {hours: [reported_at, decided_at]}}")


class Window(Definition):
    """The time a reading speaks of."""

    kind: Literal["trailing", "calendar", "snapshot", "cycle_to_date"]
    length: Length | None = None  # trailing
    unit: Literal["week", "month", "quarter"] | None = None  # calendar

    @model_validator(mode="after")
    def _whole_days(self) -> Window:
        if self.length is not None and (self.length.days or 0) < 1:
            raise ValueError("a trailing window is a whole number of days, like 7d")
        return self


def _window(value: Any, info: ValidationInfo) -> Any:
    if info.context == STORED:
        return value
    if value in ("snapshot", "cycle_to_date"):
        return {"kind": value}
    if isinstance(value, dict) and len(value) == 1:
        kind, body = next(iter(value.items()))
        if kind == "trailing":
            return {"kind": kind, "length": body}
        if kind == "calendar":
            return {"kind": kind, "unit": body}
    if isinstance(value, Definition):
        return value
    raise ValueError("a window is {trailing: 7d}, {calendar: month}, snapshot or cycle_to_date")


class Guard(Definition):
    """What a believable value lies within; outside it a reading is `held` until a person releases it."""

    at_least: float | None = None
    at_most: float | None = None


def _known_fact(name: str) -> str:
    if name not in FACTS:
        raise ValueError(f"unknown fact {name!r}; there is: {', '.join(FACTS)}")
    return name


class Metric(Definition):
    """One entry of metrics.yaml. Either `fact` and `measure`, or `source` and `query`."""

    id: str
    title: str = ""
    unit: str
    better: Literal["higher", "lower"]
    fact: Annotated[str, AfterValidator(_known_fact)] | None = None
    measure: Annotated[Measure, BeforeValidator(_measure)] | None = None
    where: Where = {}
    on: str | None = None
    source: str | None = None
    query: str | None = None
    window: Annotated[Window, BeforeValidator(_window)]
    settle: Length | None = None
    mature: Length | None = None
    min_n: int = Field(default=0, ge=0)
    guard: Guard | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Metric:
        found = _shape_mistakes(self) or _field_mistakes(self)
        if found:
            raise Mistakes(found)
        return self

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.id

    @property
    def maturity(self) -> Duration | None:
        """How old a row must be before it is judged: `mature`, or for `within` at least its limit."""
        if self.mature is None and isinstance(self.measure, Within):
            return self.measure.limit
        return self.mature

    @property
    def definition_hash(self) -> str:
        """Of everything that can move the number; titles are not."""
        body = self.model_dump(mode="json", exclude={"id", "title"}, exclude_none=True, serialize_as_any=True)
        return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:16]

    @classmethod
    def stored(cls, document: str) -> Metric:
        """The metric that wrote itself as this JSON."""
        return cls.model_validate_json(document, context=STORED)


def _shape_mistakes(metric: Metric) -> list[Mistake]:
    if metric.fact is None:
        return _query_mistakes(metric)
    found = []
    if metric.measure is None:
        found.append(Mistake((), "`fact` needs a `measure`"))
    if metric.query is not None or metric.source is not None:
        found.append(Mistake(("source",), "`source` and `query` go together, without `fact`"))
    if metric.on is None and metric.window.kind != "snapshot":
        found.append(Mistake((), "needs `on`: the field that puts a row into the window"))
    return found


def _query_mistakes(metric: Metric) -> list[Mistake]:
    if metric.source is None or metric.query is None:
        return [Mistake((), "needs `fact` and `measure`, or `source` and `query`")]
    if metric.measure is not None or metric.where or metric.on is not None:
        return [Mistake((), "`measure`, `where` and `on` go with `fact`, not with a query at the source")]
    return []


def _field_mistakes(metric: Metric) -> list[Mistake]:
    if metric.fact is None:
        return []
    fact, fields, times = metric.fact, fact_fields(metric.fact), time_fields(metric.fact)
    found = [
        Mistake((*path, name), f"{fact} has no field {name!r}; it has: {', '.join(fields)}")
        for path, name in _fields(metric)
        if name not in fields
    ]
    instants = [each for each in _instants(metric) if each in fields and each not in times]
    if metric.on is not None and metric.on not in times and (fact, metric.on) != ("audit", "period"):
        found.append(Mistake(("on",), f"{metric.on!r} is no instant of {fact}; its instants are: {', '.join(times)}"))
    found += [
        Mistake(("measure",), f"{name!r} is no instant of {fact}; its instants are: {', '.join(times)}")
        for name in instants
    ]
    return found or _condition_mistakes(metric) + _kind_mistakes(metric)


def _condition_mistakes(metric: Metric) -> list[Mistake]:
    """A value that no row can have would count nothing, and look like a true zero."""
    assert metric.fact is not None
    fields = fact_fields(metric.fact)
    found = []
    for path, where in wheres(metric):
        for name, condition in where.items():
            trained = (metric.fact, name) == ("member", "trained")
            if trained != (condition.course is not None):
                form = "`trained` is written {trained: {course: NAME}}" if trained else "`course` goes with `trained`"
                found.append(Mistake((*path, name), form))
            elif message := _value_mistake(metric.fact, name, condition, str(fields.get(name))):
                found.append(Mistake((*path, name), message))
    return found


def _value_mistake(fact: str, name: str, condition: Condition, hint: str) -> str | None:
    values, closed = condition.any_of or (), VALUES.get((fact, name))
    if closed is not None and any(value not in closed for value in values):
        return f"{fact}.{name} is one of: {', '.join(closed)}"
    if "bool" in hint and not all(isinstance(value, bool) for value in values):
        return f"{fact}.{name} is true or false"
    if "str" in hint and not all(isinstance(value, str) for value in values):
        return f"{fact}.{name} is text: put the value in quotes"
    if (condition.at_least, condition.at_most) != (None, None) and not ("int" in hint or "float" in hint):
        return f"{fact}.{name} is no number: at_least and at_most do not fit it"
    return None


def _kind_mistakes(metric: Metric) -> list[Mistake]:
    measure = metric.measure
    assert metric.fact is not None
    hints = {name: str(hint) for name, hint in fact_fields(metric.fact).items()}
    if isinstance(measure, Confusion):
        wrong = [name for name in (measure.predicted, measure.actual) if "bool" not in hints[name]]
        return [Mistake(("measure",), f"{metric.fact}.{name} is not true or false") for name in wrong]
    value = measure.value if isinstance(measure, OfValue | Quantile) else None
    if isinstance(value, str) and "float" not in hints[value]:
        message = f"{value!r} is no number; write a span like {{hours: [reported_at, decided_at]}}"
        return [Mistake(("measure",), message)]
    return []


def wheres(metric: Metric) -> list[tuple[tuple[str, ...], Where]]:
    """Every filter with its path in the definition."""
    measure = metric.measure
    found: list[tuple[tuple[str, ...], Where]] = [(("where",), metric.where)]
    if isinstance(measure, Share | ShareDistinct):
        found.append((("measure", measure.kind, "where"), measure.where))
    if isinstance(measure, Share | Within):
        found.append((("measure", measure.kind, "of", "where"), measure.of.where))
    return found


def _fields(metric: Metric) -> list[tuple[tuple[str, ...], str]]:
    """Every field that the definition names with its path, `trained` (which reads training) apart."""
    names = [
        (path, name) for path, where in wheres(metric) for name in where if (metric.fact, name) != ("member", "trained")
    ]
    measure, at = metric.measure, ("measure",)
    if isinstance(measure, ShareDistinct):
        names.append((at, measure.of))
    if isinstance(measure, Confusion):
        names += [(at, measure.predicted), (at, measure.actual)]
    if isinstance(measure, OfValue | Quantile) and isinstance(measure.value, str):
        names.append((at, measure.value))
    return names + [(at, name) for name in _instants(metric)]


def _instants(metric: Metric) -> list[str]:
    measure = metric.measure
    if isinstance(measure, Within):
        return [measure.start, measure.end]
    if isinstance(measure, OfValue | Quantile) and isinstance(measure.value, Span):
        return [measure.value.start, measure.value.end]
    return []
