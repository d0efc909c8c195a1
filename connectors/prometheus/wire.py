"""Prometheus' answers to an instant query, cut down to what is used. Numbers are text: "1.5", "NaN", "+Inf"."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Sample: TypeAlias = tuple[float, str]
"""An instant in epoch seconds, and the number."""


class _Result(msgspec.Struct, frozen=True, tag_field="resultType"):
    """What a query can answer with."""


class Labels(msgspec.Struct, frozen=True):
    """`part`: which of a query's numbers this is; other labels are left alone."""

    part: str | None = None


class Series(msgspec.Struct, frozen=True):
    """A histogram has no `value`, and is refused by that."""

    value: Sample
    metric: Labels = Labels()


class Vector(_Result, frozen=True, tag="vector"):
    result: list[Series]


class Scalar(_Result, frozen=True, tag="scalar"):
    result: Sample


class Matrix(_Result, frozen=True, tag="matrix"):
    """Several points of each series: the query selects a range, and does nothing with it."""


class Text(_Result, frozen=True, tag="string"):
    """A literal text."""


class Answered(msgspec.Struct, frozen=True, rename="camel"):
    """`warnings`: the number stands on less than was asked for, or on something else."""

    status: str
    data: Vector | Scalar | Matrix | Text | None = None
    error_type: str | None = None
    warnings: list[str] | None = None
