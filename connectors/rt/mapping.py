"""Request Tracker's words in ours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connectors.api import ConfigError, Fact, Instant, Page, Ticket, parse_ts, texts
from connectors.rt.options import RtOptions
from connectors.rt.wire import Removal, TicketView

_DROPPED = frozenset({"deleted", "rejected"})
_NEVER = 1970  # an unset time comes as the epoch


def listed(tickets: Iterable[TicketView], options: RtOptions) -> Page:
    """Tickets, and the ids of those that were rejected, deleted or merged into another."""
    rows: list[Fact] = []
    dropped: list[str] = []
    for view in tickets:
        if view.Status in _DROPPED or str(view.EffectiveId or view.id) != str(view.id):
            dropped.append(str(view.id))
        else:
            rows.append(_ticket(view, options))
    return Page(facts=rows, retracted=dropped)


def removed(changes: Iterable[Removal]) -> Page:
    """The ids of tickets that were deleted, merged or moved to another queue.

    No search by their last change shows these. A merger is noted with the surviving ticket as well, which stays.
    """
    return Page(retracted=[str(one.ObjectId) for one in changes if _target(one) != str(one.ObjectId)])


def _target(change: Removal) -> str:
    """The ticket that a link leads to; nothing for what is no link."""
    _, slash, id_ = (change.NewValue or "").rpartition("/")
    return id_ if slash else ""


def _ticket(view: TicketView, options: RtOptions) -> Ticket:
    def custom(name: str) -> list[str]:
        if isinstance(view.CustomFields, str):
            raise ConfigError("RT shows the account no custom fields: give it the right SeeCustomField")
        return [text for field in view.CustomFields if field.name == name for text in texts([*field.values])]

    requestors = [] if isinstance(view.Requestor, str) else view.Requestor
    return Ticket(
        id=str(view.id),
        created_at=parse_ts(view.Created),
        # A ticket that is opened again keeps its old time of resolving.
        resolved_at=_instant(view.Resolved) if view.Status in options.resolved_statuses else None,
        category=options.category({"queue": [view.Queue.Name]}, custom),
        channel=options.channel(None, custom),
        reporter=str(requestors[0].id) if requestors else None,
    )


def _instant(moment: datetime | None) -> Instant | None:
    return None if moment is None or moment.year <= _NEVER else parse_ts(moment)
