"""Zendesk's words in ours."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.api import DataError, Fact, Feedback, Page, Ticket, parse_ts
from connectors.zendesk.options import ZendeskOptions
from connectors.zendesk.wire import RatingView, TicketView

_SOLVED = frozenset({"solved", "closed"})
_SCORES = {"good": 1.0, "bad": 0.0}


def exported(tickets: Iterable[TicketView], options: ZendeskOptions) -> Page:
    """Tickets, and the ids of those that were deleted."""
    rows: list[Fact] = []
    deleted: list[str] = []
    for view in tickets:
        if view.status == "deleted":
            deleted.append(str(view.id))
        else:
            rows.append(_ticket(view, options))
    return Page(facts=rows, retracted=deleted)


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
    metrics = view.metric_set
    if metrics is None:
        raise DataError("Zendesk's export came without the metric sets that were asked for - at `$.tickets[...]`")
    created = parse_ts(view.created_at)
    replied = metrics.reply_time_in_minutes.calendar
    solved = metrics.solved_at if view.status in _SOLVED else None
    tag = None if options.user_report is None else options.user_report.tag
    return Ticket(
        id=str(view.id),
        created_at=created,
        first_replied_at=None if replied is None else created + replied * 60_000,
        resolved_at=None if solved is None else parse_ts(solved),
        category="user_report" if tag in view.tags else None,
        channel="in_app" if view.via.channel in options.in_app else view.via.channel,
        reporter=None if view.requester_id is None else str(view.requester_id),
    )
