"""All objectives and key results as of one day: what `evaluate` makes, the ledger keeps, and everyone is told from."""

from __future__ import annotations

from datetime import date

import msgspec

from okr_model.exchange import Reading, Value
from okr_model.facts import Instant
from okr_model.hysteresis import Steady

WORST_FIRST = (
    "Off Track",
    "No Data",
    "Stale",
    "At Risk",
    "Closing",
    "Too Early",
    "Not Started",
    "On Track",
    "Complete",
)
CLOSED_WORST_FIRST = ("Missed", "Not Measured", "Partial", "Dropped", "Achieved")
"""The words of a closed cycle."""


class Range(Value, frozen=True):
    """From low to high; equal where nothing is unknown."""

    low: float
    high: float


class Forecast(Value, frozen=True):
    """The 80 % range of the final reading, or why there is none."""

    range: Range | None = None
    note: str = ""


class Override(Value, frozen=True):
    """The word that a person shows instead of the computed one. `reason` is that of the computed one."""

    word: str
    until: date
    ends: Instant  # the midnight that ends `until`
    by: str | None = None
    note: str = ""
    reason: str = ""


class PartCard(Value, frozen=True):
    """One part of a key result's target, judged alone."""

    name: str  # the metric's title, or the milestone's name
    kind: str  # increase, decrease, change, maintain, cadence, milestone
    status: str
    reason: str
    actual: float | None = None
    unit: str = ""
    progress: float | None = None
    exact: str | None = None  # progress as a fraction "p/q", of a target that one reading reaches
    progress_range: Range | None = None  # where periods are unknown
    expected: float | None = None
    planned: float | None = None
    start: float | None = None
    target: float | None = None
    target_text: str = ""  # "12 h", "at least 99 % every week"
    metric: str | None = None
    reading: Reading | None = None  # the one it stands on
    as_of: date | None = None  # of that reading
    periods: tuple[tuple[str, str], ...] = ()  # ("2026-W41", met | late | not met | unknown | running)
    needs: str = ""
    note: str = ""  # what happened since the reading that it stands on
    forecast: Forecast | None = None
    fresh_until: Instant | None = None


class KeyResultCard(Value, frozen=True):
    """One key result as of one day. `progress` is raw: below 0 and above 1 occur; a page shows it clamped."""

    id: str
    title: str
    objective: str
    status: str
    reason: str
    owner: str | None = None
    weight: float = 1
    actual: float | None = None
    unit: str = ""
    better: str = ""
    start: float | None = None
    target: float | None = None
    target_text: str = ""
    planned: float | None = None  # the value that the pace line asks for now, in the metric's unit
    progress: float | None = None
    progress_range: Range | None = None  # clamped, where progress is not known exactly; null: nothing is known
    expected: float | None = None
    forecast: Range | None = None
    forecast_note: str = ""
    reading: Reading | None = None
    as_of: date | None = None  # the day of the newest reading with a value
    periods: tuple[tuple[str, str], ...] = ()
    parts: tuple[PartCard, ...] = ()  # of `all`; empty where the target is a single one
    notes: tuple[str, ...] = ()  # "last night's pull failed: 401; value of 20 Nov"
    metrics: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    fresh_until: Instant | None = None  # after this instant the status is Stale, unless a newer reading comes
    computed: str | None = None  # the word that the rules gave, where an override shows another
    needs: str = ""  # what would have to happen for the next better status, in words
    override: Override | None = None
    since: date | None = None  # the first day of the status that the rules gave


class ObjectiveCard(Value, frozen=True):
    """One objective: weighted mean of clamped progress as a range, and the worst of its key results' words."""

    id: str
    title: str
    status: str
    reason: str
    owner: str | None = None
    progress: Range | None = None
    key_results: tuple[KeyResultCard, ...] = ()


class CycleCard(Value, frozen=True):
    """The cycle that a scorecard belongs to. `state`: planned, open, closing, closed."""

    id: str
    start: date
    end: date
    timezone: str
    state: str


class Scorecard(Value, frozen=True):
    """The whole of one day."""

    as_of: date
    evaluated_at: Instant
    run_id: str
    cycle: CycleCard
    objectives: tuple[ObjectiveCard, ...] = ()
    steady: dict[str, Steady] = msgspec.field(
        default_factory=dict
    )  # key result -> which word holds at the midnight that ends the day
    evidence: str = ""  # a hash of all that the days up to this one were judged on

    def cards(self) -> tuple[KeyResultCard, ...]:
        """Every key result, in the plan's order."""
        return tuple(card for objective in self.objectives for card in objective.key_results)


class Carried(Value, frozen=True):
    """What the next day needs of a stored scorecard; decoded from the same JSON without reading the rest."""

    evidence: str = ""
    steady: dict[str, Steady] = msgspec.field(default_factory=dict)


class Aim(Value, frozen=True):
    """What one part of `all` aims at."""

    name: str
    target_text: str = ""


class VerdictCard(Value, frozen=True):
    """One key result's word and reason, and what it aims at."""

    id: str
    status: str
    reason: str
    target_text: str = ""
    parts: tuple[Aim, ...] = ()


class ObjectiveVerdicts(Value, frozen=True):
    """Those of one objective."""

    key_results: tuple[VerdictCard, ...] = ()


class Verdicts(Value, frozen=True):
    """What a stored scorecard said of each key result; decoded from the same JSON without reading the rest."""

    as_of: date
    objectives: tuple[ObjectiveVerdicts, ...] = ()
