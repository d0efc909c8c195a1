"""Zendesk's answers, cut down to the fields that are used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Minutes(msgspec.Struct, frozen=True, gc=False):
    """Null until reached. `business`, which hangs on schedules, is left alone."""

    calendar: int | None


class MetricSet(msgspec.Struct, frozen=True, gc=False):
    """Times of one ticket; `solved_at` is the last solve, and may stay when the ticket is opened again."""

    solved_at: Moment | None
    reply_time_in_minutes: Minutes | None


class Via(msgspec.Struct, frozen=True, gc=False):
    channel: str


class TicketView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What may be unset, a deleted ticket can lack; a requester can be erased."""

    id: int
    created_at: Moment
    status: str
    requester_id: int | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    via: Via | UnsetType = UNSET
    metric_set: MetricSet | UnsetType = UNSET
    ticket_form_id: int | None = None


class CustomField(msgspec.Struct, frozen=True, gc=False):
    id: int
    value: msgspec.Raw


class FullTicketView(TicketView, frozen=True, gc=False, kw_only=True):
    """With its custom fields, which are decoded only where one of them is asked for."""

    custom_fields: list[CustomField] | UnsetType = UNSET


V = TypeVar("V", bound=TicketView)


class TicketPage(msgspec.Struct, Generic[V], frozen=True):
    tickets: list[V]
    end_of_stream: bool
    after_cursor: str | None


class RatingView(msgspec.Struct, frozen=True, gc=False):
    id: int
    score: str
    created_at: Moment


class Meta(msgspec.Struct, frozen=True):
    has_more: bool
    after_cursor: str | None = None


class RatingPage(msgspec.Struct, frozen=True):
    satisfaction_ratings: list[RatingView]
    meta: Meta


class Field(msgspec.Struct, frozen=True):
    id: int


class FieldAnswer(msgspec.Struct, frozen=True):
    ticket_field: Field
