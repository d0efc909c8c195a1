"""The closed vocabulary of facts: one shape for each kind, whatever the vendor.

Every `int` in a fact is an instant: epoch milliseconds UTC. People (and the content they wrote) appear as a raw
identifier only between a connector and the ledger's door, where `PERSON_FIELDS` are replaced by keyed hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias, get_type_hints

import msgspec

Instant: TypeAlias = Annotated[int, msgspec.Meta(description="epoch milliseconds, UTC")]


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What every fact has: the source's own id, unique within (source, fact)."""

    id: str


class Review(Fact, frozen=True, gc=False):
    """One report of content, and the first decision on it."""

    reported_at: Instant
    decided_at: Instant | None = None
    decided_by: str | None = None  # human, automation
    assisted: bool | None = None  # a machine assessment at or before the first human decision
    decision: str | None = None
    queue: str | None = None
    subject: str | None = None


class Ticket(Fact, frozen=True, gc=False):
    """One support request."""

    created_at: Instant
    first_replied_at: Instant | None = None
    resolved_at: Instant | None = None
    reopened_at: Instant | None = None
    category: str | None = None
    channel: str | None = None
    reporter: str | None = None


class Transaction(Fact, frozen=True, gc=False):
    """One payment, what monitoring said of it at the time, and what became known later."""

    occurred_at: Instant
    scored_at: Instant | None = None
    flagged: bool | None = None
    blocked: bool | None = None
    fraud: bool | None = None
    labelled_at: Instant | None = None


class Account(Fact, frozen=True, gc=False):
    """One sign-up and the verdict on it."""

    created_at: Instant
    admitted: bool | None = None
    verdict: str | None = None  # legitimate, fraud, unknown
    verdict_at: Instant | None = None


class Member(Fact, frozen=True, gc=False):
    """One moderator."""

    active: bool | None = None
    joined_at: Instant | None = None
    left_at: Instant | None = None


class Training(Fact, frozen=True, gc=False):
    """One member's enrolment in one course."""

    member: str | None = None
    course: str | None = None
    assigned_at: Instant | None = None
    completed_at: Instant | None = None


class Audit(Fact, frozen=True, gc=False):
    """One audit. `period` names what it is for: 2026-10 or 2026-Q4 or a day."""

    period: str | None = None
    scope: str | None = None
    completed_at: Instant | None = None
    reported_at: Instant | None = None


class Feedback(Fact, frozen=True, gc=False):
    """One answer from a user."""

    received_at: Instant
    score: float | None = None
    theme: str | None = None
    analysed_at: Instant | None = None


FACTS: dict[str, type[Fact]] = {
    "review": Review,
    "ticket": Ticket,
    "transaction": Transaction,
    "account": Account,
    "member": Member,
    "training": Training,
    "audit": Audit,
    "feedback": Feedback,
}

PERSON_FIELDS: dict[str, tuple[str, ...]] = {
    "review": ("subject",),
    "ticket": ("reporter",),
    "account": ("id",),
    "member": ("id",),
    "training": ("member",),
}

VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    ("review", "decided_by"): ("human", "automation"),
    ("account", "verdict"): ("legitimate", "fraud", "unknown"),
}
"""Text fields with a closed set of values."""

OUTCOME_TIMES: dict[tuple[str, str], str] = {
    ("transaction", "fraud"): "labelled_at",
    ("account", "verdict"): "verdict_at",
    ("review", "decision"): "decided_at",
    ("review", "decided_by"): "decided_at",
}
"""When an outcome became known: with `mature: D` it counts only if known by row time + D."""


@dataclass(frozen=True)
class Told:
    """Which rows a signal of `kind` is about: those whose field `by` is its `ref`.

    `since`: only those for which it came at or after that time of theirs.
    """

    kind: str
    by: str
    since: str | None = None


@dataclass(frozen=True)
class Fold:
    """How one field of a fact is worked out from signals that arrive apart from its row, of any kind in `told`.

    `earliest` copies (instant, value) of the first one into `at` and `value`; `assessed` sets the boolean `value` to
    whether the first one came at or before the row's `until` (null: any counts); `any_true` sets the boolean `value`
    to whether one of them has value "true", and `at` to the earliest such instant.
    """

    told: tuple[Told, ...]
    how: str  # earliest | assessed | any_true
    value: str
    at: str | None = None
    until: str | None = None


FOLDS: dict[str, tuple[Fold, ...]] = {
    "review": (
        Fold(
            # A decision on this report, or one on its subject, where the source decides on subjects.
            told=(Told("decision", by="id"), Told("settlement", by="subject", since="reported_at")),
            how="earliest",
            value="decided_by",
            at="decided_at",
        ),
        Fold(told=(Told("assessment", by="subject"),), how="assessed", value="assisted", until="decided_at"),
    ),
    "transaction": (Fold(told=(Told("label", by="id"),), how="any_true", value="fraud", at="labelled_at"),),
}
"""In this order: a later fold reads what an earlier one set."""


def fact_fields(fact: str) -> dict[str, object]:
    """Field name -> type annotation without extras, `id` first. Raises KeyError for an unknown fact."""
    return get_type_hints(FACTS[fact])


def time_fields(fact: str) -> tuple[str, ...]:
    """The instants of a fact, the first one first."""
    return tuple(name for name, hint in fact_fields(fact).items() if "int" in str(hint))


def required_fields(fact: str) -> tuple[str, ...]:
    """The fields that may not be null: `id`, and the first time where the fact has one that always exists."""
    return tuple(field.name for field in msgspec.structs.fields(FACTS[fact]) if field.required)
