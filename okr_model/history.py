"""Everything that is known of a day, in the order in which it is asked for: each reading is looked at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from zoneinfo import ZoneInfo

from okr_model.baselines import baseline_label
from okr_model.exchange import CheckIn, PinnedBaseline, Reading, SourceOutcome, Span
from okr_model.facts import Instant
from okr_model.metrics import Metric
from okr_model.pace import Pacing
from okr_model.plan import Cycle, Plan
from okr_model.readings import code_of
from okr_model.targets import Baseline
from okr_model.windows import Every, Period, end_of, periods

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


NOTHING = Course()


@dataclass(frozen=True)
class Known:
    """What is known as of a day."""

    plan: Plan
    as_of: date
    now: Instant
    courses: Mapping[tuple[str, str | None], Course]
    check_ins: Mapping[str, tuple[CheckIn, ...]]
    baselines: Mapping[str, PinnedBaseline]
    outcomes: Mapping[str, SourceOutcome]
    sources_of: Mapping[str, Sequence[str]]
    definitions: Mapping[str, str]  # metric -> hash, which is costly to work out
    pacing: Pacing

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

    def course(self, metric: Metric, period: str | None = None) -> Course:
        """The metric's own window over time, or one period of it."""
        return self.courses.get((metric.id, period), NOTHING)

    def baseline_course(self, baseline: Baseline, metric: Metric) -> Course:
        """The tries at measuring a baseline."""
        return self.course(metric, baseline_label(baseline, self.cycle))

    def said(self, key_result: str) -> Course:
        """The values that people gave in check-ins, as readings."""
        said = [reading for note in self.check_ins.get(key_result, ()) if (reading := _as_reading(note, self.zone))]
        return Course(tuple(said))


def courses(
    definitions: Mapping[str, str], as_of: date, readings: Iterable[Reading]
) -> dict[tuple[str, str | None], Course]:
    """Readings by metric and period, up to a day and of today's definitions only."""
    days: defaultdict[tuple[str, str | None], dict[date, Reading]] = defaultdict(dict)
    for reading in readings:
        if reading.as_of > as_of or reading.definition != definitions.get(reading.metric):
            continue
        of_key = days[reading.metric, reading.period]
        of_key[reading.as_of] = _current(of_key.get(reading.as_of), reading)
    return {key: Course(tuple(of_key[day] for day in sorted(of_key))) for key, of_key in days.items()}


def check_ins_by_key_result(check_ins: Iterable[CheckIn], as_of: date) -> dict[str, tuple[CheckIn, ...]]:
    """What people added up to a day, the oldest first."""
    found: defaultdict[str, list[CheckIn]] = defaultdict(list)
    for note in check_ins:
        if note.as_of <= as_of:
            found[note.key_result].append(note)
    return {key: tuple(sorted(notes, key=lambda note: (note.as_of, note.recorded_at))) for key, notes in found.items()}


def _current(held: Reading | None, other: Reading) -> Reading:
    """Of two readings of one day: the later one, but a try that failed takes nothing back."""
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
