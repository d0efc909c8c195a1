"""A key result's whole way through its cycle, for its page: what was read, planned and said, and where it heads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from math import isclose

from okr_model import words
from okr_model.beliefs import Belief, believed_now
from okr_model.courses import course
from okr_model.digest import Note, Spark
from okr_model.exchange import Value
from okr_model.scorecard import CycleCard, KeyResultCard, Range


class Mark(Value, frozen=True):
    """Something that a person said of a day."""

    day: date
    text: str


class Graph(Value, frozen=True):
    """`spark` holds the cycle's days so far, `ahead` the pace line on those to come.

    `before`: what had been believed of a day until it was restated.
    """

    spark: Spark
    first: date
    last: date  # of the cycle
    ahead: tuple[float | None, ...] = ()
    forecast: Range | None = None
    before: tuple[tuple[date, float], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def lags(self) -> bool:
        """Whether the plan for the cycle's last day falls short of the target: readings speak of an earlier time."""
        planned, target = (*self.spark.planned, *self.ahead), self.spark.target
        known = [value for value in planned if value is not None]
        return bool(known) and target is not None and not isclose(known[-1], target, rel_tol=0.01, abs_tol=0.01)

    @property
    def sentence(self) -> str:
        """All of it in words."""
        unit, told = self.spark.unit, [self.spark.sentence]
        if self.forecast is not None:
            low, high = (words.number(end, unit, self.spark.target) for end in (self.forecast.low, self.forecast.high))
            told.append(f"heads for {low} to {high} by {words.day(self.last)}")
        if self.before:
            told.append(f"{words.plural(len(self.before), 'day')} restated")
        if self.marks:
            told.append(f"{words.plural(len(self.marks), 'check-in')}, the newest on {words.day(self.marks[-1].day)}")
        return "; ".join(told)


def graph(
    card: KeyResultCard,
    beliefs: Sequence[Belief],
    cycle: CycleCard,
    as_of: date,
    *,
    planned: Callable[[date], float | None],
    marks: Iterable[Mark],
) -> Graph:
    """Of the metric that the card stands on."""
    last = cycle.end - timedelta(days=1)
    today = min(as_of, last)
    spark = course(card, believed_now(beliefs), cycle.start, today, planned)
    ahead = [today + timedelta(days=each) for each in range(1, (last - today).days + 1)] if spark.days else []
    return Graph(
        spark=spark,
        first=cycle.start,
        last=last,
        ahead=tuple(planned(day) for day in ahead),
        forecast=card.forecast,
        before=tuple(_before(card, beliefs, spark)),
        marks=tuple(sorted((each for each in marks if cycle.start <= each.day <= last), key=lambda each: each.day)),
    )


def mark(note: Note, day: date) -> Mark:
    """A check-in as it stands in a chart."""
    said = "; ".join(f"{word}: {words.shortened(text, 120)}" for word, text in note.texts)
    return Mark(day=day, text=f"{words.day(day)}, {note.who}: {said or note.when}")


def _before(card: KeyResultCard, beliefs: Iterable[Belief], spark: Spark) -> Iterable[tuple[date, float]]:
    """The newest belief of each day that differs from what is believed now."""
    now = dict(zip(spark.days, spark.values, strict=True))
    metric = "" if card.reading is None else card.reading.metric
    found: dict[date, float] = {}
    for belief in beliefs:
        one = belief.reading
        if belief.restated_at is None or one.metric != metric or one.period is not None or one.state != "ok":
            continue
        if one.value is not None and one.value != now.get(one.as_of, one.value):
            found[one.as_of] = one.value
    return found.items()
