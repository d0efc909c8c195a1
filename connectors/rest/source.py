"""Pulls the streams of a `rest` source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2s
from typing import Any

import msgspec

from connectors.api import (
    Answer,
    Client,
    ConfigError,
    Context,
    DataError,
    Fact,
    Instant,
    Limits,
    Page,
    PullError,
    Slice,
    Supply,
    by_cursor,
    by_link,
    by_offset,
    by_page,
    iso,
    parse_ts,
)
from connectors.rest.auth import open_auth
from connectors.rest.mapping import Mapping as FactMapping
from connectors.rest.mapping import leaves
from connectors.rest.options import CURSOR, CursorPages, LinkPages, NumberedPages, RestOptions, Stream
from connectors.rest.shape import Scalar, reader, struct_of

Walk = Iterator[tuple[Any, str | None]]


class RestSource:
    """One JSON API.

    Positions are `<hash of the options>:<stream's number>:<position in it>`: after a change of the options the slice is
    begun anew, for the old position may name another stream or page.
    """

    def __init__(self, options: RestOptions, context: Context, *, sleep: Callable[[float], None] | None = None) -> None:
        limits = Limits(wait_budget=options.wait_budget.ms / 1_000)
        auth = open_auth(options.auth, context)
        self._client = Client(options.base_url, context, auth=auth, headers=options.headers, limits=limits, sleep=sleep)
        self._context = context
        told = options.model_dump_json(include={"base_url", "streams"})
        self._hash = blake2s(told.encode(), digest_size=4).hexdigest()
        self._streams = [StreamReader(stream, self._client, options.max_pages) for stream in options.streams]

    @property
    def supplies(self) -> Mapping[str, Supply]:
        return {fact: self._supply(fact) for fact in dict.fromkeys(one.stream.fact for one in self._streams)}

    def _supply(self, fact: str) -> Supply:
        streams = [one.stream for one in self._streams if one.stream.fact == fact]
        cursors = [stream.cursor for stream in streams if stream.cursor is not None]
        everything = any(stream.reads_everything for stream in streams)
        return Supply(
            lookback=max((cursor.lookback.ms for cursor in cursors), default=0),
            everything=everything,
            vanishing=not everything and all(cursor.sweep for cursor in cursors),
        )

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        streams = [one for one in self._streams if one.stream.fact == fact]
        known, _, rest = (part.position or "").partition(":")
        number, _, position = (rest if known == self._hash else "0:").partition(":")
        for index in range(int(number), len(streams)):
            last = index + 1 == len(streams)
            for page in streams[index].pull(part.start, position or None):
                if page.position is not None:
                    yield msgspec.structs.replace(page, position=f"{self._hash}:{index}:{page.position}")
                else:
                    yield msgspec.structs.replace(page, position=None if last else f"{self._hash}:{index + 1}:")
            position = ""

    def check(self) -> list[str]:
        problems = []
        for one in self._streams:
            try:
                next(one.pull(self._context.now, None), None)
            except PullError as error:
                problems.append(str(error))
        return problems


class StreamReader:
    """One stream, its wire types and mapping compiled."""

    def __init__(self, stream: Stream, client: Client, max_pages: int) -> None:
        self.stream = stream
        self._client = client
        self._max_pages = max_pages
        try:
            self._compile(stream)
        except ValueError as error:
            raise ConfigError(f"{client.context.name}: stream {stream.path}: {error}") from None

    def _compile(self, stream: Stream) -> None:
        record = struct_of(leaves(stream))
        self._mapping = FactMapping(stream, record)
        self._changed = reader(record, stream.cursor.field) if stream.cursor else None
        if stream.records is None:
            self._decoder: Any = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
            self._records: Callable[[Any], Any] = lambda body: body
            self._errors: Callable[[Any], Any] | None = None
            self._next: Callable[[Any], Any] | None = None
            return
        next_path = self._next_path()
        body: list[tuple[str, Any, bool]] = [(stream.records, list[record] | None, False)]  # type: ignore[valid-type]
        for path, kind in ((stream.errors, Any), (next_path, Scalar)):
            if path is not None:
                body.append((path, kind, False))
        shape = struct_of(body)
        self._decoder = msgspec.json.Decoder(shape)
        self._records = reader(shape, stream.records)
        self._errors = reader(shape, stream.errors) if stream.errors else None
        self._next = reader(shape, next_path) if next_path else None

    def _next_path(self) -> str | None:
        page = self.stream.page
        return page.source if isinstance(page, (CursorPages, LinkPages)) else None

    def pull(self, start: Instant | None, position: str | None) -> Iterator[Page]:
        before: Instant | None = None
        none_yet = True
        for body, token in self._walk(start, position):
            rows = self._rows(body)
            facts = self._facts(rows)
            ends = [self._time(row) for row in (rows[0], rows[-1])] if rows and self._changed else []
            passed = bool(ends) and self._newest_first and self._passed(before, ends, start)
            yield Page(facts=facts, position=None if passed else token, latest=max(ends, default=start or 0))
            if passed:
                return
            none_yet = False
            before = ends[-1] if ends else before
        if none_yet:  # numbered pages, and the first one is empty: nothing is newer than the slice's start
            yield Page(latest=start or 0)

    def _walk(self, start: Instant | None, position: str | None) -> Walk:
        page, context, most = self.stream.page, self._client.context, self._max_pages
        params = self._params(start)
        if isinstance(page, CursorPages):
            fetch = lambda token: self._get(params | ({page.param: token} if token is not None else {}))  # noqa: E731
            return by_cursor(context, fetch, self._token, start=position, max_pages=most)
        if isinstance(page, LinkPages):
            return by_link(
                self._client, self.stream.path, params, self._link, decode=self._decoder, start=position, max_pages=most
            )
        if isinstance(page, NumberedPages):
            sized = params | ({page.size_param: page.size} if page.size_param else {})
            walk = by_page if page.kind == "page" else by_offset
            first = page.start if page.start is not None else 1 if page.kind == "page" else 0
            numbered = lambda number: self._get(sized | {page.param: number})  # noqa: E731
            return walk(context, numbered, self._rows, first=first, start=position, max_pages=most)
        return by_cursor(context, lambda _: self._whole(params), lambda _: None)

    def _get(self, params: dict[str, Any]) -> Any:
        return self._client.get(self.stream.path, params, decode=self._decoder)

    def _whole(self, params: dict[str, Any]) -> Any:
        """The one page of `kind: none`; that it is the only one is believed unless the answer itself denies it."""
        answer = self._client.fetch(self.stream.path, params, decode=self._decoder)
        if answer.links and answer.next_link is not None:
            raise DataError(f"{self._place} names a next page in its Link header: set `page: {{kind: link}}`")
        return answer.body

    def _params(self, start: Instant | None) -> dict[str, Any]:
        cursor = self._cursor(start) if self.stream.cursor else ""
        return {
            name: value.replace(CURSOR, cursor) if isinstance(value, str) else value
            for name, value in self.stream.params.items()
        }

    def _unit(self) -> str:
        cursor = self.stream.cursor
        assert cursor
        same = (field.unit for field in self.stream.fields.values() if field.path == cursor.field)
        return cursor.unit or next(same, None) or "iso"

    def _cursor(self, start: Instant | None) -> str:
        """The slice's start as the source writes times."""
        unit, at = self._unit(), start or 0
        return iso(at) if unit == "iso" else str({"s": at // 1_000, "ms": at, "us": at * 1_000}[unit])

    def _token(self, body: Any) -> str | None:
        found = self._next(body) if self._next else None
        return None if found is None or found is False or found == "" else str(found)

    def _link(self, answer: Answer[Any]) -> str | None:
        return answer.next_link if self._next_path() is None else self._token(answer.body)

    def _rows(self, body: Any) -> list[Any]:
        if self._errors and self._errors(body):
            raise DataError(f"{self._place} reported errors at `{self.stream.errors}`")
        rows = self._records(body)
        if rows is None:
            raise DataError(f"{self._place}: `{self.stream.records}` is missing or null instead of a list")
        return list(rows)

    def _facts(self, rows: list[Any]) -> list[Fact]:
        try:
            return self._mapping.facts(rows)
        except DataError as error:
            raise DataError(f"{self._place}: {error}") from None

    @property
    def _newest_first(self) -> bool:
        return self.stream.cursor is not None and self.stream.cursor.order == "newest_first"

    def _passed(self, before: Instant | None, ends: list[Instant], start: Instant | None) -> bool:
        """Whether a newest-first walk has come to records from before the slice. Told that it is none, it would end
        with the first page. `ends`: when the page's first and last record changed; `before`: the last one before it.
        """
        cursor = self.stream.cursor
        assert cursor is not None
        if ends[-1] > (ends[0] if before is None else min(before, ends[0])) + cursor.lookback.ms:
            raise DataError(f"{self._place}: by `{cursor.field}` the records do not come newest first: mend `order`")
        return start is not None and ends[-1] < start

    def _time(self, row: Any) -> Instant:
        cursor = self.stream.cursor
        assert cursor is not None
        assert self._changed is not None
        try:
            return parse_ts(self._changed(row), self._unit())  # type: ignore[arg-type]
        except DataError as error:
            raise DataError(f"{self._place}: `{cursor.field}`, which the order goes by, is {error}") from None

    @property
    def _place(self) -> str:
        return f"{self._client.context.name}: {self._client.address(self.stream.path).shown}"
