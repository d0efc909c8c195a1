"""Pulls facts by query, and answers metrics' own queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, CursorResult, Engine, text

from connectors.api import (
    ConfigError,
    Context,
    DataError,
    Fact,
    Instant,
    Page,
    PullError,
    QueryResult,
    Slice,
    Span,
    Supply,
    iso,
)
from connectors.cells import Convert, column_problems, converter
from connectors.queries import one_number, statement_problem, uses_since, without_parameters_in_quotes
from connectors.sql.database import MYSQL, open_engine, reading
from connectors.sql.options import SqlOptions
from okr_model.facts import FACTS, required_fields

_PAGE = 2_000


class SqlSource:
    """One database. A query without :since is read whole each time."""

    def __init__(self, options: SqlOptions, context: Context) -> None:
        self._options = options
        self._context = context
        self._seconds = options.timeout.ms / 1_000

    @cached_property
    def _engine(self) -> Engine:
        """Opened when it is first needed: a file that is gone is a failed pull, like a server that is down."""
        return open_engine(self._options.url.get_secret_value(), self._context.folder, self._context.name)

    @property
    def supplies(self) -> Mapping[str, Supply]:
        changes = Supply(lookback=self._options.lookback.ms)
        whole = Supply(everything=True)
        return {fact: changes if uses_since(query) else whole for fact, query in self._options.facts.items()}

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        with self._reading() as connection:
            result = self._run(connection, self._options.facts[fact], part.start, part.end)
            rows = _RowReader(fact, list(result.keys()), self._options.timezone, self._context.name)
            for number, page in enumerate(result.partitions(_PAGE)):
                self._context.usage.pages += 1
                yield Page(facts=[rows.fact(number * _PAGE + at, row) for at, row in enumerate(page, start=1)])

    def read(self, query: str, window: Span) -> QueryResult:
        if problem := statement_problem(query):
            raise ConfigError(f"{self._context.name}: {problem}")
        with self._reading() as connection:
            result = self._run(connection, query, window.start, window.end)
            return one_number(self._context.name, list(result.keys()), result.fetchmany(2))

    def reach(self) -> None:
        self.read("select 1 as value", Span(start=self._context.now, end=self._context.now))

    def check(self) -> list[str]:
        problems = []
        now = self._context.now
        for fact in self._options.facts or (None,):
            try:
                if fact is None:
                    self.reach()
                else:
                    next(self.pull(fact, Slice(start=now, end=now)), None)
            except PullError as error:
                problems.append(str(error))
        return list(dict.fromkeys(problems))

    def _reading(self) -> AbstractContextManager[Connection]:
        return reading(self._engine, self._seconds, self._context.name, self._options.timezone)

    def _run(self, connection: Connection, query: str, start: Instant | None, end: Instant) -> CursorResult[Any]:
        statement = text(without_parameters_in_quotes(query))
        bound = {"since": start or 0, "start": start or 0, "end": end}
        used = statement.compile(dialect=connection.dialect).params
        self._context.usage.requests += 1
        times = {name: self._as_time(bound[name], connection) for name in used if name in bound}
        return connection.execution_options(stream_results=True, yield_per=_PAGE).execute(statement, times)

    def _as_time(self, at: Instant, connection: Connection) -> str | datetime:
        if connection.dialect.name == "sqlite":
            return iso(at)
        # MySQL's drivers drop the zone: there, the local time of the connection's zone is what is meant.
        local = self._options.timezone if connection.dialect.name in MYSQL else None
        return datetime.fromtimestamp(at / 1_000, ZoneInfo(local) if local else UTC)


class _RowReader:
    """Turns rows into facts of one kind."""

    def __init__(self, fact: str, columns: list[str], zone: str | None, source: str) -> None:
        if problems := column_problems(fact, columns):
            raise DataError("; ".join(f"{source}: the query of {fact}: {problem}" for problem in problems))
        self._kind, self._source = FACTS[fact], source
        self._fields: list[tuple[str, Convert]] = [(name, converter(fact, name, zone)) for name in columns]
        self._required = required_fields(fact)

    def fact(self, number: int, row: Sequence[Any]) -> Fact:
        values: dict[str, Any] = {}
        for (name, convert), cell in zip(self._fields, row, strict=True):
            if cell is None and name in self._required:
                raise DataError(f"{self._source}: row {number}, column {name}: null, and it is needed")
            try:
                values[name] = None if cell is None else convert(cell)
            except DataError as error:
                raise DataError(f"{self._source}: row {number}, column {name}: {error}") from None
        return self._kind(**values)
