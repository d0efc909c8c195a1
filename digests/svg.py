"""A key result's way through its cycle as SVG, for pages: coloured by their style, so that it follows light and dark.

The picture is stretched to whatever width there is; lines and dots keep their thickness, and all words stand beside it
as text of the page, so that they can be read on a phone. matplotlib draws for mails, which have no style of their own;
here it would cost a tenth of a second for each chart, and its colours could not follow the reader's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor, log10
from typing import NamedTuple

from markupsafe import Markup, escape

from digests.charts import runs
from okr_model import words
from okr_model.graph import Graph

_SIDE = 1000
_PAD = 0.08
_NEAR = 8.0  # per cent of the height that a line of text takes
_FEW_DAYS = 45
_SHORT = 16  # letters that find room beside the newest value on a phone; it stands above the chart too


@lru_cache(maxsize=1024)  # the overview and an objective's page show the same ones
def small(graph: Graph) -> Markup:
    """For a row: the shape of it, with the cycle's first and last day."""
    plane = _Plane(graph)
    return _figure(graph, plane, "small", _Scale(), "")


def large(graph: Graph) -> Markup:
    """For a page of its own: with a scale, the target's and the newest value, and what people said as marks."""
    plane = _Plane(graph)
    scale = _scale(plane.low, plane.high, most=4)
    return _figure(graph, plane, "large", scale, "".join([*_tick_names(graph, plane, scale), *_names(graph, plane)]))


class _Scale(NamedTuple):
    """The numbers beside a chart, and how many places tell them apart."""

    ticks: tuple[Fraction, ...] = ()
    places: int = 0


class _Plane:
    """Where days and values lie in a square of 1000 by 1000, the higher value the smaller y."""

    def __init__(self, graph: Graph) -> None:
        self._first, self._days = graph.first, max(1, (graph.last - graph.first).days)
        self.low, self.high = _limits(graph)

    def x(self, day: date) -> int:
        return round(_SIDE * (day - self._first).days / self._days)

    def y(self, value: float) -> int:
        inside = min(max(value, self.low), self.high)
        return round(_SIDE * (self.high - inside) / (self.high - self.low))


def _limits(graph: Graph) -> tuple[float, float]:
    """What the chart must hold. A wide forecast is cut off at half as much again: the course would be a flat line."""
    spark = graph.spark
    planned = [*spark.planned, *graph.ahead]
    known = [each for each in (*spark.values, *planned, spark.target) if each is not None]
    known += [value for _, value in graph.before]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = (high - low) / 2
    if graph.forecast is not None:
        low, high = min(low, max(graph.forecast.low, low - room)), max(high, min(graph.forecast.high, high + room))
    spread = (high - low) or abs(high) or 1.0
    return low - _PAD * spread, high + _PAD * spread


def _figure(graph: Graph, plane: _Plane, kind: str, scale: _Scale, texts: str) -> Markup:
    shapes = "".join([*_ground(graph, plane, scale.ticks), *_lines(graph, plane), *_dots(graph, plane)])
    label = escape(graph.sentence)
    return Markup(  # noqa: S704 - numbers of ours, and every text is escaped
        f'<div class="graph {kind}"><div class="plot" role="img" aria-label="{label}">'
        f'<svg viewBox="0 0 {_SIDE} {_SIDE}" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>{texts}</div>'
        f'<div class="days" aria-hidden="true">{"".join(_days(graph, plane))}</div></div>'
    )


def _ground(graph: Graph, plane: _Plane, ticks: Iterable[Fraction]) -> Iterator[str]:
    grid = "".join(f"M0 {plane.y(float(tick))}H{_SIDE}" for tick in ticks)
    yield f'<path class="grid" d="{grid}M0 {_SIDE}H{_SIDE}"/>'
    if graph.spark.days:
        yield f'<path class="now" d="M{plane.x(graph.spark.days[-1])} 0V{_SIDE}"/>'
    if graph.spark.target is not None:
        yield f'<path class="aim" d="M0 {plane.y(graph.spark.target)}H{_SIDE}"/>'


def _lines(graph: Graph, plane: _Plane) -> Iterator[str]:
    spark = graph.spark
    planned = [*spark.planned, *graph.ahead]
    days = [graph.first + timedelta(days=place) for place in range(len(planned))]
    plan = [(day, value) for day, value in zip(days, planned, strict=True) if value is not None]
    if len(plan) > 1:
        yield f'<path class="plan" d="{_path(plan, plane)}"/>'
    newest = _newest(graph)
    if newest is not None and graph.forecast is not None and newest[0] < graph.last:
        day, value = newest
        low, high = plane.y(graph.forecast.low), plane.y(graph.forecast.high)
        yield f'<path class="ahead" d="M{plane.x(day)} {plane.y(value)}L{_SIDE} {low}V{high}Z"/>'
    course = "".join(_path([(spark.days[place], value) for place, value in run], plane) for run in runs(spark))
    if course:
        yield f'<path class="course" d="{course}"/>'


