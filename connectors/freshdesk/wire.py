"""Freshdesk's answers, cut down to the fields that are used. Every list is a bare JSON array."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Changed(msgspec.Struct, frozen=True, gc=False):
    """What every row of a list of tickets has."""

    id: int
    updated_at: Moment


class Stats(msgspec.Struct, frozen=True, gc=False):
    """Comes only where it is asked for. A ticket closed without having been resolved has no `resolved_at`."""

    resolved_at: Moment | None
    closed_at: Moment | None
    first_responded_at: Moment | None
    reopened_at: Moment | None = None


class TicketView(Changed, frozen=True, gc=False):
    created_at: Moment
    status: int
    source: int
    requester_id: int
    tags: list[str]
    stats: Stats
    custom_fields: dict[str, msgspec.Raw]
    type: str | None = None
    spam: bool = False
    deleted: bool = False


class Survey(msgspec.Struct, frozen=True, gc=False):
    default_question: int


class RatingView(msgspec.Struct, frozen=True, gc=False):
    id: int
    created_at: Moment
    ratings: Survey
