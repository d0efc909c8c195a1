"""The world's records as known at one instant, in a plain shape of their own.

Instants are epoch milliseconds. Nothing is left out for being muted, deleted, declined or a test: whoever recomputes a
number decides that.
"""

from collections.abc import Sequence

from sandbox.company import Account
from sandbox.helpdesk import Ticket
from sandbox.payments import Charge
from sandbox.rhythm import iso_ms
from sandbox.wire import encode
from sandbox.world import World


def truth(world: World, now: int) -> bytes:
    """JSON: {"now", and a list for each kind of record}."""
    tables = {
        "now": iso_ms(now),
        **_moderation(world, now),
        "charges": [_charge(c) for c in world.charges if c.created <= now],
        "labels": [label for c in world.charges for label in _labels(c, now)],
        **_helpdesk(world, now),
        "accounts": [_account(account, now) for account in world.accounts if account.created <= now],
        **_company(world, now),
    }
    return encode(tables)


def _moderation(world: World, now: int) -> dict[str, object]:
    return {
        "reports": [
            {"id": r.id, "subject": r.subject, "reported": r.created, "muted": r.muted, "automated": r.automated}
            for r in world.reports
            if r.created <= now
        ],
        "activities": [
            {"report": a.report, "kind": a.kind, "at": a.at, "automated": a.automated}
            for r in world.reports
            for a in r.activities
            if a.at <= now
        ],
        "assessments": [
            {"subject": e.subject, "at": e.at} for e in world.events if e.tool == "automod" and e.at <= now
        ],
    }


def _helpdesk(world: World, now: int) -> dict[str, object]:
    return {
        "tickets": [_ticket(ticket, now) for ticket in world.tickets if ticket.created <= now],
        "ratings": [
            {"id": r.id, "ticket": r.ticket, "created": r.created, "score": _latest(r.scores, now)}
            for r in world.ratings
            if r.created <= now
        ],
    }


def _ticket(ticket: Ticket, now: int) -> dict[str, object]:
    return {
        "id": ticket.id,
        "created": ticket.created,
        "user_report": ticket.user_report,
        "channel": ticket.channel,
        "reporter": ticket.requester,
        "changes": [[change.at, change.kind] for change in ticket.changes if change.at <= now],
    }


def _account(account: Account, now: int) -> dict[str, object]:
    known = [entry for entry in account.verdicts if entry[0] <= now]
    at, verdict = known[-1] if known else (None, None)
    return {
        "id": account.id,
        "created": account.created,
        "admitted": account.admitted,
        "verdict": verdict,
        "verdict_at": at,
    }


def _latest(history: Sequence[tuple[int, str]], now: int) -> str | None:
    return next((value for at, value in reversed(history) if at <= now), None)


def _charge(charge: Charge) -> dict[str, object]:
    return {
        "id": charge.id,
        "created": charge.created,
        "livemode": charge.livemode,
        "outcome": charge.outcome,
        "reason": charge.reason,
        "risk_level": charge.risk_level,
    }


def _labels(charge: Charge, now: int) -> list[dict[str, object]]:
    """What was learnt about a charge: `kind` dispute, warning, review or fraud_details; `status` as it stands now."""
    found: list[dict[str, object]] = []
    dispute, warning, review = charge.dispute, charge.warning, charge.review
    if dispute and dispute.created <= now:
        status = _latest(dispute.statuses, now)
        found.append({"kind": "dispute", "at": dispute.created, "reason": dispute.reason, "status": status})
    if warning and warning.created <= now:
        found.append({"kind": "warning", "at": warning.created, "reason": warning.fraud_type, "status": None})
    if review and review.closed is not None and review.closed <= now:
        found.append({"kind": "review", "at": review.closed, "reason": review.reason, "status": "closed"})
    refunded = charge.refunded_as_fraud
    if refunded is not None and refunded <= now:
        found.append({"kind": "fraud_details", "at": refunded, "reason": "fraudulent", "status": None})
    return [{"charge": charge.id, **label} for label in found]


def _company(world: World, now: int) -> dict[str, object]:
    return {
        "members": [
            {"id": m.id, "joined": m.joined, "left": _by(m.left, now)} for m in world.members if m.joined <= now
        ],
        "training": [
            {"id": t.id, "member": t.member, "course": t.course, "completed": _by(t.completed, now)}
            for t in world.training
            if t.assigned <= now
        ],
        "audits": [
            {"id": a.id, "period": a.period, "completed": _by(a.completed, now), "reported": _by(a.reported, now)}
            for a in world.audits
            if a.started <= now
        ],
    }


def _by(at: int | None, now: int) -> int | None:
    return at if at is not None and at <= now else None
