"""Zendesk's answers, cut down to the fields that are used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Minutes(msgspec.Struct, frozen=True, gc=False):
    """Null until reached. `business`, which hangs on schedules, is left alone."""

    calendar: int | None


class MetricSet(msgspec.Struct, frozen=True, gc=False):
    """Times of one ticket; `solved_at` is the last solve, and may stay when the ticket is opened again."""

    solved_at: Moment | None
    reply_time_in_minutes: Minutes


class Via(msgspec.Struct, frozen=True, gc=False):
    channel: str


class TicketView(msgspec.Struct, frozen=True, gc=False):
    """A deleted ticket has no metrics; a requester can be erased."""

    id: int
    created_at: Moment
    status: str
    requester_id: int | None
    tags: list[str]
    via: Via
    metric_set: MetricSet | None = None


class TicketPage(msgspec.Struct, frozen=True):
    tickets: list[TicketView]
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
