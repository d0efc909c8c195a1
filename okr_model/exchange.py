"""The values that cross between rooms. All frozen; instants are epoch milliseconds UTC, days are local to the cycle."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from okr_model.facts import Fact, Instant


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A frozen value; as JSON it leaves out what is at its default."""


# --- pulling ---------------------------------------------------------------------------------------------------------


class Slice(Value, frozen=True):
    """What one pull must read to the end: facts first seen or changed in [start, end), `start` null: from the first.

    `position` is the resume token of an earlier, unfinished try at this same slice. `everything`: the source is read
    whole each time, and rows that are no longer there are retracted when the slice is complete.
    """

    start: Instant | None
    end: Instant
    position: str | None = None
    everything: bool = False


class Signal(Value, frozen=True):
    """A piece of news about a fact that arrives apart from its row; see `facts.FOLDS`."""

    kind: str
    id: str
    ref: str
    at: Instant
    value: str | None = None


class Page(Value, frozen=True):
    """One page's worth of a pull. Stored together with `position` in one transaction."""

    facts: tuple[Fact, ...] | list[Fact] = ()
    signals: tuple[Signal, ...] | list[Signal] = ()
    retracted: tuple[str, ...] | list[str] = ()  # ids that the source has deleted
    position: str | None = None
    latest: Instant | None = None  # when the newest of them changed, by the source's own clock, if it tells


class Stored(Value, frozen=True):
    """What became of pulled rows. `stored`: new or changed."""

    stored: int = 0
    unchanged: int = 0
    retracted: int = 0

    def __add__(self, other: Stored) -> Stored:
        return Stored(
            stored=self.stored + other.stored,
            unchanged=self.unchanged + other.unchanged,
            retracted=self.retracted + other.retracted,
        )


class Coverage(Value, frozen=True):
    """What one source's facts of one kind are known to be complete for: [start, complete_to); start null: all time."""

    source: str
    fact: str
    start: Instant | None
    complete_to: Instant


ErrorKind: TypeAlias = Literal["config", "transient", "data"]


class SourceError(Value, frozen=True):
    """Why a source could not be pulled, in words that hold no secret and no content."""

    kind: ErrorKind
    message: str
    retry_after: Instant | None = None


class SourceOutcome(Value, frozen=True):
    """What came of one source in one run."""

    name: str
    state: Literal["ok", "failed", "deferred"]
    connector: str  # "zendesk 1"
    error: SourceError | None = None
    facts: dict[str, Stored] = {}
    requests: int = 0
    pages: int = 0
    retries: int = 0
    complete_to: Instant | None = None  # the earliest fact's


# --- measuring -------------------------------------------------------------------------------------------------------


class Span(Value, frozen=True):
    """Half-open time [start, end); start null: from the first."""

    start: Instant | None
    end: Instant


class Question(Value, frozen=True):
    """A reading to be taken: one metric over one window, knowing only what came before `known_to`.

    `known_to` is the midnight that ends `as_of` (for a cadence's period: its end plus grace); an instant that is not
    before it counts as absent. `period` names a calendar period that is measured over itself; null: the metric's own
    window.
    """

    metric: str
    as_of: date
    window: Span
    known_to: Instant
    zone: str
    period: str | None = None


class Measured(Value, frozen=True):
    """What a measure found in one window, before any judgement. Exact: numbers are fractions."""

    value: Fraction | None  # null: denominator 0, or no row
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    n: int = 0  # rows (or subjects) that the value stands on
    dropped: int = 0  # rows that cannot be right (decided before reported), or do not tell what is asked
    pending: int = 0  # rows in the window too young to be judged
    open: int | None = None  # items not yet closed, beside a closed-only mean
    oldest_open: Instant | None = None


ReadingState: TypeAlias = Literal["ok", "held", "none"]


class Ruling(Value, frozen=True):
    """What a person decided about a held reading, and the number that it was about."""

    word: Literal["released", "rejected"]
    by: str
    note: str
    at: Instant
    exact: str


