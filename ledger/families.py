"""Metrics that differ only in which values their conditions ask for: one grouped statement answers them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Boolean, Text, true

from ledger.fact_tables import TABLES
from ledger.known import Clause, Expression, Rows
from okr_model.metrics import Condition, Metric, ShareDistinct

Group: TypeAlias = tuple[Any, ...]
F = TypeVar("F")

FEW = 3  # so many share a scan with others sooner than that they have one of their own
_NAMED_AT_MOST = 10_000  # values in one statement


@dataclass(frozen=True)
class Family:
    """`metric` stands for all: it has the conditions that they share. `keys` are the fields of the others.

    `groups` has for each member the groups of rows that it wants, a group being a value for each key. One without
    any keys wants the one group `()`.
    """

    metric: Metric
    keys: tuple[str, ...]
    places: tuple[int, ...]
    groups: tuple[tuple[Group, ...], ...]

    def columns(self, rows: Rows) -> list[Expression]:
        """What to group by."""
        return [rows.field(key) for key in self.keys]

    def wanted(self, rows: Rows) -> Clause:
        """Leaves out most of the rows that no member wants."""
        clause: Clause = true()
        for place, key in enumerate(self.keys):
            values = {group[place] for groups in self.groups for group in groups}
            if len(values) <= _NAMED_AT_MOST:
                clause = clause & rows.where({key: Condition(any_of=tuple(values))})
        return clause

    def narrowed(self, keys: Sequence[str], metric: Metric) -> Family:
        """The same members told apart by some of the keys alone."""
        kept = [place for place, key in enumerate(self.keys) if key in keys]
        groups = tuple(
            tuple(dict.fromkeys(tuple(group[place] for place in kept) for group in each)) for each in self.groups
        )
        return Family(metric, tuple(self.keys[place] for place in kept), self.places, groups)

    def of_members(self, found: Mapping[Group, F]) -> list[list[F]]:
        """For each member, what was found of its groups."""
        return [[found[group] for group in groups if group in found] for groups in self.groups]


def families(metrics: Sequence[Metric]) -> list[Family]:
    """All metrics, each in one family. They must be alike in fact, time column and window."""
    kin: defaultdict[Hashable, dict[int, list[int]]] = defaultdict(dict)
    for place, metric in enumerate(metrics):
        kin[_kin(metric)].setdefault(id(metric), []).append(place)
    found = []
    for members in kin.values():
        if len(members) < FEW:
            found += [_alone(metrics[places[0]], places) for places in members.values()]
        else:
            everywhere = list(chain.from_iterable(members.values()))
            found.append(_family([metrics[place] for place in everywhere], tuple(everywhere)))
    return found


def _alone(metric: Metric, places: Sequence[int]) -> Family:
    """One metric, asked for once or more often."""
    return Family(metric, (), tuple(places), (((),),) * len(places))


def _family(members: Sequence[Metric], places: tuple[int, ...]) -> Family:
    first = members[0]
    keys = _keys(first)
    shared = {name: condition for name, condition in first.where.items() if name not in keys}
    groups = tuple(
        tuple(product(*(_values(member.fact or "", key, member.where[key]) for key in keys))) for member in members
    )
    return Family(first.model_copy(update={"where": shared}), keys, places, groups)


def _kin(metric: Metric) -> Hashable:
    """What the members of one family have in common."""
    keys, measure = _keys(metric), metric.measure
    lists = any(len(metric.where[key].any_of or ()) > 1 for key in keys)
    if not keys or (measure is not None and measure.kind == "latest") or (isinstance(measure, ShareDistinct) and lists):
        return id(metric)  # distinct ones of two groups may be the same, and the latest of each is not asked for
    others = {name: condition for name, condition in metric.where.items() if name not in keys}
    return keys, repr(measure), repr(metric.mature), repr(sorted(others.items()))


def _keys(metric: Metric) -> tuple[str, ...]:
    return tuple(sorted(name for name, told in metric.where.items() if told.model_fields_set == {"any_of"}))


def _values(fact: str, key: str, condition: Condition) -> list[Any]:
    """As a row of the grouped statement has them."""
    kind, values = TABLES[fact].c[key].type, dict.fromkeys(condition.any_of or ())
    if isinstance(kind, Boolean):
        return [bool(value) for value in values]
    return [str(value) for value in values] if isinstance(kind, Text) else list(values)
