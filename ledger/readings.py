"""Readings, with every correction: what a metric was, and what it was believed to be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
from sqlalchemy import ColumnElement, Engine, select

from ledger.beliefs import Belief, hold, visible
from ledger.database import begin, read
from ledger.tables import readings as table
from okr_model.exchange import Reading
from okr_model.facts import Instant

_DECODER = msgspec.json.Decoder(Reading)


def add_readings(engine: Engine, readings: Iterable[Reading]) -> int:
    """Keep what is new; how many rows that made.

    The same content again for the same metric, window, period and day adds nothing; other content is a restatement
    and takes the place of what was believed; another day always adds a row.
    """
    with begin(engine) as connection:
        return hold(connection, table, map(_belief, readings))


def readings(
    engine: Engine,
    *,
    metrics: Sequence[str] | None = None,
    first: date | None = None,
    last: date | None = None,
    known_at: Instant | None = None,
) -> list[Reading]:
    """The newest belief of each metric, window, period and day, as known at `known_at` (null: now), by day.

    `first` and `last` are days as of, both inclusive.
    """
    return _select(engine, [visible(table, known_at), *_asked(metrics, first, last)])


def history(
    engine: Engine, *, metrics: Sequence[str] | None = None, first: date | None = None, last: date | None = None
) -> list[Reading]:
    """Every belief, restated ones too, by day and then in the order in which they were recorded."""
    return _select(engine, _asked(metrics, first, last))


def _belief(reading: Reading) -> Belief:
    window = f"{reading.window.start} {reading.window.end}"
    identity = f"{reading.metric} {reading.as_of} {window} {reading.period or ''}"
    return Belief(identity, reading.recorded_at, reading, {"metric": reading.metric, "as_of": reading.as_of})


def _asked(metrics: Sequence[str] | None, first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if metrics is not None:
        asked.append(table.c.metric.in_(metrics))
    if first is not None:
        asked.append(table.c.as_of >= first)
    if last is not None:
        asked.append(table.c.as_of <= last)
    return asked


def _select(engine: Engine, asked: list[ColumnElement[bool]]) -> list[Reading]:
    statement = select(table.c.document).where(*asked).order_by(table.c.as_of, table.c.id)
    with read(engine) as connection:
        return [_DECODER.decode(document) for (document,) in connection.execute(statement)]
