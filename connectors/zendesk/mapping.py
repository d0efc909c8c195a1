"""Zendesk's words in ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msgspec import UNSET, UnsetType

from connectors.api import DataError, Fact, Feedback, Page, Ticket, custom_of, parse_ts
from connectors.zendesk.options import ZendeskOptions
from connectors.zendesk.wire import FullTicketView, RatingView, TicketView

T = TypeVar("T")

_SOLVED = frozenset({"solved", "closed"})
_MERGED = "closed_by_merge"  # the tag that Zendesk gives a ticket whose content went into another one
_SCORES = {"good": 1.0, "bad": 0.0}


def exported(tickets: Iterable[TicketView], options: ZendeskOptions) -> Page:
    """Tickets, and the ids of those that were deleted or merged into another."""
    rows: list[Fact] = []
    gone: list[str] = []
    for view in tickets:
        if view.status == "deleted" or _MERGED in _given(view.tags, "tags"):
            gone.append(str(view.id))
        else:
            rows.append(_ticket(view, options))
    return Page(facts=rows, retracted=gone)


def rated(ratings: Iterable[RatingView]) -> Page:
    """Answers alone: an offer that nobody took is no feedback."""
    return Page(
        facts=[
            Feedback(id=str(rating.id), received_at=parse_ts(rating.created_at), score=_SCORES[rating.score])
            for rating in ratings
            if rating.score in _SCORES
        ]
    )


def _ticket(view: TicketView, options: ZendeskOptions) -> Ticket:
    metrics = _given(view.metric_set, "metric_set")
    requester = _given(view.requester_id, "requester_id")
    created = parse_ts(view.created_at)
    reply = metrics.reply_time_in_minutes
    replied = None if reply is None else reply.calendar
    solved = metrics.solved_at if view.status in _SOLVED else None
    fields = _given(view.custom_fields, "custom_fields") if isinstance(view, FullTicketView) else []
    custom = custom_of({str(field.id): field.value for field in fields})
    marks = {"tag": _given(view.tags, "tags"), "form": [str(view.ticket_form_id)]}
    return Ticket(
        id=str(view.id),
        created_at=created,
        first_replied_at=None if replied is None else created + replied * 60_000,
        resolved_at=None if solved is None else parse_ts(solved),
        category=options.category(marks, custom),
        channel=options.channel(_given(view.via, "via").channel, custom),
        reporter=None if requester is None else str(requester),
    )


def _given(value: T | UnsetType, name: str) -> T:
    """What every ticket has that was not deleted. Raises DataError."""
    if value is UNSET:
        raise DataError(f"Zendesk's export has a ticket without {name} - at `$.tickets[...].{name}`")
    return value
