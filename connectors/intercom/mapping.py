"""Intercom's words in ours."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.api import Feedback, Instant, Page, Ticket, custom_of, parse_ts
from connectors.intercom.options import IntercomOptions
from connectors.intercom.wire import Conversation

_CLOSED = "closed"
_OUTBOUND = "admin_initiated"
_BEST = 5


def begun(conversations: Iterable[Conversation], options: IntercomOptions) -> Page:
    """Conversations that customers began; what the team sent out by itself is no request."""
    return Page(facts=[_ticket(one, options) for one in conversations if one.source.delivered_as != _OUTBOUND])


def rated(conversations: Iterable[Conversation]) -> Page:
    """Answers alone, from 0 (one of five) to 1 (five of five): being asked is no feedback."""
    return Page(
        facts=[
            Feedback(id=one.id, received_at=_instant(asked.created_at), score=(asked.rating - 1) / (_BEST - 1))
            for one in conversations
            if (asked := one.conversation_rating) is not None and asked.rating is not None
        ]
    )


def _ticket(one: Conversation, options: IntercomOptions) -> Ticket:
    stats = one.statistics
    custom = custom_of(one.custom_attributes)
    return Ticket(
        id=one.id,
        created_at=_instant(one.created_at),
        first_replied_at=None if stats is None else _maybe(stats.first_admin_reply_at),
        resolved_at=None if stats is None or one.state != _CLOSED else _maybe(stats.last_close_at),
        category=options.category({"tag": [tag.name for tag in one.tags.tags]}, custom),
        channel=options.channel(one.source.type, custom),
        reporter=one.contacts.contacts[0].id if one.contacts and one.contacts.contacts else None,
    )


def _maybe(seconds: int | None) -> Instant | None:
    return None if seconds is None else _instant(seconds)


def _instant(seconds: int) -> Instant:
    return parse_ts(seconds, "s")
