"""Stripe's words in ours."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.api import Page, Signal, Transaction, parse_ts
from connectors.stripe.wire import Charge, Dispute, Event, FraudDetails, Outcome, Warned

_ASSESSED = frozenset({"normal", "elevated", "highest"})
_FLAGS = frozenset({"blocked", "manual_review"})
_RADAR_REASONS = frozenset({"highest_risk_level", "elevated_risk_level", "rule"})
_NEVER_MONITORED = frozenset({"issuer_declined", "invalid"})
_NOT_FRAUD_AFTER_ALL = frozenset({"warning_closed", "won", "prevented"})


def charged(charges: Iterable[Charge]) -> Page:
    """Transactions, and the labels that stand on the charges themselves."""
    kept = [charge for charge in charges if _counts(charge)]
    labels = [label for charge in kept if (label := _standing(charge)) is not None]
    return Page(facts=[_transaction(charge) for charge in kept], signals=labels)


def disputed(disputes: Iterable[Dispute]) -> Page:
    """A dispute for fraud says so until it is won, prevented or closed as an inquiry."""
    return Page(
        signals=[
            _label(f"dispute:{dispute.id}", dispute.charge, dispute.created, dispute.status not in _NOT_FRAUD_AFTER_ALL)
            for dispute in disputes
            if dispute.reason == "fraudulent"
        ]
    )


def warned(warnings: Iterable[Warned]) -> Page:
    """Early fraud warnings, actionable or not: that only says whether there is a dispute or refund yet."""
    return Page(
        signals=[_label(f"warning:{warning.id}", warning.charge, warning.created, fraud=True) for warning in warnings]
    )


def happened(events: Iterable[Event]) -> Page:
    """Reviews that ended in a refund as fraud, and refunds that the merchant gave as fraud."""
    return Page(signals=[label for event in events if (label := _of_event(event)) is not None])


def _counts(charge: Charge) -> bool:
    """Declines by the issuer, invalid requests and likely declines say nothing of fraud, nor do test charges."""
    outcome = charge.outcome
    if outcome is None:
        return charge.livemode
    declined = outcome.type in _NEVER_MONITORED or outcome.reason == "low_probability_of_authorization"
    return charge.livemode and not declined


def _transaction(charge: Charge) -> Transaction:
    created, outcome = parse_ts(charge.created, "s"), charge.outcome
    return Transaction(
        id=charge.id,
        occurred_at=created,
        scored_at=created if outcome is not None and outcome.risk_level in _ASSESSED else None,
        flagged=None if outcome is None else _flagged(outcome),
        blocked=None if outcome is None else outcome.type == "blocked",
    )


def _flagged(outcome: Outcome) -> bool:
    return outcome.type in _FLAGS and outcome.reason in _RADAR_REASONS


def _standing(charge: Charge) -> Signal | None:
    """fraud_details has no time of its own: it counts from the charge on."""
    details = charge.fraud_details
    if details is None or (details.stripe_report is None and details.user_report is None):
        return None
    return _label(f"details:{charge.id}", charge.id, charge.created, _fraudulent(details))


def _fraudulent(details: FraudDetails) -> bool:
    return "fraudulent" in (details.stripe_report, details.user_report)


def _of_event(event: Event) -> Signal | None:
    about = event.data.object
    if about.charge is not None and about.closed_reason == "refunded_as_fraud":
        return _label(f"review:{about.id}", about.charge, event.created, fraud=True)
    if about.fraud_details is not None and about.fraud_details.user_report == "fraudulent":
        return _label(f"refund:{about.id}", about.id, event.created, fraud=True)
    return None


def _label(name: str, charge: str, created: int, fraud: bool) -> Signal:  # noqa: FBT001  it is the label itself
    return Signal(kind="label", id=name, ref=charge, at=parse_ts(created, "s"), value="true" if fraud else "false")
