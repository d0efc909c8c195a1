"""The company's files as of one instant: a small warehouse and three tables."""

import csv
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox.rhythm import iso_ms
from sandbox.world import World

Cell = str | int | None


def write_files(world: World, now: int, folder: Path) -> None:
    """Writes warehouse.db, roster.csv, training.csv and audits.csv; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    _warehouse(world, now, folder / "warehouse.db")
    roster = [
        (m.id, "no" if _by(m.left, now) else "yes", iso_ms(m.joined), _by(m.left, now))
        for m in world.members
        if m.joined <= now
    ]
    _table(folder / "roster.csv", ("moderator_id", "active", "joined", "left"), roster)
    training = [
        (t.id, t.member, t.course, iso_ms(t.assigned), _by(t.completed, now))
        for t in world.training
        if t.assigned <= now
    ]
    _table(folder / "training.csv", ("id", "moderator_id", "course", "assigned", "completed"), training)
    audits = [
        (a.id, a.period, a.scope, _by(a.completed, now), _by(a.reported, now)) for a in world.audits if a.started <= now
    ]
    _table(folder / "audits.csv", ("id", "period", "scope", "completed", "reported"), audits)


def _by(at: int | None, now: int) -> str | None:
    return iso_ms(at) if at is not None and at <= now else None


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    part.replace(path)


def _signups(world: World, now: int) -> Iterable[tuple[Cell, ...]]:
    for account in world.accounts:
        if account.created > now:
            return
        known = [entry for entry in account.verdicts if entry[0] <= now]
        at, verdict = known[-1] if known else (None, None)
        yield (
            account.id,
            iso_ms(account.created),
            int(account.admitted),
            verdict,
            None if at is None else iso_ms(at),
            iso_ms(account.created if at is None else at),
        )


def _warehouse(world: World, now: int, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    database = sqlite3.connect(part)
    try:
        database.execute("pragma synchronous = off")
        database.execute("pragma journal_mode = off")
        database.execute(
            "create table signups (id text primary key, created_at text not null, admitted boolean not null,"
            " verdict text, verdict_at text, updated_at text not null)"
        )
        database.executemany("insert into signups values (?, ?, ?, ?, ?, ?)", _signups(world, now))
        database.execute("create index signups_updated_at on signups (updated_at)")
        database.commit()
    finally:
        database.close()
    part.replace(path)
