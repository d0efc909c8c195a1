"""Metrics' own queries: which statements may run, where their times go, and the one number they answer with."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from connectors.api import ConfigError, DataError, Options, Page, QueryResult, Slice, Supply

NUMBERS = ("value", "numerator", "denominator", "n")
_PARAMETERS = ("since", "start", "end")

_NOT_CODE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_WRITES = re.compile(r"\b(insert|update|delete|merge|truncate|drop|alter|create|grant|into)\b", re.IGNORECASE)
_NAMED = re.compile(r"(?<![:\w\\]):(?P<name>[A-Za-z_]\w*)(?!:)")
_NOT_CODE_OR_NAMED = re.compile(f"{_NOT_CODE.pattern}|{_NAMED.pattern}", re.DOTALL)


def statement_problem(query: str) -> str | None:
    """Why a query may not run: only one statement that reads, with known parameters. None: it may."""
    code = _code(query).rstrip("; \n\t")
    if not re.match(r"(select|with)\b", code, re.IGNORECASE):
        return "the query must be a select (or with … select)"
    if ";" in code:
        return "the query must be one statement: take out what follows the semicolon"
    if written := _WRITES.search(code):
        return f"the query must only read: it says {written[1]}"
    strange = sorted({name for name in _NAMED.findall(code) if name not in _PARAMETERS})
    return f"the query names :{strange[0]}: use :since, :start and :end" if strange else None


def uses_since(query: str) -> bool:
    """Whether the query reads changes only."""
    return "since" in _NAMED.findall(_code(query))


def without_parameters_in_quotes(query: str) -> str:
    """The query with the colons inside quotes and comments escaped, as SQLAlchemy's text() would bind them too."""
    return _NOT_CODE.sub(lambda found: found[0].replace(":", r"\:"), query.strip().rstrip(";"))


def _code(query: str) -> str:
    return _NOT_CODE.sub(lambda found: " " if found[0].startswith(("--", "/*")) else "''", query).strip()


def with_parameters(query: str, written: Callable[[str], str]) -> str:
    """The query with each named parameter outside quotes and comments as `written` gives it."""
    return _NOT_CODE_OR_NAMED.sub(lambda found: written(found["name"]) if found["name"] else found[0], query)


def one_number(source: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> QueryResult:
    """The one row of a query as its number; null, NaN and infinity are no number. Raises DataError."""
    strange = [name for name in columns if name not in NUMBERS]
    if strange or not ({"value"} <= set(columns) or {"numerator", "denominator"} <= set(columns)):
        raise DataError(f"{source}: the query must return value, or numerator and denominator, and perhaps n")
    if len(rows) != 1:
        raise DataError(f"{source}: the query must return one row, not {'none' if not rows else 'several'}")
    if len(rows[0]) != len(columns):
        raise DataError(f"{source}: the query's row has another length than its list of columns")
    found = {name: finite(source, cell) for name, cell in zip(columns, rows[0], strict=True)}
    n = found.pop("n", None)
    if n is not None and (n < 0 or n != int(n)):
        raise DataError(f"{source}: the query's n is not a count")
    return QueryResult(**found, n=None if n is None else int(n))


def finite(source: str, cell: Any) -> float | None:
    """A number, given as one or as text; None for null, NaN and infinity. Raises DataError."""
    if cell is None:
        return None
    try:
        number = float(cell)
    except (TypeError, ValueError):
        raise DataError(f"{source}: the query returned something that is not a number") from None
    return number if math.isfinite(number) else None


class QueryOptions(Options):
    """Base of the options of sources that answer queries and supply no facts."""

    queryable: ClassVar[bool] = True
    facts: ClassVar[tuple[str, ...]] = ()


class QueryOnly:
    """Base of sources that answer queries and supply no facts."""

    supplies: Mapping[str, Supply] = {}

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  the protocol's
        """There is nothing to pull. Raises ConfigError."""
        raise ConfigError(f"{fact} cannot be pulled from a source that only answers queries")
