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
        found: dict[str, Supply] = {}
        for one in self._streams:
            lookback = one.stream.cursor.lookback.ms if one.stream.cursor else 0
            earlier = found.get(one.stream.fact, Supply())
            everything = one.stream.reads_everything
            found[one.stream.fact] = Supply(lookback=max(lookback, earlier.lookback), everything=everything)
        return found

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
        for body, token in self._walk(start, position):
            rows = self._rows(body)
            facts = self._facts(rows)
            passed = self._passed(rows, start)
            yield Page(facts=facts, position=None if passed else token)
            if passed:
                return

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
        return by_cursor(context, lambda _: self._get(params), lambda _: None)

    def _get(self, params: dict[str, Any]) -> Any:
        return self._client.get(self.stream.path, params, decode=self._decoder)

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

    def _passed(self, rows: list[Any], start: Instant | None) -> bool:
        """Whether a newest-first walk has come to records from before the slice."""
        cursor = self.stream.cursor
        if cursor is None or cursor.order != "newest_first" or not rows or start is None or self._changed is None:
            return False
        try:
            return parse_ts(self._changed(rows[-1]), self._unit()) < start  # type: ignore[arg-type]
        except DataError as error:
            raise DataError(f"{self._place}: `{cursor.field}`, which the order goes by, is {error}") from None

    @property
    def _place(self) -> str:
        return f"{self._client.context.name}: {self._client.address(self.stream.path).shown}"