class Reading(Value, frozen=True):
    """A metric's value for one window as of one day, or no value and why.

    `reason` is null or starts with its code: empty, too_few, not_covered, source_error, schema_error, held,
    rejected.
    `exact` is the value as a fraction "p/q"; `value` the same as a float for display and JSON.
    """

    metric: str
    as_of: date
    window: Span
    zone: str
    state: ReadingState
    reason: str | None = None
    value: float | None = None
    exact: str | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: int = 0
    dropped: int = 0
    pending: int = 0
    open: int | None = None
    oldest_open: Instant | None = None
    definition: str = ""
    sources: tuple[str, ...] = ()  # "helpdesk (zendesk 1)"
    rows: int = 0
    pages: int = 0
    requests: int = 0
    retries: int = 0
    run_id: str = ""
    recorded_at: Instant = 0
    period: str | None = None  # "2026-W47", "2026-10": a period measured over itself; null: the metric's own window
    ruling: Ruling | None = None  # where it had been held

    @property
    def fraction(self) -> Fraction | None:
        """The exact value."""
        return None if self.exact is None else Fraction(self.exact)


class Attempt(Value, frozen=True):
    """One try to pull a source or take a reading, whatever came of it."""

    run_id: str
    at: Instant
    what: Literal["pull", "reading"]
    name: str  # source or metric
    state: str  # ok, failed, deferred; ok, held, none
    reason: str | None = None


class CheckIn(Value, frozen=True):
    """What a person added to a key result for one local day."""

    key_result: str
    as_of: date
    recorded_at: Instant
    by: str | None = None
    note: str | None = None
    challenge: str | None = None
    insight: str | None = None
    confidence: int | None = None  # 1 to 10
    value: str | None = None  # exact decimal, for a manual key result
    milestone: str | None = None
    override: str | None = None  # the word shown instead
    override_until: date | None = None
    period: str | None = None  # "2026-10": one that nothing could be measured of, settled at the cycle's close
    settled: Literal["met", "missed"] | None = None


class PinnedBaseline(Value, frozen=True):
    """A baseline, kept once it was covered and mature, or as a person gave it (`note` says where it is from)."""

    key_result: str
    metric: str
    window: Span
    exact: str
    n: int
    definition: str
    recorded_at: Instant
    note: str | None = None


Word: TypeAlias = Literal["Achieved", "Partial", "Missed", "Dropped", "Not Measured"]


class Outcome(Value, frozen=True):
    """How one key result ended. `exact` is its score as a fraction "p/q", `score` the same for display."""

    key_result: str
    word: Word
    reason: str
    score: float | None = None
    exact: str | None = None


class ClosedCycle(Value, frozen=True):
    """How a cycle ended. Provisional: closed before all final readings existed, to be closed once more."""

    cycle: str
    as_of: date
    recorded_at: Instant
    provisional: bool
    outcomes: tuple[Outcome, ...]


# --- delivering ------------------------------------------------------------------------------------------------------


class DeliveryKey(NamedTuple):
    """What a delivery is known by; unique in the outbox."""

    digest: str  # digest | alert | check-in | skipped
    period: str  # the closed period: "2026-11-23T08:00"; for an alert the run's id
    audience: str
    channel: str
    recipient: str  # an address; for a channel of one place, that place's harmless name


class Delivery(Value, frozen=True):
    """One digest to one recipient over one channel, frozen: the bytes that will be sent, each try the same ones."""

    digest: str
    period: str
    audience: str
    channel: str
    recipient: str
    subject: str
    body: bytes

    @property
    def key(self) -> DeliveryKey:
        """What it is known by."""
        return DeliveryKey(self.digest, self.period, self.audience, self.channel, self.recipient)


class DeliveryError(Exception):
    """A channel did not deliver: permanent (never try again), transient (later) or ambiguous (perhaps it did).

    `wait`: seconds after which the other side asked to be tried again. The message names no secret.
    """

    def __init__(
        self, outcome: Literal["permanent", "transient", "ambiguous"], message: str, wait: float | None = None
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.wait = wait