def _dots(graph: Graph, plane: _Plane) -> Iterator[str]:
    restated = "".join(_dot(day, value, plane) for day, value in graph.before)
    if restated:
        yield f'<path class="ring" d="{restated}"/><path class="hole" d="{restated}"/>'
    newest = _newest(graph)
    if newest is not None:
        yield f'<path class="last" d="{_dot(*newest, plane)}"/>'
    for mark in graph.marks:
        yield f'<g class="said"><title>{escape(mark.text)}</title><path d="M{plane.x(mark.day)} {_SIDE}v-60"/></g>'


def _path(run: Sequence[tuple[date, float]], plane: _Plane) -> str:
    """A line through one unbroken run; a day that stands alone is a dot."""
    (first, value), *rest = run
    if not rest:
        return _dot(first, value, plane)
    return f"M{plane.x(first)} {plane.y(value)}L" + " ".join(f"{plane.x(day)} {plane.y(each)}" for day, each in rest)


def _dot(day: date, value: float, plane: _Plane) -> str:
    return f"M{plane.x(day)} {plane.y(value)}h0"


def _tick_names(graph: Graph, plane: _Plane, scale: _Scale) -> Iterator[str]:
    """On the left, as are the target's name and, in a cycle's first days, the newest value."""
    target, newest, unit = graph.spark.target, _newest(graph), words.suffix(graph.spark.unit)
    taken = [] if target is None else [plane.y(target) / 10]
    taken += [plane.y(newest[1]) / 10 - _NEAR / 2] if newest is not None and _at_left(newest[0], plane) else []
    shown = {tick: plane.y(float(tick)) / 10 for tick in scale.ticks}
    shown = {tick: top for tick, top in shown.items() if all(abs(top - other) > 1.5 * _NEAR for other in taken)}
    for tick, top in shown.items():
        named = unit if len(unit) < _SHORT / 2 or tick == max(shown) else ""  # a long one once
        text = f"{float(tick):,.{scale.places}f}{named}".replace("-", "−")
        yield f'<span class="tick{_under(top)}" style="top:{top:g}%">{escape(text)}</span>'


def _names(graph: Graph, plane: _Plane) -> Iterator[str]:
    spark, newest = graph.spark, _newest(graph)
    if spark.target is not None:
        top = plane.y(spark.target) / 10
        name = escape(words.number(spark.target, spark.unit))
        yield f'<span class="aim{_under(top)}" style="top:{top:g}%">target {name}</span>'
    if spark.days:
        left = plane.x(spark.days[-1]) / 10
        yield f'<span class="now{_side(left)}" style="left:{left:g}%">{words.day(spark.days[-1])}</span>'
    if newest is None:
        return
    left, top = plane.x(newest[0]) / 10, plane.y(newest[1]) / 10
    aim = None if spark.target is None else plane.y(spark.target) / 10
    if aim is not None and _at_left(newest[0], plane) and abs(aim - top) < 1.5 * _NEAR:
        return  # it would stand on the target's name
    value = words.number(newest[1], spark.unit, spark.target)
    if len(value) <= _SHORT:
        side = f"{_side(left)}{' low' if top < 2 * _NEAR else ''}"
        yield f'<span class="value{side}" style="left:{left:g}%;top:{top:g}%">{escape(value)}</span>'


def _at_left(day: date, plane: _Plane) -> bool:
    return plane.x(day) < _SIDE / 4


def _newest(graph: Graph) -> tuple[date, float] | None:
    found = runs(graph.spark)
    if not found:
        return None
    place, value = found[-1][-1]
    return graph.spark.days[place], value


def _under(top: float) -> str:
    """Under its line, where there is no room above."""
    return " below" if top < _NEAR else ""


def _side(left: float) -> str:
    """Which way a text at that place is written, so that it stays inside."""
    return " start" if left < 10 else " end" if left > 60 else ""


def _days(graph: Graph, plane: _Plane) -> Iterator[str]:
    yield f'<span class="start">{words.day(graph.first)}</span>'
    before = 0
    for day in _marked_days(graph):
        left = plane.x(day)
        if left - before > 150 and left < 850:
            yield f'<span style="left:{left / 10:g}%">{words.day(day)}</span>'
            before = left
    if graph.last > graph.first:
        yield f'<span class="end">{words.day(graph.last)}</span>'


def _marked_days(graph: Graph) -> list[date]:
    """The first days of months, or Mondays where there are few days."""
    every = (graph.first + timedelta(days=each) for each in range(1, (graph.last - graph.first).days))
    if (graph.last - graph.first).days < _FEW_DAYS:
        return [day for day in every if day.weekday() == 0]
    return [day for day in every if day.day == 1]


def _scale(low: float, high: float, most: int) -> _Scale:
    """At most `most` round numbers between the limits, evenly apart."""
    exponent = floor(log10((high - low) / most))
    power = Fraction(10) ** exponent
    step = next(each * power for each in (1, 2, 5, 10) if each * power * most >= Fraction(high) - Fraction(low))
    ticks = [step * place for place in range(ceil(Fraction(low) / step), floor(Fraction(high) / step) + 1)]
    return _Scale(tuple(ticks), max(0, -exponent))
