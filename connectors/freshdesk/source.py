"""Reading Freshdesk: tickets in the order of their changes, the bin, satisfaction surveys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Instant,
    Limits,
    Page,
    Slice,
    Supply,
    Walk,
    by_cursor,
    by_page,
    failures,
    in_stages,
    iso,
    parse_ts,
)
from connectors.freshdesk import mapping
from connectors.freshdesk.options import FreshdeskOptions
from connectors.freshdesk.wire import Changed, RatingView, TicketView

_SECOND, _HOUR, _DAY = 1_000, 3_600_000, 86_400_000
_SUPPLIES = {
    "ticket": Supply(lookback=_HOUR),
    # An answer can be changed by who gave it, and nothing lists the changed ones.
    "feedback": Supply(lookback=7 * _DAY),
}
_TICKETS, _RATINGS = "api/v2/tickets", "api/v2/surveys/satisfaction_ratings"
_PER_PAGE, _LAST_PAGE = 100, 300  # what Freshdesk allows; page 301 is refused

# The plans' limits are a number of requests a minute: waiting for the next minute is no outage.
_LIMITS = Limits(wait_budget=180.0)

Params = dict[str, Any]
R = TypeVar("R", bound=Changed)


@dataclass(frozen=True)
class _Place:
    """A numbered page of the tickets that changed at `since` or later."""

    since: Instant
    page: int = 1

    def __str__(self) -> str:
        return f"{self.since}.{self.page}"

    @classmethod
    def read(cls, token: str) -> _Place:
        since, _, page = token.partition(".")
        return cls(int(since), int(page))

    def behind(self, rows: Sequence[Changed]) -> _Place:
        """Where to go on: at the last row's second where that lies further on, else on the next numbered page.

        Numbers alone would lose rows: a ticket that changes meanwhile leaves its place, and all behind it move up. The
        second before the last row's is read again, so that it does not matter whether `since` itself is included.
        """
        moments = [row.updated_at for row in rows]
        if rows and moments == sorted(moments):
            since = parse_ts(moments[-1]) // _SECOND * _SECOND - _SECOND
            if since > self.since:
                return _Place(since)
        return _Place(self.since, self.page + 1)


@dataclass(frozen=True)
class _Read(Generic[R]):
    rows: list[R]
    place: _Place
    more: bool


class FreshdeskSource:
    """One Freshdesk account."""

    def __init__(self, options: FreshdeskOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth.basic(options.api_key.get_secret_value(), "X")
        self._client = Client(options.address, context, auth=auth, limits=_LIMITS)
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        """Tickets by their last change, then what went to the bin; ratings by their creation."""
        return in_stages({"ratings": self._ratings(part)} if fact == "feedback" else self._tickets(part), part.position)

    def check(self) -> list[str]:
        """One ticket and one rating."""
        one: Params = {"per_page": 1}
        needs: dict[str, Callable[[], object]] = {}
        if "ticket" in self.supplies:
            needs["an agent's API key that may view all tickets"] = lambda: self._client.get(
                _TICKETS, {**one, "updated_since": _seconds(self._context.now - _DAY)}, decode=list[Changed]
            )
        if "feedback" in self.supplies:
            needs["a plan with satisfaction surveys, and the permission to see them"] = lambda: self._client.get(
                _RATINGS, {**one, "created_since": _seconds(self._context.now - _DAY)}, decode=list[RatingView]
            )
        return failures(needs)

    def _tickets(self, part: Slice) -> dict[str, Walk]:
        since = _since(part)
        stats: Params = {"include": "stats"}
        return {
            "tickets": self._list(stats, since, list[TicketView], lambda rows: mapping.listed(rows, self._options)),
            # Nothing says when a ticket went there: both lists, which Freshdesk empties by itself, are read whole.
            "deleted": self._list({"filter": "deleted"}, 0, list[Changed], mapping.gone),
            "spam": self._list({"filter": "spam"}, 0, list[Changed], mapping.gone),
        }

    def _list(self, chosen: Params, since: Instant, kind: type[list[R]], mapped: Callable[[list[R]], Page]) -> Walk:
        def fetch(token: str | None) -> _Read[R]:
            place = _Place(since) if token is None else _Place.read(token)
            params = {**chosen, "updated_since": _seconds(place.since), "page": place.page, "per_page": _PER_PAGE}
            params |= {"order_by": "updated_at", "order_type": "asc"}
            answer = self._client.fetch(_TICKETS, params, decode=kind)
            return _Read(answer.body, place, answer.next_link is not None)

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            before: list[R] = []
            for read, token in by_cursor(self._context, fetch, self._following, start=start):
                if read.rows and read.rows == before and read.place.page > 1:
                    raise DataError(f"{self._context.name}: {_TICKETS} gives the same page again, whatever its number")
                before = read.rows
                yield mapped(read.rows), token

        return walk

    def _following(self, read: _Read[R]) -> str | None:
        if not read.more and len(read.rows) < _PER_PAGE:
            return None
        place = read.place.behind(read.rows)
        if place.page > _LAST_PAGE:
            raise DataError(
                f"{self._context.name}: more than {_LAST_PAGE} pages of tickets that changed in one second, "
                "or tickets not in the order of their changes: Freshdesk shows no more"
            )
        return str(place)

    def _ratings(self, part: Slice) -> Walk:
        params: Params = {"created_since": _seconds(_since(part)), "per_page": _PER_PAGE}

        def fetch(number: int) -> list[RatingView]:
            return self._client.get(_RATINGS, {**params, "page": number}, decode=list[RatingView])

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            for rows, token in by_page(self._context, fetch, lambda rows: rows, start=start):
                yield mapping.rated(rows), token

        return walk


def _since(part: Slice) -> Instant:
    """A whole second at or before the slice's start. Without any, Freshdesk shows the last thirty days alone."""
    return 0 if part.start is None else max(0, part.start // _SECOND * _SECOND - _SECOND)


def _seconds(at: Instant) -> str:
    """As Freshdesk writes times: without parts of a second."""
    return iso(at // _SECOND * _SECOND).replace(".000Z", "Z")
