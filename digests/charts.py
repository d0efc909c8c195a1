"""Small charts of a key result's course: PNG for mails. A day without a value is a gap in the line."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from okr_model.digest import Spark

WIDTH, HEIGHT = 92, 28
"""CSS pixels; the PNG has twice as many each way."""
_SCALE = 2
_LINE, _TARGET = "#4787a3", "#8f9792"  # both stand out from white and from a dark client's ground
_MARGIN = 0.1


@lru_cache(maxsize=1024)
def sparkline(spark: Spark) -> bytes:
    """The course with its target as a dashed line; transparent ground. The same spark gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - 0.4 s, only where one draws
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72 * _SCALE)
    figure.patch.set_alpha(0)
    _draw(figure, spark)
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return out.getvalue()


def _draw(figure: Any, spark: Spark) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415

    low, high = bounds(spark)
    if spark.target is not None:
        level = _MARGIN + (1 - 2 * _MARGIN) * (spark.target - low) / (high - low)
        figure.add_artist(Line2D([0.02, 0.98], [level, level], color=_TARGET, linewidth=0.9, dashes=(3, 2.5)))
    last = None
    for run in runs(spark):
        points = [_point(day, value, len(spark.days), low, high) for day, value in run]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        marker = "o" if len(points) == 1 else None
        figure.add_artist(Line2D(xs, ys, color=_LINE, linewidth=1.6, marker=marker, markersize=1.8))
        last = points[-1]
    if last is not None:
        figure.add_artist(Line2D([last[0]], [last[1]], color=_LINE, marker="o", markersize=3.4))


def _point(day: int, value: float, days: int, low: float, high: float) -> tuple[float, float]:
    across = 0.03 + 0.93 * (day / (days - 1) if days > 1 else 1)
    return across, _MARGIN + (1 - 2 * _MARGIN) * (value - low) / (high - low)


def bounds(spark: Spark) -> tuple[float, float]:
    """The lowest and highest number that the chart must hold, never the same."""
    known = [value for value in (*spark.values, spark.target) if value is not None]
    low, high = min(known, default=0.0), max(known, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def runs(spark: Spark) -> list[list[tuple[int, float]]]:
    """The unbroken stretches of known days, as (place of the day, value)."""
    found: list[list[tuple[int, float]]] = []
    previous = None
    for place, value in enumerate(spark.values):
        if value is None:
            continue
        if previous != place - 1 or not found:
            found.append([])
        found[-1].append((place, value))
        previous = place
    return found
