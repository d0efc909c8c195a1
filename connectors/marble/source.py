"""Reading Marble: new decisions of a scenario, and older ones on which people have spoken since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from connectors.api import (
    Auth,
    Client,
    Context,
    DataError,
    Instant,
    Page,
    Slice,
    Span,
    Supply,
    Walk,
    by_cursor,
    failures,
    in_stages,
    iso,
    parse_ts,
)
from connectors.marble import mapping
from connectors.marble.options import MarbleOptions
from connectors.marble.wire import Case, CaseOutcome, Decision, Listed, Pagination

_DAY = 86_400_000
_DECISIONS, _CASES = "v1/decisions", "v1beta/cases"
_LONGEST = 90 * _DAY  # Marble refuses to list decisions of a longer time, and left alone lists the last 30 days
_FIRST = parse_ts("2022-01-01T00:00:00Z")  # there was no Marble before

T = TypeVar("T", Decision, Case)
Params = dict[str, Any]


@dataclass(frozen=True)
class _Place:
    """The start of a stretch of time, and the row of it that was read last. As a position: `1790000000000+ID`."""

    start: Instant
    after: str = ""

    @classmethod
    def parse(cls, token: str) -> _Place:
        start, _, after = token.partition("+")
        return cls(int(start), after)

    def __str__(self) -> str:
        return f"{self.start}+{self.after}"


class _Few:
    """A walk that is given up behind `most` pages, and what to read in that case."""

    def __init__(self, whole: Walk, most: int) -> None:
        self._whole, self._most, self._ended = whole, most, False

    def walk(self, start: str | None) -> Iterator[tuple[Page, str | None]]:
        for number, (page, token) in enumerate(self._whole(start), 1):
            self._ended = token is None
            yield page, token if number < self._most else None
            if number >= self._most:
                return

    def otherwise(self, other: Walk) -> Walk:
        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            return iter(()) if self._ended else other(start)

        return walk


class MarbleSource:
    """The scenarios of one Marble."""

    def __init__(self, options: MarbleOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._client = Client(options.base_url, context, auth=Auth({"X-API-KEY": options.api_key.get_secret_value()}))
        self._scenarios: dict[str, Params] = {fact: {"scenario_id": id_} for fact, id_ in options.scenarios.items()}
        self.supplies = options.limited({fact: Supply() for fact in options.scenarios})

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        """New decisions oldest first; then those of up to `max_age` that a review or a case may have changed.

        Nothing tells when that happened. Where there are more pages of decisions than cases that may have changed them,
        the decisions of each case are asked for.
        """
        floor = _FIRST if part.start is None else max(_FIRST, min(part.start, part.end - self._options.max_age.ms))
        outcomes = self._outcomes(Span(start=floor, end=part.end))
        new = Span(start=floor if part.start is None else max(part.start, floor), end=part.end)

        def decided(asked: Params, span: Span) -> Walk:
            def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
                for page, token in self._list(
                    _DECISIONS, {**self._scenarios[fact], **asked}, Listed[Decision], span, start
                ):
                    yield mapping.judged(fact, page.data, outcomes, part.end), token

            return walk

        stages = {"decisions": decided({}, new)}
        if new.start is not None and floor < new.start:
            older = Span(start=floor, end=new.start)
            few = _Few(decided({}, older), most=len(outcomes))
            stages |= {"older": few.walk, "reviewed": few.otherwise(decided({"outcome": "block_and_review"}, older))}
            stages |= {f"case {case}": few.otherwise(decided({"case_id": case}, older)) for case in outcomes}
        return in_stages(stages, part.position)

    def check(self) -> list[str]:
        """One decision of each scenario, and one case."""
        one = {"limit": 1, **_between(self._context.now - _DAY, self._context.now)}
        needs: dict[str, Callable[[], object]] = {
            f"read access to decisions, of the scenario for {fact}": partial(
                self._get, _DECISIONS, {**self._scenarios[fact], **one}, Listed[Decision]
            )
            for fact in self.supplies
        }
        return failures(needs | {"read access to cases": lambda: self._get(_CASES, one, Listed[Case])})

    def _outcomes(self, span: Span) -> dict[str, CaseOutcome]:
        """Cases are few: each pull reads them."""
        pages = self._list(_CASES, {}, Listed[Case], span, None)
        return {case.id: case.outcome for page, _ in pages for case in page.data if case.outcome != "unset"}

    def _list(
        self, path: str, params: Params, kind: type[Listed[T]], span: Span, start: str | None
    ) -> Iterator[tuple[Listed[T], str | None]]:
        """Pages with the token behind them, in stretches of time that Marble accepts."""

        def fetch(token: str | None) -> tuple[_Place, Listed[T]]:
            place = _Place(span.start or 0) if token is None else _Place.parse(token)
            stretch = _between(place.start, min(place.start + _LONGEST, span.end))
            asked = {**params, **stretch, "order": "ASC", "limit": 100, "after": place.after or None}
            return place, self._get(path, asked, kind)

        def following(read: tuple[_Place, Listed[T]]) -> str | None:
            place, page = read
            after = self._after(place, page.pagination)
            return None if after.start >= span.end else str(after)

        for (_, page), token in by_cursor(self._context, fetch, following, start=start):
            yield page, token

    def _after(self, place: _Place, pagination: Pagination) -> _Place:
        if not pagination.has_more:
            return _Place(place.start + _LONGEST)
        if not pagination.next_page_id:
            raise DataError(f"{self._context.name}: more is said to come, but there is no next_page_id to ask for it")
        return _Place(place.start, pagination.next_page_id)

    def _get(self, path: str, params: Params, kind: type[Listed[T]]) -> Listed[T]:
        return self._client.get(path, params, decode=kind)


def _between(start: Instant, end: Instant) -> Params:
    """Marble wants both or neither. The start is inclusive."""
    return {"start": iso(start), "end": iso(end)}
