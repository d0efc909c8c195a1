"""Reading Zendesk: the incremental ticket export and satisfaction ratings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import msgspec

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Decode,
    Limits,
    NoSuchPathError,
    Page,
    Slice,
    Supply,
    Walk,
    cursor_walk,
    failures,
    in_stages,
)
from connectors.zendesk import mapping
from connectors.zendesk.options import ZendeskOptions
from connectors.zendesk.wire import FieldAnswer, FullTicketView, RatingPage, TicketPage, TicketView

_MINUTE, _DAY = 60_000, 86_400_000
_SUPPLIES = {
    # The export holds back what changed within the last minute: a later slice must reach behind it.
    "ticket": Supply(lookback=10 * _MINUTE),
    # A rating can be changed by who gave it, and nothing lists the changed ones.
    "feedback": Supply(lookback=7 * _DAY),
}
_TICKETS, _RATINGS, _FIELD = "incremental/tickets/cursor", "satisfaction_ratings", "ticket_fields/{}"

# Ten requests a minute is all that the export allows: waiting most of a minute is its everyday, not an outage.
_LIMITS = Limits(wait_budget=180.0)

Params = dict[str, Any]
T = TypeVar("T")


class ZendeskSource:
    """One Zendesk account."""

    def __init__(self, options: ZendeskOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth.basic(f"{options.email}/token", options.api_token.get_secret_value())
        self._client = Client(options.address, context, auth=auth, limits=_LIMITS)
        ticket = FullTicketView if options.custom_fields else TicketView
        self._decoder: msgspec.json.Decoder[TicketPage[TicketView]] = msgspec.json.Decoder(TicketPage[ticket])  # type: ignore[valid-type]
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        """Tickets by their last change, ratings by their creation."""
        stages = {"tickets": self._tickets(part)} if fact == "ticket" else {"ratings": self._ratings(part)}
        return in_stages(stages, part.position)

    def check(self) -> list[str]:
        """One ticket, each custom field that is named, and one rating."""
        needs: dict[str, Callable[[], object]] = {}
        if "ticket" in self.supplies:
            params = {"start_time": (self._context.now - _DAY) // 1_000, "per_page": 1}
            needs["an admin's token, which alone may export tickets"] = lambda: self._get(
                _TICKETS, params, decode=TicketPage[TicketView]
            )
            for name in self._options.custom_fields:
                needs[f"a custom field with the id {name}"] = partial(
                    self._get, _FIELD.format(name), {}, decode=FieldAnswer
                )
        if "feedback" in self.supplies:
            needs["access to satisfaction ratings"] = lambda: self._get(_RATINGS, {"page[size]": 1}, decode=RatingPage)
        return failures(needs)

    def _get(self, path: str, params: Params, *, decode: Decode[T]) -> T:
        """Zendesk answers with and without `.json`; what stands before it may know the one or the other."""
        try:
            return self._client.get(f"api/v2/{path}.json", params, decode=decode)
        except NoSuchPathError:
            return self._client.get(f"api/v2/{path}", params, decode=decode)

    def _tickets(self, part: Slice) -> Walk:
        # A start within the last minute is refused.
        start_time = 0 if part.start is None else min(part.start, self._context.now - 2 * _MINUTE) // 1_000

        def fetch(cursor: str | None) -> TicketPage[TicketView]:
            begin: Params = {"start_time": start_time} if cursor is None else {"cursor": cursor}
            # The cursor does not remember `include`: it has to be repeated on every page.
            params = {**begin, "include": "metric_sets", "per_page": 1_000}
            return self._get(_TICKETS, params, decode=self._decoder)

        return cursor_walk(
            self._context, fetch, self._after_tickets, lambda page: mapping.exported(page.tickets, self._options)
        )

    def _ratings(self, part: Slice) -> Walk:
        params: Params = {
            "start_time": None if part.start is None else part.start // 1_000,
            "end_time": -(-part.end // 1_000),
            "score": "received",
            "page[size]": 100,
        }

        def fetch(cursor: str | None) -> RatingPage:
            return self._get(_RATINGS, {**params, "page[after]": cursor}, decode=RatingPage)

        return cursor_walk(
            self._context, fetch, self._after_ratings, lambda page: mapping.rated(page.satisfaction_ratings)
        )

    def _after_tickets(self, page: TicketPage[TicketView]) -> str | None:
        """An empty page is not the end: that is said in so many words."""
        return self._cursor(page.after_cursor) if not page.end_of_stream else None

    def _after_ratings(self, page: RatingPage) -> str | None:
        return self._cursor(page.meta.after_cursor) if page.meta.has_more else None

    def _cursor(self, cursor: str | None) -> str:
        if not cursor:
            raise DataError(f"{self._context.name}: more is said to come, but there is no cursor to ask for it with")
        return cursor
