"""Stripe's answers, cut down to the fields that are used. `created` is in epoch seconds."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    created: int


T = TypeVar("T", bound=_Object)


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list, newest first."""

    data: list[T]
    has_more: bool


class Outcome(msgspec.Struct, frozen=True):
    type: str
    reason: str | None
    risk_level: str | None = None


class FraudDetails(msgspec.Struct, frozen=True):
    stripe_report: str | None = None
    user_report: str | None = None


class Charge(_Object, frozen=True, kw_only=True):
    livemode: bool
    outcome: Outcome | None
    fraud_details: FraudDetails | None = None


class Dispute(_Object, frozen=True, kw_only=True):
    charge: str
    reason: str
    status: str


class Warned(_Object, frozen=True, kw_only=True):
    """An early fraud warning."""

    charge: str


class EventObject(msgspec.Struct, frozen=True, kw_only=True):
    """A review (with `charge` and `closed_reason`) or a charge (with `fraud_details`), as it was at the event."""

    id: str
    charge: str | None = None
    closed_reason: str | None = None
    fraud_details: FraudDetails | None = None


class EventData(msgspec.Struct, frozen=True):
    object: EventObject


class Event(_Object, frozen=True, kw_only=True):
    type: str
    data: EventData
