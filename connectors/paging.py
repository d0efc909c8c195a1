"""Walking through pages: each yields (page, position after it), and none can go on for ever.

A position is a string that the same walk takes as `start` to go on behind that page; None after the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from connectors.addresses import Params
from connectors.api import Context, DataError, Page
from connectors.links import Answer
from connectors.stages import Walk
from connectors.web import Client, Decode

P = TypeVar("P")

MAX_PAGES = 100_000


def by_cursor(
    context: Context,
    fetch: Callable[[str | None], P],
    following: Callable[[P], str | None],
    *,
    start: str | None = None,
    max_pages: int | None = None,
) -> Iterator[tuple[P, str | None]]:
    """Pages until `following` is None or empty; an empty page in between goes on.

    Raises DataError where a cursor comes a second time or there are more pages than the cap.
    """
    seen: set[int] = set() if start is None else {hash(start)}
    token = start
    most = MAX_PAGES if max_pages is None else max_pages
    for _ in range(most):
        page = fetch(token)
        context.usage.pages += 1
        token = following(page) or None
        if token is not None and hash(token) in seen:
            raise DataError(f"{context.name}: the next page is one that was already read: the source goes in a circle")
        yield page, token
        if token is None:
            return
        seen.add(hash(token))
    raise _too_many(context, most)


def cursor_walk(
    context: Context,
    fetch: Callable[[str | None], P],
    following: Callable[[P], str | None],
    mapped: Callable[[P], Page],
) -> Walk:
    """A stage that goes `by_cursor`, each of its pages mapped to facts."""

    def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
        for page, cursor in by_cursor(context, fetch, following, start=start):
            yield mapped(page), cursor

    return walk


def by_link(
    client: Client,
    path: str,
    params: Params | None,
    link: Callable[[Answer[P]], str | None],
    *,
    decode: Decode[P],
    start: str | None = None,
    max_pages: int | None = None,
) -> Iterator[tuple[P, str | None]]:
    """Pages along the links that answers hold: `link` finds it, `lambda answer: answer.next_link` for the Link header.

    Positions are path and query without credentials. Another origin is refused with DataError.
    """

    def fetch(token: str | None) -> Answer[P]:
        return client.fetch(path, params, decode=decode) if token is None else client.follow(token, decode=decode)

    def following(answer: Answer[P]) -> str | None:
        found = link(answer)
        return client.local(found, answer.address) if found else None

    for answer, token in by_cursor(client.context, fetch, following, start=start, max_pages=max_pages):
        yield answer.body, token


def by_page(
    context: Context,
    fetch: Callable[[int], P],
    rows: Callable[[P], Sequence[Any]],
    *,
    first: int = 1,
    start: str | None = None,
    max_pages: int | None = None,
) -> Iterator[tuple[P, str | None]]:
    """Numbered pages until an empty one, which is not yielded."""
    number = _number(start, first)
    yield from _numbered(context, fetch, rows, lambda n, _: n + 1, number=number, max_pages=max_pages)


def by_offset(
    context: Context,
    fetch: Callable[[int], P],
    rows: Callable[[P], Sequence[Any]],
    *,
    first: int = 0,
    start: str | None = None,
    max_pages: int | None = None,
) -> Iterator[tuple[P, str | None]]:
    """Pages by the number of rows before them, until an empty one, which is not yielded."""
    number = _number(start, first)
    yield from _numbered(context, fetch, rows, lambda n, got: n + got, number=number, max_pages=max_pages)


def _numbered(
    context: Context,
    fetch: Callable[[int], P],
    rows: Callable[[P], Sequence[Any]],
    advance: Callable[[int, int], int],
    *,
    number: int,
    max_pages: int | None,
) -> Iterator[tuple[P, str | None]]:
    before: Sequence[Any] = ()
    landmark: Sequence[Any] = ()  # set at every power of two, so that a ring of any length comes by it (Brent 1980)
    most = MAX_PAGES if max_pages is None else max_pages
    for count in range(most):
        page = fetch(number)
        context.usage.pages += 1
        found = rows(page)
        if not found:
            return
        if found in (before, landmark):
            raise DataError(f"{context.name}: the same page again: the source repeats pages and never ends with none")
        before = found
        if count & (count + 1) == 0:
            landmark = found
        number = advance(number, len(found))
        yield page, str(number)
    raise _too_many(context, most)


def _number(start: str | None, first: int) -> int:
    return first if start is None else int(start)


def _too_many(context: Context, max_pages: int) -> DataError:
    return DataError(f"{context.name}: more than {max_pages} pages: raise max_pages if that is right")
