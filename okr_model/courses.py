"""A key result's recent course, for its chart and for the sentence that says the chart in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction

from msgspec.structs import replace

from okr_model import words
from okr_model.digest import Spark
from okr_model.exchange import Reading, Span
from okr_model.history import counting
from okr_model.pace import Pacing
from okr_model.plan import Plan
from okr_model.progress import Way
from okr_model.scorecard import KeyResultCard, PartCard
from okr_model.small_counts import smallest_count
from okr_model.windows import end_of, window_of


def course(
    card: KeyResultCard,
    readings: Iterable[Reading],
    first: date,
    last: date,
    planned: Callable[[date], float | None] = lambda _: None,
) -> Spark:
    """The days [first, last] of the metric that the card stands on, each with its newest own-window reading.

    A day without an ok reading is null; numbers that were measured in another way than the card's are not comparable
    with it, and left out. `planned` is the pace line's value for a day, in the metric's unit.
    """
    metric = card.reading.metric if card.reading else (card.metrics[0] if card.metrics else "")
    newest: dict[date, Reading] = {}
    for reading in readings:
        comparable = card.reading is None or reading.definition == card.reading.definition
        if reading.metric == metric and reading.period is None and comparable:
            newest[reading.as_of] = counting(newest.get(reading.as_of), reading)
    days = tuple(first + timedelta(days=offset) for offset in range((last - first).days + 1))
    shown = [_ok(newest.get(local)) for local in days]
    aim = next((part for part in card.parts if part.metric == metric), card)
    values = tuple(reading.value if reading else None for reading in shown)
    return Spark(
        days=days,
        values=values,
        target=aim.target,
        sentence=_sentence(days, values, aim),
        counts=tuple(smallest_count(reading) if reading else None for reading in shown),
        planned=tuple(planned(local) for local in days),
        unit=aim.unit,
    )


def _ok(reading: Reading | None) -> Reading | None:
    return reading if reading is not None and reading.state == "ok" else None


def _sentence(days: tuple[date, ...], values: tuple[float | None, ...], aim: KeyResultCard | PartCard) -> str:
    known = [(local, value) for local, value in zip(days, values, strict=True) if value is not None]
    if not known:
        return "No value in these days"
    (first, start), (last, end) = known[0], known[-1]
    begun = f"{words.number(start, aim.unit, aim.target)} on {words.day(first)}"
    ended = f"{words.number(end, aim.unit, aim.target)} on {words.day(last)}"
    text = begun if first == last else f"From {begun} {_way(start, end)} {ended}"
    turn = _turn([value for _, value in known], aim.unit)
    target = f"target {words.number(aim.target, aim.unit)}" if aim.target is not None else ""
    missing = (last - first).days + 1 - len(known)
    gaps = f"{words.plural(missing, 'day')} without a value" if missing else ""
    return "; ".join(part for part in (text, turn, target, gaps) if part)


def _way(start: float, end: float) -> str:
    return "to" if start == end else "up to" if end > start else "down to"


def _turn(values: list[float], unit: str) -> str:
    # The turning point, where the course did not simply run from its first value to its last.
    low, high = min(values), max(values)
    if low < min(values[0], values[-1]):
        return f"lowest {words.number(low, unit)}"
    if high > max(values[0], values[-1]):
        return f"highest {words.number(high, unit)}"
    return ""


def charted(card: KeyResultCard) -> KeyResultCard:
    """The card as its chart shows it: where the part that leads has no number, the first part that has one."""
    if card.reading is not None:
        return card
    part = next((each for each in card.parts if each.reading is not None), None)
    return card if part is None else of_part(card, part)


def of_part(card: KeyResultCard, part: PartCard) -> KeyResultCard:
    """The card as if this part were the whole target."""
    return replace(
        card,
        reading=part.reading,
        unit=part.unit,
        start=part.start,
        target=part.target,
        target_text=part.target_text,
        actual=part.actual,
        planned=part.planned,
        forecast=None if part.forecast is None else part.forecast.range,
        parts=(),
    )


class Plans:
    """What each key result's pace line asks for, day by day; what key results share is worked out once."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._pacing = plan, Pacing(plan.cycle)
        self._results = {each.id: each for each in plan.key_results()}

    def of(self, card: KeyResultCard) -> Callable[[date], float | None]:
        """For each day, the value that is asked of that day's reading, in the metric's unit."""
        result = self._results.get(card.id)
        if result is None or card.reading is None or card.start is None or card.target is None:
            return lambda _: None
        metric, cycle, pacing = self._plan.metrics.get(card.reading.metric), self._plan.cycle, self._pacing
        way = Way(Fraction(str(card.start)), Fraction(str(card.target)))
        line = pacing.line(result.pace, way)
        start, whole = way.start, way.end - way.start
        per = start.denominator * whole.denominator
        least, most = start.numerator * whole.denominator, whole.numerator * start.denominator

        def planned(day: date) -> float:
            said = Span(start=None, end=end_of(day, cycle.timezone))  # what a person gives speaks for the day's end
            window = said if metric is None else window_of(metric, day, cycle)
            gone = pacing.expected(line, metric, window)
            # `way.value(gone)`, to the same bit: a scorecard asks for it of each key result on each day of the cycle.
            return (least * gone.denominator + most * gone.numerator) / (per * gone.denominator)

        return planned
