"""Payments in Stripe's wire format, below `/stripe/v1/`.

Kept as they are there: lists come newest first, 10 at a time unless `limit` says otherwise (at most 100), `has_more`
and `starting_after`; `created[gt|gte|lt|lte]` in epoch seconds; /v1/reviews lists open ones only; /v1/events reaches
30 days back; nothing has an `updated` field though disputes and charges change; disputes and warnings arrive late.

Assumed, where the vendor's documentation is silent: a charge keeps its review's id after the review was closed;
refunding as fraud sets fraud_details.user_report at the same instant, and an early fraud warning sets
fraud_details.stripe_report; a charge whose risk was not assessed has risk_score null; errors are
`{"error": {"type", "message"}}`. `expand[]` takes data.review on charges; other values are ignored.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Protocol

import msgspec

from sandbox.payments import Charge, Dispute, Review, Warned
from sandbox.rhythm import DAY, SECOND
from sandbox.wire import AsOf, BadRequestError, Reply, Request, encode, limit
from sandbox.world import World

API_KEY = "rk_test_sandbox_stripe"
_EVENTS_REACH = 30 * DAY
_API_VERSION = "2026-10-28.endive"


class _Made(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def created(self) -> int: ...


class Event(msgspec.Struct, frozen=True):
    id: str
    created: int
    type: str
    about: Charge | Review | Warned | Dispute


class _List(msgspec.Struct, frozen=True):
    """Records visible at one instant, oldest first, with each one's place."""

    records: list[Any]
    place: dict[str, int]


class Stripe:
    def __init__(self, world: World) -> None:
        self._charges = world.charges
        self._reviews = _sorted([charge.review for charge in world.charges if charge.review])
        self._warnings = _sorted([charge.warning for charge in world.charges if charge.warning])
        self._disputes = _sorted([charge.dispute for charge in world.charges if charge.dispute])
        self._events = _events(world.charges)
        self._livemode = {charge.id: charge.livemode for charge in world.charges}
        self._lists: dict[str, AsOf[_List]] = {
            "/v1/charges": AsOf(lambda now: _listed(_known(self._charges, now))),
            "/v1/disputes": AsOf(lambda now: _listed(_known(self._disputes, now))),
            "/v1/radar/early_fraud_warnings": AsOf(lambda now: _listed(_known(self._warnings, now))),
            "/v1/reviews": AsOf(lambda now: _listed([r for r in _known(self._reviews, now) if _is_open(r, now)])),
            "/v1/events": AsOf(
                lambda now: _listed([e for e in _known(self._events, now) if e.created > now - _EVENTS_REACH])
            ),
        }

    def answer(self, request: Request, now: int) -> Reply:
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return _error(401, "Invalid API Key provided")
        kept = self._lists.get(request.path)
        if kept is None:
            return _error(404, f"Unrecognized request URL (GET: {request.path})")
        try:
            return self._page(request, kept.at(now), now)
        except (BadRequestError, ValueError) as error:
            return _error(400, str(error))

    def _page(self, request: Request, known: _List, now: int) -> Reply:
        size = limit(request.one("limit"), 10, 100)
        low, high = _bounds(request, known.records)
        after = request.one("starting_after")
        if after is not None:
            if after not in known.place:
                raise BadRequestError(f"No such object: '{after}'")
            high = min(high, known.place[after])
        wanted = _filter(request)
        page: list[Any] = []
        for i in range(high - 1, low - 1, -1):
            if wanted(known.records[i]):
                page.append(known.records[i])
                if len(page) > size:
                    break
        expand = "data.review" in request.query.get("expand[]", ())
        data = [self._render(record, now, expand_review=expand) for record in page[:size]]
        return Reply(200, encode({"object": "list", "data": data, "has_more": len(page) > size, "url": request.path}))

    def _render(self, record: Any, now: int, *, expand_review: bool = False) -> dict[str, object]:
        match record:
            case Charge():
                return _charge(record, now, expand_review=expand_review)
            case Dispute():
                return _dispute(record, now, livemode=self._livemode[record.charge])
            case Warned():
                return _warning(record, now, livemode=self._livemode[record.charge])
            case Review():
                return _review(record, now, livemode=self._livemode[record.charge])
            case _:
                return self._event(record)

    def _event(self, event: Event) -> dict[str, object]:
        """An event carries its object as it was then, not as it is now."""
        body = self._render(event.about, event.created)
        return {
            "id": event.id,
            "object": "event",
            "api_version": _API_VERSION,
            "created": event.created // SECOND,
            "data": {"object": body},
            "livemode": body["livemode"],
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": event.type,
        }


def _error(status: int, message: str) -> Reply:
    return Reply(status, encode({"error": {"type": "invalid_request_error", "message": message}}))


def _sorted(records: list[Any]) -> list[Any]:
    return sorted(records, key=attrgetter("created", "id"))


def _known(records: list[Any], now: int) -> list[Any]:
    return records[: bisect_right(records, now, key=attrgetter("created"))]


def _listed(records: list[Any]) -> _List:
    return _List(records, {record.id: i for i, record in enumerate(records)})


