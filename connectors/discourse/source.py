"""Reading Discourse's review queue week by week, so that it can move while it is paged through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Page,
    Slice,
    Supply,
    Walk,
    by_cursor,
    failures,
    in_stages,
    parse_ts,
)
from connectors.discourse import mapping
from connectors.discourse.options import DiscourseOptions
from connectors.discourse.wire import ReviewPage

_DAY = 86_400_000
_WEEK = 7  # days that are listed together
_SUPPLIES = {"review": Supply()}
# Without them there are only pending reviewables, and only those whose score is above what the site shows by default.
_ALL = {"status": "all", "priority": "low", "sort_order": "created_at_asc"}

Params = dict[str, Any]
Read = tuple["_Place", ReviewPage]


@dataclass(frozen=True)
class _Place:
    """Where in the list that begins on a UTC day, and how long that was said to be. As a position: `20745+30+42`."""

    day: int
    offset: int = 0
    total: int = 0

    @classmethod
    def parse(cls, token: str) -> _Place:
        return cls(*map(int, token.split("+")))

    def __str__(self) -> str:
        return f"{self.day}+{self.offset}+{self.total}"

    def after(self, page: ReviewPage) -> _Place:
        """Behind this page; where the list has become shorter, rows have moved up unread, and it is read anew."""
        total, read = page.meta.total_rows_reviewables, self.offset + len(page.reviewables)
        if self.offset and total < self.total:
            return _Place(self.day, 0, total)
        return _Place(self.day + _WEEK) if read >= total else _Place(self.day, read, total)


class DiscourseSource:
    """One Discourse site."""

    def __init__(self, options: DiscourseOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth({"Api-Key": options.api_key.get_secret_value(), "Api-Username": options.api_username})
        self._client = Client(options.base_url, context, auth=auth)
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  there is one fact
        """Oldest first, from `max_age` before the slice, as nothing tells when a reviewable changed; before that, what
        waits for a decision again: a post that is flagged once more stays where its first flag put it.
        """
        stages: dict[str, Walk] = {}
        for kind in self._options.types:
            if part.start is not None:
                stages[f"pending {kind}"] = self._pending(kind, part)
            stages[kind] = self._weeks(kind, part)
        return in_stages(stages, part.position)

    def check(self) -> list[str]:
        """The beginning of the review queue."""
        return failures({"a key of a moderator or admin, who may see the review queue": lambda: self._get({})})

    def _weeks(self, kind: str, part: Slice) -> Walk:
        last = (part.end - 1) // _DAY

        def fetch(token: str | None) -> Read:
            place = _Place(self._first_day(kind, part)) if token is None else _Place.parse(token)
            # Both bounds are inclusive. Whole days leave no gap, however the server reads them.
            days = {"from_date": _date(place.day), "to_date": _date(place.day + _WEEK)}
            return place, self._read(place, {"type": kind, **days})

        def following(read: Read) -> str | None:
            after = read[0].after(read[1])
            return None if after.day > last else str(after)

        return self._walk(fetch, following, part)

    def _pending(self, kind: str, part: Slice) -> Walk:
        floor = self._first_day(kind, part)

        def fetch(token: str | None) -> Read:
            place = _Place(0) if token is None else _Place.parse(token)
            return place, self._read(place, {"type": kind, "status": "pending"})

        def following(read: Read) -> str | None:
            place, page = read
            after = place.after(page)
            young = bool(page.reviewables) and parse_ts(page.reviewables[-1].created_at) >= floor * _DAY
            return None if young or after.day > place.day else str(after)

        return self._walk(fetch, following, part)

    def _walk(self, fetch: Callable[[str | None], Read], following: Callable[[Read], str | None], part: Slice) -> Walk:
        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            for (_, page), token in by_cursor(self._context, fetch, following, start=start):
                yield mapping.flagged(page, self._options.automation, part.end), token

        return walk

    def _first_day(self, kind: str, part: Slice) -> int:
        if part.start is not None:
            return (part.start - self._options.max_age.ms) // _DAY
        oldest = self._get({"type": kind}).reviewables
        return (parse_ts(oldest[0].created_at) if oldest else part.end - 1) // _DAY

    def _read(self, place: _Place, params: Params) -> ReviewPage:
        page = self._get({**params, "offset": place.offset})
        total = page.meta.total_rows_reviewables
        if not page.reviewables and place.offset < total:
            raise DataError(
                f"{self._context.name}: Discourse counts {total} reviewables from {_date(place.day)} on, "
                f"and lists none after {place.offset}"
            )
        return page

    def _get(self, params: Params) -> ReviewPage:
        return self._client.get("review.json", {**_ALL, **params}, decode=ReviewPage)


def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * _DAY / 1_000, UTC):%Y-%m-%d}"
