"""Leases: only one run at a time, told apart by an epoch that only ever grows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Engine, Row, select

from ledger.database import LedgerError, begin, in_turn, read
from ledger.documents import dump
from ledger.holders import Holder, alive
from ledger.tables import leases as table
from okr_model.facts import Instant


class LeaseTaken(LedgerError):
    """Another process holds the lease; the message says which, and since when."""


class LeaseLost(LedgerError):
    """Another process has taken the lease over: stop, and store nothing more."""


def take(engine: Engine, name: str, holder: Holder, now_wall: Instant, ttl_ms: int) -> int:
    """Take the lease until `now_wall` + `ttl_ms`; returns its epoch. Raises LeaseTaken while another holds it.

    A lease is free once released or lapsed, and at once when its holder was a process of this host that is gone.
    """
    values = {"holder": dump(holder), "taken_at": now_wall, "expires_at": now_wall + ttl_ms}
    with begin(engine) as connection:
        in_turn(connection, f"lease {name}")
        row = connection.execute(select(table).where(table.c.name == name)).one_or_none()
        if row is None:
            connection.execute(table.insert().values(name=name, epoch=1, **values))
            return 1
        _refuse_while_held(row, now_wall)
        connection.execute(table.update().where(table.c.name == name).values(epoch=row.epoch + 1, **values))
        return int(row.epoch) + 1


def renew(engine: Engine, name: str, epoch: int, now_wall: Instant, ttl_ms: int) -> None:
    """Hold it until `now_wall` + `ttl_ms`. Raises LeaseLost where another has taken it over."""
    if not _update(engine, name, epoch, expires_at=now_wall + ttl_ms):
        raise LeaseLost(f"another run has taken over {name}: this one stops here, and the other one goes on")


def release(engine: Engine, name: str, epoch: int) -> None:
    """Give it back; harmless where it is lost already."""
    _update(engine, name, epoch, holder=None, taken_at=None, expires_at=None)


def held(engine: Engine, name: str, epoch: int) -> bool:
    """Whether the lease is still the one taken as `epoch`."""
    with read(engine) as connection:
        return connection.execute(select(table.c.epoch).where(*_mine(name, epoch))).scalar() is not None


def _mine(name: str, epoch: int) -> tuple[Any, ...]:
    return table.c.name == name, table.c.epoch == epoch, table.c.holder.is_not(None)


def _update(engine: Engine, name: str, epoch: int, **values: object) -> bool:
    with begin(engine) as connection:
        return connection.execute(table.update().where(*_mine(name, epoch)).values(**values)).rowcount == 1


def _refuse_while_held(row: Row[Any], now: Instant) -> None:
    if row.holder is None or row.expires_at <= now:
        return
    holder = msgspec.json.decode(row.holder, type=Holder)
    if alive(holder):
        raise LeaseTaken(
            f"{row.name} is held by {holder} since {_time(row.taken_at)}: "
            f"wait for it to end, or, if it is gone, until its lease lapses at {_time(row.expires_at)}"
        )


def _time(at: Instant) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
