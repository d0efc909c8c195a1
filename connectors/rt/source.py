"""Reading Request Tracker: what was deleted, then the tickets that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Instant,
    Limits,
    NoSuchPathError,
    Page,
    Slice,
    Supply,
    by_cursor,
    failures,
    in_stages,
)
from connectors.rt import mapping
from connectors.rt.options import RtOptions
from connectors.rt.wire import Listed, QueueView, Removal, Row, TicketView

_HOUR = 3_600_000
_SUPPLIES = {"ticket": Supply(lookback=_HOUR)}
_API = "REST/2.0"
_REMOVAL_FIELDS = "ObjectId,NewValue"
_TICKET_FIELDS = "Queue,Status,Created,Resolved,Requestor,CustomFields,EffectiveId"
_REMOVED = "(Type = 'Status' AND NewValue = 'deleted') OR (Type = 'AddLink' AND Field = 'MergedInto')"
_MOVED = "(Type = 'Set' AND Field = 'Queue')"
_PER_PAGE = 100  # more is cut to this
_LIMITS = Limits(read=60.0, answer=120.0)  # RT puts a page together ticket by ticket

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class _Read(Generic[R]):
    rows: list[R]
    following: str | None


class RtSource:
    """One Request Tracker."""

    def __init__(self, options: RtOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth({"Authorization": f"token {options.token.get_secret_value()}"})
        self._client = Client(options.base_url, context, auth=auth, limits=_LIMITS)
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  there is one fact
        """What left first: a ticket that came back since, or moved to a queue that is read, is among the tickets."""
        return in_stages(
            {"deleted": lambda start: self._deleted(part, start), "tickets": lambda start: self._tickets(part, start)},
            part.position,
        )

    def check(self) -> list[str]:
        """One ticket, and each queue that is named."""
        needs: dict[str, Callable[[], object]] = {
            f"the right SeeQueue in {name}": partial(self._queue, name) for name in self._options.queues
        }
        needs["the rights ShowTicket and, for custom fields, SeeCustomField"] = self._check_tickets
        return failures(needs)

    def _check_tickets(self) -> None:
        page = self._page("tickets", self._query(None), 1, Listed[TicketView], size=1)
        mapping.listed(page.items, self._options)

    def _tickets(self, part: Slice, start: str | None) -> Iterator[tuple[Page, str | None]]:
        silent = set(self._options.queues)
        for rows, token in self._walk("tickets", self._query(part.start), Listed[TicketView], start):
            silent -= {row.Queue.Name for row in rows}
            yield mapping.listed(rows, self._options), token
        # A queue that is not there, or that the account may not see, is searched without an error: that is no zero.
        for name in sorted(silent):
            self._queue(name)

    def _deleted(self, part: Slice, start: str | None) -> Iterator[tuple[Page, str | None]]:
        if part.start is None:
            return  # nothing is kept yet that could have been deleted
        gone = f"{_REMOVED} OR {_MOVED}" if self._options.queues else _REMOVED
        query = f"({gone}) AND Created >= {_earliest(part.start)}"
        try:
            for rows, token in self._walk("transactions", query, Listed[Removal], start):
                yield mapping.removed(rows), token
        except NoSuchPathError:
            return  # an RT without this list; one that is not there at all says so with the tickets

    def _query(self, since: Instant | None) -> str:
        """Naming EffectiveId makes RT show merged tickets too, which it leaves out otherwise."""
        clauses = ["EffectiveId > 0"]
        if self._options.queues:
            clauses.append("(" + " OR ".join(f"Queue = {_quoted(name)}" for name in self._options.queues) + ")")
        if since is not None:
            clauses.append(f"LastUpdated >= {_earliest(since)}")
        return " AND ".join(clauses)

    def _walk(
        self, path: str, query: str, kind: type[Listed[R]], start: str | None
    ) -> Iterator[tuple[list[R], str | None]]:
        """Pages in the order of ids, each asked for as what lies behind the last id: `id` or, within it, `id.page`.

        Numbers alone would lose rows: where tickets come into the list or leave it meanwhile, all behind them move.
        """
        promised = False

        def fetch(token: str | None) -> _Read[R]:
            nonlocal promised
            last, _, number = (token or "0").partition(".")
            asked = int(number or 1)
            page = self._page(path, f"{query} AND id > {last}", asked, kind, size=_PER_PAGE)
            if page.page != asked:
                return _Read([], None)  # behind the end, some versions give the last page again
            promised = promised or page.next_page is not None
            ids = [int(row.id) for row in page.items]
            if ids and (ids[0] <= int(last) or ids != sorted(ids)):
                raise DataError(f"{self._context.name}: {path} gives rows again that came before, or in another order")
            # RT 5.0 gives no next page at all where it cannot tell the total: there, the end is an empty page.
            untold = not promised if page.total is None else page.total > len(ids)
            more = page.next_page is not None or (ids and untold)
            return _Read(page.items, (str(ids[-1]) if ids else f"{last}.{asked + 1}") if more else None)

        for read, token in by_cursor(self._context, fetch, lambda read: read.following, start=start):
            yield read.rows, token

    def _page(self, path: str, query: str, number: int, kind: type[Listed[R]], *, size: int) -> Listed[R]:
        params: dict[str, Any] = {"query": query, "orderby": "id", "order": "ASC", "page": number, "per_page": size}
        params |= (
            {"fields": _TICKET_FIELDS, "fields[Queue]": "Name"} if path == "tickets" else {"fields": _REMOVAL_FIELDS}
        )
        return self._client.get(f"{_API}/{path}", params, decode=kind)

    def _queue(self, name: str) -> QueueView:
        return self._client.get(f"{_API}/queue/{quote(name, safe='')}", decode=QueueView)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _earliest(at: Instant) -> str:
    """A time that is not after `at` in whatever zone RT reads it: it is the account's, and a zone in it is ignored."""
    moment = datetime.fromtimestamp((at - 12 * _HOUR) // 1_000, UTC)
    return f"'{moment:%Y-%m-%d %H:%M:%S}'"
