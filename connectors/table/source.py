"""Pulls the facts of a `table` source: whole, each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from connectors.api import Context, DataError, Fact, Page, PullError, Slice, Supply
from connectors.cells import Convert, converter
from connectors.table.options import TableOptions
from connectors.table.read import ERROR, Rows, read_rows
from okr_model.facts import FACTS, required_fields

_PAGE = 2_000


class TableSource:
    """One table, whose rows supply one or more facts."""

    def __init__(self, options: TableOptions, context: Context) -> None:
        self._options = options
        self._context = context

    @property
    def supplies(self) -> Mapping[str, Supply]:
        return dict.fromkeys(self._options.facts, Supply(everything=True))

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002 (a table has no slices)
        facts = self._facts(fact)
        while page := list(islice(facts, _PAGE)):
            self._context.usage.pages += 1
            yield Page(facts=page)

    def check(self) -> list[str]:
        problems = []
        for fact in self._options.facts:
            try:
                next(self._facts(fact), None)
            except PullError as error:
                problems.append(str(error))
        return list(dict.fromkeys(problems))

    def _facts(self, fact: str) -> Iterator[Fact]:
        rows = read_rows(self._options, self._context)
        place = f"{self._context.name}: {self._options.place}"
        reader = _RowReader(fact, self._options, place, _headings(rows, place))
        for line, cells in rows:
            found = reader.fact(line, cells)
            if found is not None:
                yield found


class _RowReader:
    """Turns rows into facts of one kind; a row that repeats an earlier one is left out."""

    def __init__(self, fact: str, options: TableOptions, place: str, headings: list[str]) -> None:
        self._kind, self._place, self._width = FACTS[fact], place, len(headings)
        self._required = required_fields(fact)
        columns = options.facts[fact]
        if problems := _column_problems(list(columns.values()), headings):
            raise DataError("; ".join(f"{place}: {problem}" for problem in problems))
        self._fields: list[tuple[str, str, int, Convert]] = [
            (name, column, headings.index(column), converter(fact, name, options.timezone))
            for name, column in columns.items()
        ]
        self._seen: dict[str, tuple[int, int]] = {}

    def fact(self, line: int, cells: list[Any]) -> Fact | None:
        if len(cells) != self._width:
            raise DataError(f"{self._place}, line {line} has {len(cells)} cells, the headings {self._width}")
        found = self._kind(
            **{name: self._value(line, name, column, cells[at], convert) for name, column, at, convert in self._fields}
        )
        first, row = self._seen.setdefault(found.id, (line, hash(found)))
        if first == line:
            return found
        if row != hash(found):
            raise DataError(f"{self._place}, lines {first} and {line} have the same id and differ")
        return None

    def _value(self, line: int, name: str, column: str, cell: Any, convert: Convert) -> Any:
        if cell == "" or (isinstance(cell, str) and not cell.strip()):
            if name in self._required:
                raise DataError(f"{self._place}, line {line}, column {column!r}: empty, and it is needed")
            return None
        if cell is ERROR:
            raise DataError(f"{self._place}, line {line}, column {column!r}: an error of Excel's, like #REF!")
        try:
            return convert(cell)
        except DataError as error:
            raise DataError(f"{self._place}, line {line}, column {column!r}: {error}") from None


def _headings(rows: Rows, place: str) -> list[str]:
    first = next(rows, None)
    if first is None:
        raise DataError(f"{place}: the table is empty: not even headings")
    return [str(heading).strip() for heading in first[1]]


def _column_problems(columns: list[str], headings: list[str]) -> list[str]:
    missing = sorted({column for column in columns if column not in headings})
    hint = ": is `delimiter` right?" if len(headings) == 1 and any(mark in headings[0] for mark in ",;\t|") else ""
    found = [f"no column {column!r}: the headings are {', '.join(headings)}{hint}" for column in missing]
    return found + [
        f"two columns are headed {column!r}" for column in sorted(set(columns)) if headings.count(column) > 1
    ]
