"""Marble's words in ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connectors.api import Account, Instant, Page, parse_ts
from connectors.marble.wire import CaseOutcome, Decision

_OF_CASES: dict[CaseOutcome, str] = {
    "confirmed_risk": "fraud",
    "false_positive": "legitimate",
    "valuable_alert": "unknown",
}
_OF_REVIEWS = {"approve": "legitimate", "decline": "fraud"}


def signed_up(decisions: Iterable[Decision], cases: Mapping[str, CaseOutcome], end: Instant) -> Page:
    """Accounts by decisions that were made before `end`. `cases`: the outcome of each case."""
    accounts = [_account(decision, cases) for decision in decisions]
    return Page(facts=[account for account in accounts if account.created_at < end])


def _account(decision: Decision, cases: Mapping[str, CaseOutcome]) -> Account:
    """Marble does not tell when it came to a verdict: it counts from the sign-up on."""
    created = parse_ts(decision.created_at)
    verdict = _verdict(decision, cases)
    return Account(
        id=decision.trigger_object.object_id,
        created_at=created,
        admitted=_admitted(decision),
        verdict=verdict,
        verdict_at=None if verdict is None else created,
    )


def _admitted(decision: Decision) -> bool | None:
    """What waits for a review is let in meanwhile, unless it is blocked."""
    if decision.outcome == "block_and_review":
        return {"approve": True, "decline": False}.get(decision.review_status or "")
    return decision.outcome != "decline"


def _verdict(decision: Decision, cases: Mapping[str, CaseOutcome]) -> str | None:
    """The word of the case before that of the review, and that before the scenario's own."""
    outcome = "unset" if decision.case is None else cases.get(decision.case.id, "unset")
    of_review = _OF_REVIEWS.get(decision.review_status or "")
    return _OF_CASES.get(outcome) or of_review or ("fraud" if decision.outcome == "decline" else None)
