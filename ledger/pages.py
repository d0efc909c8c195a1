"""A page of a pull as columns to store, people hashed, before any transaction begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from operator import attrgetter
from typing import NamedTuple

from ledger.folding import folded_fields
from ledger.people import PersonHasher
from ledger.upserts import Columns
from okr_model.exchange import Page, Signal
from okr_model.facts import FACTS, FOLDS, PERSON_FIELDS, Fact, fact_fields


class UnkeptTextError(ValueError):
    """A page holds a text that no ledger keeps; its sentence says where, and nothing of the text."""


class Ready(NamedTuple):
    """What is to be upserted into a fact's table and the signals, and the ids to be retracted."""

    facts: Columns
    signals: Columns
    gone: set[str]


def ready(source: str, fact: str, page: Page, hasher: PersonHasher, *, signals: bool) -> Ready:
    """`signals`: folded fields come by signals, and whatever the rows say in them is left aside.

    Of two rows alike the last one counts; an id that the page both brings and retracts is retracted. Raises TypeError
    where a page holds facts of another kind, UnkeptTextError where a text of it holds a NUL character.
    """
    if not set(map(type, page.facts)) <= {FACTS[fact]}:
        raise TypeError(f"a page of {fact} holds something else")
    latest = {found.id: found for found in page.facts}
    for id_ in page.retracted:
        latest.pop(id_, None)
    left_out = folded_fields(fact) if signals else frozenset()
    gone = _hashed(page.retracted, hasher) if "id" in PERSON_FIELDS.get(fact, ()) else page.retracted
    prepared = Ready(
        facts=_facts(source, fact, list(latest.values()), hasher, left_out),
        signals=_signals(source, fact, page.signals, hasher),
        gone={id_ for id_ in gone if id_ is not None},
    )
    _must_be_kept_alike(fact, prepared)
    return prepared


def _must_be_kept_alike(fact: str, page: Ready) -> None:
    """PostgreSQL keeps no text with a NUL, and SQLite does: what one ledger refuses, the other may not take."""
    _refuse_nul(f"the id of a deleted {fact}", page.gone)
    for name in filter(_of_type(fact, "str").__contains__, page.facts):
        _refuse_nul(f"`{name}` of a {fact}", page.facts[name])
    for name in ("id", "ref", "value"):
        _refuse_nul(f"the {name} of a signal about a {fact}", page.signals[name])


@cache
def _of_type(fact: str, type_: str) -> frozenset[str]:
    """The fact's fields whose annotation names the type."""
    return frozenset(name for name, hint in fact_fields(fact).items() if type_ in str(hint))


def _refuse_nul(what: str, texts: Iterable[str | None]) -> None:
    if "\0" in "".join(map(str, texts)):
        raise UnkeptTextError(f"{what} holds a NUL character, which no ledger keeps: take it out at the source")


def _facts(source: str, fact: str, facts: list[Fact], hasher: PersonHasher, left_out: frozenset[str]) -> Columns:
    columns: dict[str, Sequence[object]] = {"source": [source] * len(facts)}
    for name in FACTS[fact].__struct_fields__:
        if name not in left_out:
            column = list(map(attrgetter(name), facts))
            if name in _of_type(fact, "float"):  # PostgreSQL takes no array of numbers of both kinds
                column = [None if number is None else float(number) for number in column]
            columns[name] = _hashed(column, hasher) if name in PERSON_FIELDS.get(fact, ()) else column
    return columns


def _hashed(people: Sequence[str | None], hasher: PersonHasher) -> list[str | None]:
    return [None if person is None else hasher.hash(person) for person in people]


def _signals(source: str, fact: str, signals: Sequence[Signal], hasher: PersonHasher) -> Columns:
    people = PERSON_FIELDS.get(fact, ())
    by_person = {told.kind for fold in FOLDS.get(fact, ()) for told in fold.told if told.by in people}
    latest = list({(signal.kind, signal.id): signal for signal in signals}.values())
    return {
        "source": [source] * len(latest),
        "fact": [fact] * len(latest),
        "kind": [told.kind for told in latest],
        "id": [told.id for told in latest],
        "ref": [hasher.hash(told.ref) if told.kind in by_person else told.ref for told in latest],
        "at": [told.at for told in latest],
        "value": [told.value for told in latest],
    }
