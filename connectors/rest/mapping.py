"""From a stream's records to facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from connectors.api import DataError, Fact, parse_ts
from connectors.rest.options import FieldOptions, Stream
from connectors.rest.shape import Scalar, reader
from okr_model.facts import FACTS, VALUES, fact_fields, required_fields, time_fields

Convert = Callable[[Any], Any]


class Mapping:
    """Compiled once per stream; `fact(record)` raises DataError that names the field and its path."""

    def __init__(self, stream: Stream, record: type[Any]) -> None:
        self._kind = FACTS[stream.fact]
        self._fixed = {name: field.const for name, field in stream.fields.items() if field.path is None}
        self._fields = [
            (name, reader(record, field.path), _converter(stream.fact, name, field))
            for name, field in stream.fields.items()
            if field.path is not None
        ]
        self._paths = {name: field.path for name, field in stream.fields.items()}
        self._required = frozenset(required_fields(stream.fact))

    def fact(self, record: Any) -> Fact:
        values: dict[str, Any] = self._fixed.copy()
        for name, read, convert in self._fields:
            value = read(record)
            if value is not None:
                try:
                    values[name] = convert(value)
                    continue
                except DataError as error:
                    raise DataError(f"{name} at `{self._paths[name]}`: {error}") from None
            if name in self._required:
                raise DataError(f"{name} at `{self._paths[name]}`: null, and it is needed")
            values[name] = None
        return self._kind(**values)


def leaves(stream: Stream) -> list[tuple[str, Any, bool]]:
    """The (path, type, required) that the stream's records must have."""
    found = [(field.path, Scalar, not field.optional) for field in stream.fields.values() if field.path is not None]
    return found + ([(stream.cursor.field, Scalar, True)] if stream.cursor else [])


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
