"""Fields of facts that are worked out from signals, whichever of the two arrives first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, Table

from ledger.fact_tables import TABLES
from ledger.upserts import listed, marked
from okr_model.facts import FOLDS, Fold, Told


def folded_fields(fact: str) -> frozenset[str]:
    """The fields that belong to the folds where a source tells of them by signals."""
    return frozenset(name for fold in FOLDS.get(fact, ()) for name in (fold.value, fold.at) if name is not None)


def fold_touched(
    connection: Connection, source: str, fact: str, ids: Iterable[str], refs: Mapping[str, set[str]]
) -> set[str]:
    """Work out the folded fields of rows with `ids`, and of those that signals refer to (kind -> refs).

    Returns the ids of rows that changed.
    """
    table, folds = TABLES[fact], FOLDS.get(fact, ())
    touched = set(ids)
    for told in (told for fold in folds for told in fold.told):
        touched |= _referred(connection, table, source, told.by, refs.get(told.kind, set()))
    changed: set[str] = set()
    for fold in folds:
        if touched:
            changed |= _apply(connection, fact, source, fold, touched)
    return changed


def _referred(connection: Connection, table: Table, source: str, by: str, refs: set[str]) -> set[str]:
    if by == "id" or not refs:
        return refs
    one_of, values = listed(connection, refs)
    statement = f"SELECT id FROM {table.name} WHERE source = ? AND {by} {one_of}"  # noqa: S608 -- our own names
    return set(connection.exec_driver_sql(marked(connection, statement), (source, values)).scalars())


def _apply(connection: Connection, fact: str, source: str, fold: Fold, ids: set[str]) -> set[str]:
    table = TABLES[fact]
    worked_out = {fold.value: _value(fact, fold)}
    if fold.at is not None:
        worked_out[fold.at] = _at(fact, fold)
    differs = "IS DISTINCT FROM" if connection.dialect.name == "postgresql" else "IS NOT"
    one_of, values = listed(connection, ids)
    changes = ", ".join(f"{name} = folded.new_{name}" for name in worked_out)
    reasons = " OR ".join(f"{name} {differs} folded.new_{name}" for name in worked_out)
    news = ", ".join(f"{sql} AS new_{name}" for name, sql in worked_out.items())
    folded = f"SELECT r.id AS row_id, {news} FROM {table.name} AS r WHERE r.source = ? AND r.id {one_of}"  # noqa: S608 -- our own names
    statement = (
        f"UPDATE {table.name} SET {changes} FROM ({folded}) AS folded "  # noqa: S608 -- our own names
        f"WHERE source = ? AND id = folded.row_id AND ({reasons}) RETURNING id"
    )
    rows = connection.exec_driver_sql(marked(connection, statement), (source, values, source))
    return set(rows.scalars())


def _signals(fact: str, fold: Fold) -> str:
    # Each kind with the whole of the index's columns, so that it is used for each of them.
    of_kinds = " OR ".join(f"({_about(fact, told)})" for told in fold.told)
    return f"FROM signals AS s WHERE ({of_kinds})"


def _about(fact: str, told: Told) -> str:
    late = "" if told.since is None else f" AND s.at >= r.{told.since}"
    return f"s.source = r.source AND s.fact = '{fact}' AND s.kind = '{told.kind}' AND s.ref = r.{told.by}{late}"


def _value(fact: str, fold: Fold) -> str:
    signals = _signals(fact, fold)
    if fold.how == "earliest":
        return f"(SELECT s.value {signals} ORDER BY s.at, s.id LIMIT 1)"
    if fold.how == "any_true":
        # Without any signal nothing is known: null, not false.
        found, true = f"EXISTS (SELECT 1 {signals})", f"EXISTS (SELECT 1 {signals} AND s.value = 'true')"
        return f"CASE WHEN {true} THEN TRUE WHEN {found} THEN FALSE END"
    early = "" if fold.until is None else f" AND (r.{fold.until} IS NULL OR s.at <= r.{fold.until})"
    return f"CASE WHEN r.{fold.told[0].by} IS NOT NULL THEN EXISTS (SELECT 1 {signals}{early}) END"


def _at(fact: str, fold: Fold) -> str:
    only = " AND s.value = 'true'" if fold.how == "any_true" else ""
    return f"(SELECT MIN(s.at) {_signals(fact, fold)}{only})"
