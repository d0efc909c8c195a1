"""From a stream's records to facts, a page at a time and field by field: a value at a time takes twice as long."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import NoneType
from typing import Any

from connectors.api import DataError, Fact, parse_iso, parse_ts
from connectors.rest.options import FieldOptions, Stream
from connectors.rest.shape import Scalar, column
from okr_model.facts import FACTS, VALUES, fact_fields, required_fields, time_fields

Convert = Callable[[Any], Any]
ConvertAll = Callable[[list[Any]], list[Any]]


class Mapping:
    """Compiled once per stream. Raises ValueError for a constant that its field cannot hold."""

    def __init__(self, stream: Stream, record: type[Any]) -> None:
        self._kind: Callable[..., Fact] = FACTS[stream.fact]
        required = required_fields(stream.fact)
        self._fields = [
            _field(stream, record, name, needed=name in required) for name in FACTS[stream.fact].__struct_fields__
        ]

    def facts(self, records: Sequence[Any]) -> list[Fact]:
        """In the order of the records. Raises DataError that names the record, the field and its path."""
        return list(map(self._kind, *(values(records) for values in self._fields)))


def leaves(stream: Stream) -> list[tuple[str, Any, bool]]:
    """The (path, type, required) that the stream's records must have."""
    found = [(field.path, Scalar, not field.optional) for field in stream.fields.values() if field.path is not None]
    return found + ([(stream.cursor.field, Scalar, True)] if stream.cursor else [])


def _field(stream: Stream, record: type[Any], name: str, *, needed: bool) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Gives one field of a fact for each record."""
    field = stream.fields.get(name)
    if field is None:
        return lambda records: [None] * len(records)
    convert = _converter(stream.fact, name, field)
    if field.path is None:
        return _constant(name, field.const, convert)
    return _Column(f"{name} at `{field.path}`", column(record, field.path), convert, _at_once(convert), needed=needed)


def _constant(name: str, value: Any, convert: Convert) -> Callable[[Sequence[Any]], Sequence[Any]]:
    try:
        held = convert(value)
    except DataError as error:
        raise ValueError(f"{name}: the const is {error}") from None
    return lambda records: [held] * len(records)


class _Column:
    """One field that is read at a path."""

    def __init__(
        self,
        place: str,
        read: Callable[[Sequence[Any]], list[Any]],
        convert: Convert,
        all_: ConvertAll,
        *,
        needed: bool,
    ) -> None:
        self._place, self._read, self._convert, self._all, self._needed = place, read, convert, all_, needed

    def __call__(self, records: Sequence[Any]) -> list[Any]:
        values = self._read(records)
        try:
            found = self._all(values)
        except (DataError, TypeError, ValueError):
            found = [self._one(number, value) for number, value in enumerate(values)]
        if self._needed and None in found:
            raise DataError(f"record {found.index(None)} of the page: {self._place}: null, and it is needed")
        return found

    def _one(self, number: int, value: Any) -> Any:
        try:
            return None if value is None else self._convert(value)
        except DataError as error:
            raise DataError(f"record {number} of the page: {self._place}: {error}") from None


def _at_once(convert: Convert) -> ConvertAll:
    """Converts many values and nulls; where it raises, one of them may still be right."""
    if convert is parse_ts:
        return parse_iso
    if convert is _text:
        return _texts
    return lambda values: [None if value is None else convert(value) for value in values]


def _texts(values: list[Any]) -> list[Any]:
    kinds = set(map(type, values))
    if kinds == {int}:
        return list(map(str, values))
    if kinds <= {str, NoneType} and "" not in values:
        return values
    raise TypeError


def _converter(fact: str, name: str, field: FieldOptions) -> Convert:
    convert = _of_type(fact, name, field)
    if field.map is None:
        return convert
    table = {(type(theirs), theirs): ours for theirs, ours in field.map.items()}

    def mapped(value: Any) -> Any:
        if (type(value), value) not in table:
            raise DataError("a value that `map` does not name: add it there")
        ours = table[type(value), value]
        return None if ours is None else convert(ours)

    return mapped


def _of_type(fact: str, name: str, field: FieldOptions) -> Convert:
    if name in time_fields(fact):
        unit = field.unit or "iso"
        return parse_ts if unit == "iso" else lambda value: parse_ts(value, unit)
    if (fact, name) in VALUES:
        return lambda value: _one_of(value, VALUES[fact, name])
    hint = str(fact_fields(fact)[name])
    return _flag if "bool" in hint else _number if "float" in hint else _text


def _text(value: Any) -> str:
    if type(value) is str and value:
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise DataError("not a text or whole number")
    if value == "":
        raise DataError("an empty text")
    return str(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise DataError("not true or false: say what it means with `map`")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise DataError("not a number")
    return float(value)


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise DataError(f"not one of {', '.join(allowed)}: say which is which with `map`")
    return str(value)
