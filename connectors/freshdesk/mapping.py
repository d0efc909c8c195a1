"""Freshdesk's words in ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from connectors.api import DataError, Feedback, Instant, Page, Ticket, custom_of, parse_ts
from connectors.freshdesk.options import FreshdeskOptions
from connectors.freshdesk.wire import Changed, RatingView, Stats, TicketView

_DONE = frozenset({4, 5})  # resolved, closed; statuses of an account's own are kinds of open
_OUTBOUND = 10
_SOURCES = {1: "email", 2: "portal", 3: "phone", 7: "chat", 9: "widget"}
_HAPPINESS = (-103, -102, -101, 100, 101, 102, 103)  # extremely unhappy to extremely happy; 100 is neutral
_SCORES = {theirs: place / (len(_HAPPINESS) - 1) for place, theirs in enumerate(_HAPPINESS)}


def listed(tickets: Iterable[TicketView], options: FreshdeskOptions) -> Page:
    """Tickets that came in, and the ids of those that went to the bin since."""
    mine = [view for view in tickets if view.source != _OUTBOUND]
    return Page(
        facts=[_ticket(view, options) for view in mine if not (view.spam or view.deleted)],
        retracted=[str(view.id) for view in mine if view.spam or view.deleted],
    )


def gone(tickets: Iterable[Changed]) -> Page:
    """All of a list of deleted ones."""
    return Page(retracted=[str(view.id) for view in tickets])


def rated(ratings: Iterable[RatingView]) -> Page:
    """Scores from 0 (extremely unhappy) to 1; null where the answer is none of the seven."""
    return Page(
        facts=[
            Feedback(
                id=str(rating.id),
                received_at=parse_ts(rating.created_at),
                score=_SCORES.get(rating.ratings.default_question),
            )
            for rating in ratings
        ]
    )


def _ticket(view: TicketView, options: FreshdeskOptions) -> Ticket:
    stats, custom = view.stats, _custom(view)
    marks = {"tag": view.tags, "type": [view.type or ""]}
    return Ticket(
        id=str(view.id),
        created_at=parse_ts(view.created_at),
        first_replied_at=None if stats.first_responded_at is None else parse_ts(stats.first_responded_at),
        resolved_at=_resolved(stats) if view.status in _DONE else None,
        reopened_at=None if stats.reopened_at is None else parse_ts(stats.reopened_at),
        category=options.category(marks, custom),
        channel=options.channel(_SOURCES.get(view.source, f"source_{view.source}"), custom),
        reporter=str(view.requester_id),
    )


def _resolved(stats: Stats) -> Instant | None:
    resolved = stats.resolved_at or stats.closed_at
    return None if resolved is None else parse_ts(resolved)


def _custom(view: TicketView) -> Callable[[str], Collection[str]]:
    values = custom_of(view.custom_fields)

    def known(name: str) -> Collection[str]:
        if name not in view.custom_fields:  # Freshdesk gives every ticket every field of the account, null where empty
            raise DataError(f"Freshdesk's tickets have no custom field {name}: write it as the API does, cf_...")
        return values(name)

    return known
