"""Reading Discourse's review queue day by day, so that it can move while it is paged through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Instant,
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
_SUPPLIES = {"review": Supply()}
# Without them there are only pending reviewables, and only those whose score is above what the site shows by default.
_ALL = {"status": "all", "priority": "low", "sort_order": "created_at_asc"}

Params = dict[str, Any]


@dataclass(frozen=True)
class _Place:
    """A UTC day, and the rows of it that are read already. As a position: `20745+30`."""

    day: int
    offset: int = 0

    @classmethod
    def parse(cls, token: str) -> _Place:
        day, _, offset = token.partition("+")
        return cls(int(day), int(offset))

    def __str__(self) -> str:
        return f"{self.day}+{self.offset}"

    def after(self, page: ReviewPage) -> _Place:
        """Behind this page."""
        read = self.offset + len(page.reviewables)
        return _Place(self.day + 1) if read >= page.meta.total_rows_reviewables else _Place(self.day, read)


class DiscourseSource:
    """One Discourse site."""

    def __init__(self, options: DiscourseOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth({"Api-Key": options.api_key.get_secret_value(), "Api-Username": options.api_username})
        self._client = Client(options.base_url, context, auth=auth)
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  there is one fact
        """Oldest first, from `max_age` before the slice: nothing tells when a reviewable changed."""
        return in_stages({kind: self._list(kind, part) for kind in self._options.types}, part.position)

    def check(self) -> list[str]:
        """The beginning of the review queue."""
        return failures({"a key of a moderator or admin, who may see the review queue": lambda: self._get({})})

    def _list(self, kind: str, part: Slice) -> Walk:
        last = (part.end - 1) // _DAY

        def fetch(token: str | None) -> tuple[_Place, ReviewPage]:
            place = _Place(self._first_day(kind, part)) if token is None else _Place.parse(token)
            return place, self._read(kind, place)

        def following(read: tuple[_Place, ReviewPage]) -> str | None:
            place, page = read
            after = place.after(page)
            return None if after.day > last else str(after)

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            for (_, page), token in by_cursor(self._context, fetch, following, start=start):
                yield mapping.flagged(page, part.end), token

        return walk

    def _first_day(self, kind: str, part: Slice) -> int:
        if part.start is not None:
            return (part.start - self._options.max_age.ms) // _DAY
        oldest = self._get({"type": kind}).reviewables
        return (parse_ts(oldest[0].created_at) if oldest else part.end - 1) // _DAY

    def _read(self, kind: str, place: _Place) -> ReviewPage:
        # Both bounds are inclusive. Whole days leave no gap, however the server reads them.
        days = {"from_date": _date(place.day * _DAY), "to_date": _date((place.day + 1) * _DAY)}
        page = self._get({"type": kind, **days, "offset": place.offset})
        if not page.reviewables and place.offset < page.meta.total_rows_reviewables:
            raise DataError(
                f"{self._context.name}: Discourse counts {page.meta.total_rows_reviewables} reviewables "
                f"on {days['from_date']}, and lists none after {place.offset}"
            )
        return page

    def _get(self, params: Params) -> ReviewPage:
        return self._client.get("review.json", {**_ALL, **params}, decode=ReviewPage)


def _date(at: Instant) -> str:
    return f"{datetime.fromtimestamp(at / 1_000, UTC):%Y-%m-%d}"
