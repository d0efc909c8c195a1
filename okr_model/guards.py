"""Guards: metrics that are to stay within bounds while a key result goes its way."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from okr_model.exchange import Reading
from okr_model.metrics import Metric
from okr_model.plan import GuardOn, KeyResult, Plan
from okr_model.words import number


def broken_guards(result: KeyResult, plan: Plan, reading_of: Callable[[Metric], Reading | None]) -> list[str]:
    """One sentence for each guard that the metric's reading breaks; one that nobody can see is not broken."""
    found = (_broken(guard, plan.metrics[guard.metric], reading_of) for guard in result.guard)
    return [sentence for sentence in found if sentence is not None]


def _broken(guard: GuardOn, metric: Metric, reading_of: Callable[[Metric], Reading | None]) -> str | None:
    reading = reading_of(metric)
    value = None if reading is None else reading.fraction
    if value is None:
        return None
    if guard.at_most is not None and value > Fraction(str(guard.at_most)):
        return f"guard {metric.name} is {number(value, metric.unit, guard.at_most)}, above {guard.at_most:g}"
    if guard.at_least is not None and value < Fraction(str(guard.at_least)):
        return f"guard {metric.name} is {number(value, metric.unit, guard.at_least)}, below {guard.at_least:g}"
    return None
