"""Marble's words in ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from connectors.api import Account, DataError, Fact, Instant, Page, Transaction, parse_ts
from connectors.marble.wire import CaseOutcome, Decision

Outcomes: TypeAlias = Mapping[str, CaseOutcome]
"""What came of cases, by their ids; those without an outcome are left out."""

_OF_CASES: dict[CaseOutcome, str] = {
    "confirmed_risk": "fraud",
    "false_positive": "legitimate",
    "valuable_alert": "unknown",
}
_OF_REVIEWS = {"approve": "legitimate", "decline": "fraud"}
_FRAUD = {"fraud": True, "legitimate": False}


def judged(fact: str, decisions: Iterable[Decision], outcomes: Outcomes, end: Instant) -> Page:
    """Facts of decisions that were made before `end`."""
    made = [(decision, parse_ts(decision.created_at)) for decision in decisions]
    return Page(facts=[_MAPPED[fact](decision, at, outcomes) for decision, at in made if at < end])


def _account(decision: Decision, at: Instant, outcomes: Outcomes) -> Fact:
    """Marble does not tell when it came to a verdict: it counts from the sign-up on."""
    verdict = _verdict(decision, outcomes) or ("fraud" if decision.outcome == "decline" else None)
    return Account(
        id=decision.trigger_object.object_id,
        created_at=at,
        admitted=_let_in(decision),
        verdict=verdict,
        verdict_at=None if verdict is None else at,
    )


def _transaction(decision: Decision, at: Instant, outcomes: Outcomes) -> Fact:
    """People's word is its truth; that Marble declined it is none. An alert found valuable was right to be raised."""
    verdict = _verdict(decision, outcomes)
    fraud = True if verdict == "unknown" else _FRAUD.get(verdict or "")
    return Transaction(
        id=decision.trigger_object.object_id,
        occurred_at=_occurred(decision),
        scored_at=at,
        flagged=decision.outcome != "approve",
        blocked=_let_in(decision) is not True,
        fraud=fraud,
        labelled_at=None if fraud is None else at,
    )


def _occurred(decision: Decision) -> Instant:
    updated = decision.trigger_object.updated_at
    if updated is None:
        raise DataError("a decision's object has no updated_at - at `$.data[...].trigger_object`")
    return parse_ts(updated)


def _let_in(decision: Decision) -> bool | None:
    """What waits for a review is let in meanwhile, unless it is blocked until then: null."""
    if decision.outcome == "block_and_review":
        return {"approve": True, "decline": False}.get(decision.review_status or "")
    return decision.outcome != "decline"


def _verdict(decision: Decision, outcomes: Outcomes) -> str | None:
    """People's: the word of the case before that of the review."""
    outcome = "unset" if decision.case is None else outcomes.get(decision.case.id, "unset")
    return _OF_CASES.get(outcome) or _OF_REVIEWS.get(decision.review_status or "")


_MAPPED: dict[str, Callable[[Decision, Instant, Outcomes], Fact]] = {"account": _account, "transaction": _transaction}
