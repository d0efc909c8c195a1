"""A key result's course as SVG for pages: coloured by the page's own style, so that it follows light and dark."""

from __future__ import annotations

from markupsafe import Markup, escape

from digests.charts import bounds, runs
from okr_model import words
from okr_model.digest import Spark
from okr_model.scorecard import Range

_WIDTH, _HEIGHT = 300, 84
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 246, 10, 66


def chart(spark: Spark, forecast: Range | None = None) -> Markup:
    """The known values as a line with gaps, the plan dashed, the target dotted, the forecast a wedge to the end."""
    planned = [value for value in spark.planned if value is not None]
    ends = [] if forecast is None else [forecast.low, forecast.high]
    scale = _Scale(len(spark.days), *bounds(spark, *planned, *ends))
    parts = [
        _target(spark, scale),
        _plan(spark, scale),
        _wedge(spark, forecast, scale),
        _course(spark, scale),
        _dates(spark),
    ]
    label = escape(spark.sentence)
    return Markup(  # noqa: S704 - numbers of ours, and the two texts are escaped
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        f"<title>{label}</title>{''.join(parts)}</svg>"
    )


class _Scale:
    def __init__(self, days: int, low: float, high: float) -> None:
        self.days, self.low, self.high = days, low, high

    def x(self, place: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (place / (self.days - 1) if self.days > 1 else 1), 1)

    def y(self, value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - self.low) / (self.high - self.low), 1)


def _course(spark: Spark, scale: _Scale) -> str:
    found = runs(spark)
    lines = [
        f'<polyline class="course" points="{_points(run, scale)}"/>'
        if len(run) > 1
        else f'<circle class="dot" cx="{scale.x(run[0][0])}" cy="{scale.y(run[0][1])}" r="1.6"/>'
        for run in found
    ]
    if not found:
        return f'<text x="{_LEFT}" y="40">no value yet</text>'
    place, value = found[-1][-1]
    return "".join(lines) + f'<circle class="dot" cx="{scale.x(place)}" cy="{scale.y(value)}" r="3.2"/>'


def _plan(spark: Spark, scale: _Scale) -> str:
    known = [(place, value) for place, value in enumerate(spark.planned) if value is not None]
    return f'<polyline class="plan" points="{_points(known, scale)}"/>' if len(known) > 1 else ""


def _target(spark: Spark, scale: _Scale) -> str:
    if spark.target is None:
        return ""
    y = scale.y(spark.target)
    shown = escape(words.number(spark.target, spark.unit))
    line = f'<line class="target" x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}"/>'
    return f'{line}<text x="{_RIGHT + 6}" y="{y + 4}">{shown}</text>'


def _wedge(spark: Spark, forecast: Range | None, scale: _Scale) -> str:
    found = runs(spark)
    if forecast is None or not found:
        return ""
    place, value = found[-1][-1]
    low, high, end = scale.y(forecast.low), scale.y(forecast.high), scale.x(scale.days - 1)
    if place == scale.days - 1:
        return ""
    return f'<path class="forecast" d="M{scale.x(place)} {scale.y(value)} L{end} {low} L{end} {high} Z"/>'


def _dates(spark: Spark) -> str:
    if len(spark.days) < 2:
        return ""
    first, last = words.day(spark.days[0]), words.day(spark.days[-1])
    return f'<text x="{_LEFT}" y="80">{first}</text><text x="{_RIGHT}" y="80" text-anchor="end">{last}</text>'


def _points(run: list[tuple[int, float]], scale: _Scale) -> str:
    return " ".join(f"{scale.x(place)},{scale.y(value)}" for place, value in run)
