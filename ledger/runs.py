"""Runs, what they tried, and what came of each source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from sqlalchemy import Engine, func, select

from ledger.database import begin, in_turn, read
from ledger.documents import dump
from ledger.tables import attempts as attempts_table
from ledger.tables import runs, source_outcomes
from okr_model.exchange import Attempt, SourceOutcome
from okr_model.facts import Instant

RUNNING = "running"


def start_run(engine: Engine, run_id: str, at: Instant, as_of: date) -> None:
    """Record that a run began; one that is started again under its id goes on as the same run."""
    with begin(engine) as connection:
        in_turn(connection, runs.name)
        again = connection.execute(runs.update().where(runs.c.run_id == run_id).values(state=RUNNING))
        if again.rowcount == 0:
            connection.execute(runs.insert().values(run_id=run_id, started_at=at, as_of=as_of, state=RUNNING))


def end_run(engine: Engine, run_id: str, state: str) -> None:
    """Record how a run ended: completed, degraded or failed."""
    with begin(engine) as connection:
        connection.execute(runs.update().where(runs.c.run_id == run_id).values(state=state))


def add_attempts(engine: Engine, attempts: Sequence[Attempt]) -> None:
    """Record every try, whatever came of it."""
    if attempts:
        with begin(engine) as connection:
            connection.execute(attempts_table.insert(), [msgspec.structs.asdict(attempt) for attempt in attempts])


def attempts(engine: Engine, since: Instant | None = None) -> list[Attempt]:
    """All attempts from `since` on, oldest first."""
    columns = [attempts_table.c[name] for name in Attempt.__struct_fields__]
    statement = select(*columns).order_by(attempts_table.c.at, attempts_table.c.id)
    if since is not None:
        statement = statement.where(attempts_table.c.at >= since)
    with read(engine) as connection:
        return [Attempt(**row) for row in connection.execute(statement).mappings()]


def save_outcomes(engine: Engine, run_id: str, at: Instant, outcomes: Sequence[SourceOutcome]) -> None:
    """Keep what came of each source in a run; saved again for the same run, the later one counts."""
    rows = [
        {"run_id": run_id, "source": outcome.name, "at": at, "state": outcome.state, "document": dump(outcome)}
        for outcome in {outcome.name: outcome for outcome in outcomes}.values()
    ]
    table = source_outcomes
    with begin(engine) as connection:
        in_turn(connection, table.name)
        earlier = table.c.source.in_([row["source"] for row in rows])
        connection.execute(table.delete().where(table.c.run_id == run_id, earlier))
        if rows:
            connection.execute(table.insert(), rows)


def latest_outcomes(engine: Engine) -> dict[str, tuple[Instant, SourceOutcome]]:
    """The newest outcome of each source, and when it was."""
    table = source_outcomes
    order = func.row_number().over(partition_by=table.c.source, order_by=(table.c.at.desc(), table.c.id.desc()))
    newest = select(table.c.source, table.c.at, table.c.document, order.label("nth")).subquery()
    statement = select(newest.c.source, newest.c.at, newest.c.document).where(newest.c.nth == 1)
    with read(engine) as connection:
        found = connection.execute(statement.order_by(newest.c.source)).all()
    return {source: (at, msgspec.json.decode(document, type=SourceOutcome)) for source, at, document in found}


def last_ok(engine: Engine) -> dict[str, Instant]:
    """When each source was last pulled without a failure; a source that never was is missing."""
    table = source_outcomes
    newest = select(table.c.source, func.max(table.c.at).label("newest")).group_by(table.c.source)
    with read(engine) as connection:
        return {row.source: row.newest for row in connection.execute(newest.where(table.c.state == "ok"))}
