"""Everything that is known of a day, in the order in which it is asked for: each reading is looked at once."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from okr_model.baselines import baseline_known, baseline_label, provisional_label
from okr_model.cycle import Cycle
from okr_model.exchange import CheckIn, PinnedBaseline, Reading, SourceOutcome, Span
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.pace import Pacing
from okr_model.plan import Plan
from okr_model.readings import code_of
from okr_model.scorecard import Forecast
from okr_model.targets import Baseline
from okr_model.windows import Every, Period, end_of, midnight, periods

_BROKEN = ("source_error", "schema_error", "not_covered")


@dataclass(frozen=True)
class Course:
    """One kind of reading over time: one per day, the oldest first, as they are known now."""

    readings: tuple[Reading, ...] = ()

    @property
    def newest(self) -> Reading | None:
        """The newest one, with or without a value."""
        return self.readings[-1] if self.readings else None

    @cached_property
    def last_ok(self) -> Reading | None:
        """The newest one that may be stood on."""
        return next((reading for reading in reversed(self.readings) if reading.state == "ok"), None)

    def up_to(self, day: date) -> Course:
        """The same without what is later."""
        if self.newest is None or self.newest.as_of <= day:
            return self
        return Course(self.readings[: bisect_right(self.readings, day, key=lambda reading: reading.as_of)])


NOTHING = Course()


class Record:
    """Everything that was read and said, in order once, so that any number of days can be judged from it."""

    def __init__(
        self,
        plan: Plan,
        readings: Iterable[Reading],
        check_ins: Iterable[CheckIn],
        baselines: Mapping[str, PinnedBaseline],
        sources_of: Mapping[str, Sequence[str]],
    ) -> None:
        """`baselines` by key result, `sources_of` by metric. Readings of another definition are not looked at."""
        self.plan = plan
        self.definitions = {metric.id: metric.definition_hash for metric in plan.metrics.values()}
        self.courses = courses(self.definitions, readings)
        self.check_ins = by_key_result(check_ins)
        self.baselines = baselines
        self.sources_of = sources_of
        self.pacing = Pacing(plan.cycle)

    def at(self, as_of: date, now: Instant, outcomes: Mapping[str, SourceOutcome]) -> Known:
        """What is known as of a day, at the instant that the rules take as now."""
        return Known(self, as_of, now, outcomes)


@dataclass(frozen=True)
class Known:
    """What is known as of a day. `outcomes` by source, of its newest pull."""

    record: Record
    as_of: date
    now: Instant
    outcomes: Mapping[str, SourceOutcome]

    @property
    def plan(self) -> Plan:
        """What is judged."""
        return self.record.plan

    @property
    def pacing(self) -> Pacing:
        """The cycle's pace lines."""
        return self.record.pacing

    @property
    def baselines(self) -> Mapping[str, PinnedBaseline]:
        """By key result."""
        return self.record.baselines

    @property
    def sources_of(self) -> Mapping[str, Sequence[str]]:
        """By metric."""
        return self.record.sources_of

    @property
    def definitions(self) -> Mapping[str, str]:
        """Metric -> hash, which is costly to work out."""
        return self.record.definitions

    @property
    def cycle(self) -> Cycle:
        """The plan's."""
        return self.plan.cycle

    @property
    def zone(self) -> ZoneInfo:
        """The cycle's."""
        return self.plan.cycle.timezone

    @property
    def night(self) -> Instant:
        """The midnight that ends the day."""
        return end_of(self.as_of, self.zone)

    @cached_property
    def _periods(self) -> dict[Every, list[Period]]:
        return {}

    def periods(self, every: Every) -> list[Period]:
        """The cycle's weeks, months or quarters."""
        if every not in self._periods:
            self._periods[every] = periods(self.cycle, every)
        return self._periods[every]

    @cached_property
    def _courses(self) -> dict[tuple[str, str | None], Course]:
        return {}

    def course(self, metric: Metric, period: str | None = None) -> Course:
        """The metric's own window over time, or one period of it."""
        key = (metric.id, period)
        if key not in self._courses:
            self._courses[key] = self.record.courses.get(key, NOTHING).up_to(self.as_of)
        return self._courses[key]

    @cached_property
    def forecasts(self) -> dict[tuple[str, date], Forecast]:
        """Those already made of this day, by metric and first day: key results share them."""
        return {}

    def baseline_course(self, baseline: Baseline, metric: Metric) -> Course:
        """The tries at measuring a baseline."""
        return self.course(metric, baseline_label(baseline, self.cycle))

    def provisional_baseline(self, baseline: Baseline, metric: Metric) -> Reading | None:
        """What is known so far of a baseline that is not all known yet; None where that says nothing."""
        if baseline_known(baseline, metric, self.cycle) <= self.night:
            return None
        return self.course(metric, provisional_label(baseline, self.cycle)).last_ok

    def notes(self, key_result: str) -> tuple[CheckIn, ...]:
        """What people added for days that have begun by now, the oldest first: what is said today counts today."""
        notes = self.record.check_ins.get(key_result, ())
        return tuple(note for note in notes if midnight(note.as_of, self.zone) < self.now)

    def said(self, key_result: str) -> Course:
        """The values that people gave in check-ins, as readings."""
        return Course(tuple(said_values(self.notes(key_result), self.zone)))


def courses(definitions: Mapping[str, str], readings: Iterable[Reading]) -> dict[tuple[str, str | None], Course]:
    """Readings by metric and period, of these definitions only."""
    days: defaultdict[tuple[str, str | None], dict[date, Reading]] = defaultdict(dict)
    for reading in readings:
        if reading.definition == definitions.get(reading.metric):
            of_key = days[reading.metric, reading.period]
            of_key[reading.as_of] = counting(of_key.get(reading.as_of), reading)
    return {key: Course(tuple(of_key[day] for day in sorted(of_key))) for key, of_key in days.items()}


def by_key_result(check_ins: Iterable[CheckIn]) -> dict[str, tuple[CheckIn, ...]]:
    """What people added, the oldest first."""
    found: defaultdict[str, list[CheckIn]] = defaultdict(list)
    for note in check_ins:
        found[note.key_result].append(note)
    return {key: tuple(sorted(notes, key=lambda note: (note.as_of, note.recorded_at))) for key, notes in found.items()}


def said_values(notes: Iterable[CheckIn], zone: ZoneInfo) -> list[Reading]:
    """The values that check-ins gave, as readings of no metric."""
    return [reading for note in notes if (reading := _as_reading(note, zone))]


def counting(held: Reading | None, other: Reading) -> Reading:
    """Of two readings of one day the one that counts: the later, but a try that failed takes nothing back."""
    if held is None:
        return other
    older, newer = sorted((held, other), key=lambda reading: reading.recorded_at)
    return older if older.state == "ok" and (newer.state == "held" or code_of(newer) in _BROKEN) else newer


def _as_reading(note: CheckIn, zone: ZoneInfo) -> Reading | None:
    if note.value is None:
        return None
    return Reading(
        metric="",
        as_of=note.as_of,
        window=Span(start=None, end=end_of(note.as_of, zone)),
        zone=str(zone),
        state="ok",
        value=float(note.value),
        exact=note.value,
        recorded_at=note.recorded_at,
    )