def _events(charges: list[Charge]) -> list[Event]:
    found: list[tuple[int, str, Any]] = []
    for charge in charges:
        if charge.review:
            found.append((charge.review.created, "review.opened", charge.review))
            if charge.review.closed is not None:
                found.append((charge.review.closed, "review.closed", charge.review))
        if charge.refunded_as_fraud is not None:
            found.append((charge.refunded_as_fraud, "charge.refunded", charge))
        if charge.warning:
            found.append((charge.warning.created, "radar.early_fraud_warning.created", charge.warning))
        if charge.dispute:
            found += _dispute_events(charge.dispute)
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2].id))
    return [Event(f"evt_1S{number:022d}", at, kind, about) for number, (at, kind, about) in enumerate(found)]


def _dispute_events(dispute: Dispute) -> list[tuple[int, str, Dispute]]:
    found = [(dispute.created, "charge.dispute.created", dispute)]
    for at, status in dispute.statuses[1:]:
        final = status in {"won", "lost", "warning_closed"}
        found.append((at, "charge.dispute.closed" if final else "charge.dispute.updated", dispute))
    return found


def _bounds(request: Request, records: list[_Made]) -> tuple[int, int]:
    """The slice of the records that lies within created[...]."""
    low, high, key = 0, len(records), attrgetter("created")
    for name, values in request.query.items():
        if not name.startswith("created"):
            continue
        at = int(values[-1]) * SECOND
        match name:
            case "created[gte]":
                low = max(low, bisect_left(records, at, key=key))
            case "created[gt]":
                low = max(low, bisect_right(records, at, key=key))
            case "created[lte]":
                high = min(high, bisect_right(records, at, key=key))
            case "created[lt]":
                high = min(high, bisect_left(records, at, key=key))
            case "created":
                low, high = bisect_left(records, at, key=key), bisect_right(records, at, key=key)
            case _:
                raise BadRequestError(f"Received unknown parameter: {name}")
    return low, high


def _filter(request: Request) -> Callable[[Any], bool]:
    charge, customer = request.one("charge"), request.one("customer")
    types = set(request.query.get("types[]", ())) | set(request.query.get("type", ()))
    if charge is not None:
        return lambda record: bool(record.charge == charge)
    if customer is not None:
        return lambda record: bool(record.customer == customer)
    if types:
        return lambda record: record.type in types
    return lambda _record: True


def _is_open(review: Review, now: int) -> bool:
    return review.closed is None or review.closed > now


def _charge(charge: Charge, now: int, *, expand_review: bool) -> dict[str, object]:
    paid = charge.outcome in {"authorized", "manual_review"}
    refunded = charge.refunded_as_fraud is not None and charge.refunded_as_fraud <= now
    details = {"user_report": "fraudulent"} if refunded else {}
    if charge.warning and charge.warning.created <= now:
        details["stripe_report"] = "fraudulent"
    review: object = charge.review.id if charge.review and charge.review.created <= now else None
    if expand_review and charge.review and review:
        review = _review(charge.review, now, livemode=charge.livemode)
    return {
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.amount if paid else 0,
        "amount_refunded": charge.amount if refunded else 0,
        "captured": paid,
        "created": charge.created // SECOND,
        "currency": charge.currency,
        "customer": charge.customer,
        "disputed": charge.dispute is not None and charge.dispute.created <= now,
        "fraud_details": details,
        "livemode": charge.livemode,
        "metadata": {},
        "outcome": _outcome(charge, paid=paid),
        "paid": paid,
        "payment_intent": charge.id.replace("ch_", "pi_"),
        "refunded": refunded,
        "review": review,
        "status": "succeeded" if paid else "failed",
    }


def _outcome(charge: Charge, *, paid: bool) -> dict[str, object]:
    network = {
        "blocked": "not_sent_to_network",
        "invalid": "not_sent_to_network",
        "issuer_declined": "declined_by_network",
    }
    return {
        "network_status": "approved_by_network" if paid else network[charge.outcome],
        "reason": charge.reason,
        "risk_level": charge.risk_level,
        "risk_score": charge.risk_score if charge.risk_level not in {"not_assessed", "unknown"} else None,
        "rule": "rule_1" if charge.reason == "rule" else None,
        "seller_message": "Payment complete." if paid else "The payment did not complete.",
        "type": charge.outcome,
    }


def _review(review: Review, now: int, *, livemode: bool) -> dict[str, object]:
    is_open = _is_open(review, now)
    return {
        "id": review.id,
        "object": "review",
        "billing_zip": None,
        "charge": review.charge,
        "closed_reason": None if is_open else review.reason,
        "created": review.created // SECOND,
        "ip_address": None,
        "livemode": livemode,
        "open": is_open,
        "opened_reason": review.opened_reason,
        "payment_intent": review.charge.replace("ch_", "pi_"),
        "reason": review.opened_reason if is_open else review.reason,
    }


def _warning(warning: Warned, now: int, *, livemode: bool) -> dict[str, object]:
    return {
        "id": warning.id,
        "object": "radar.early_fraud_warning",
        "actionable": now - warning.created < 20 * DAY,
        "charge": warning.charge,
        "created": warning.created // SECOND,
        "fraud_type": warning.fraud_type,
        "livemode": livemode,
        "payment_intent": warning.charge.replace("ch_", "pi_"),
    }


def _dispute(dispute: Dispute, now: int, *, livemode: bool) -> dict[str, object]:
    status = [text for at, text in dispute.statuses if at <= now][-1]
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "charge": dispute.charge,
        "created": dispute.created // SECOND,
        "currency": "eur",
        "is_charge_refundable": status.startswith("warning"),
        "livemode": livemode,
        "metadata": {},
        "payment_intent": dispute.charge.replace("ch_", "pi_"),
        "reason": dispute.reason,
        "status": status,
    }
