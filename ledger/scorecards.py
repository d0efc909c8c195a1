"""One scorecard for each local day. A cache: every one of them can be worked out again from readings and check-ins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec
from sqlalchemy import Engine, func, select

from ledger.beliefs import Belief, hold, visible
from ledger.database import begin, read
from ledger.tables import evaluations as table
from okr_model.facts import Instant
from okr_model.scorecard import Carried, Scorecard, Verdicts

_VERDICTS = msgspec.json.Decoder(Verdicts)


def save_scorecard(engine: Engine, scorecard: Scorecard, recorded_at: Instant) -> None:
    """Believe `scorecard` of its cycle and day from now on; one that says the same adds nothing."""
    cycle, as_of = scorecard.cycle.id, scorecard.as_of
    belief = Belief(f"{cycle} {as_of}", recorded_at, scorecard, {"cycle": cycle, "as_of": as_of})
    with begin(engine) as connection:
        hold(connection, table, [belief])


def scorecard(engine: Engine, as_of: date | None = None, known_at: Instant | None = None) -> Scorecard | None:
    """The scorecard of `as_of` (null: of the newest day), as believed at `known_at` (null: now)."""
    statement = select(table.c.document).where(visible(table, known_at))
    if as_of is not None:
        statement = statement.where(table.c.as_of == as_of)
    newest = statement.order_by(table.c.as_of.desc(), table.c.id.desc()).limit(1)
    with read(engine) as connection:
        document = connection.execute(newest).scalar()
    return None if document is None else msgspec.json.decode(document, type=Scorecard)


def scorecards(engine: Engine, cycle_id: str) -> Iterator[Scorecard]:
    """Every day's scorecard of one cycle as believed now, in order; one at a time in memory."""
    for day in days(engine, cycle_id):
        found = scorecard(engine, day)
        if found is not None:
            yield found


def carried(engine: Engine, cycle_id: str, as_of: date) -> Carried | None:
    """What the day after `as_of` needs of its scorecard, which is quicker than to read it all."""
    statement = select(table.c.document).where(table.c.cycle == cycle_id, table.c.as_of == as_of, visible(table, None))
    with read(engine) as connection:
        document = connection.execute(statement).scalar()
    return None if document is None else msgspec.json.decode(document, type=Carried)


def verdicts(engine: Engine, cycle_id: str, before: date) -> Iterator[Verdicts]:
    """What was shown of each day of one cycle up to `before`, as believed now, in order; one at a time in memory."""
    asked = (table.c.cycle == cycle_id, table.c.as_of < before, visible(table, None))
    with read(engine) as connection:
        for (document,) in connection.execute(select(table.c.document).where(*asked).order_by(table.c.as_of)):
            yield _VERDICTS.decode(document)


def told(engine: Engine, cycle_id: str) -> Iterator[tuple[Instant, Verdicts]]:
    """What each run told of its newest day and when, in order, whatever is believed of those days by now."""
    order = func.row_number().over(
        partition_by=table.c.believed_from, order_by=(table.c.as_of.desc(), table.c.id.desc())
    )
    columns = (table.c.believed_from, table.c.document, order.label("nth"))
    found = select(*columns).where(table.c.cycle == cycle_id).subquery()
    newest = select(found.c.believed_from, found.c.document).where(found.c.nth == 1).order_by(found.c.believed_from)
    with read(engine) as connection:
        for at, document in connection.execute(newest):
            yield at, _VERDICTS.decode(document)


def days(engine: Engine, cycle_id: str) -> list[date]:
    """The days of one cycle that have a scorecard, in order."""
    statement = select(table.c.as_of).where(table.c.cycle == cycle_id, visible(table, None)).order_by(table.c.as_of)
    with read(engine) as connection:
        return list(connection.execute(statement).scalars())


def drop_scorecards(engine: Engine) -> None:
    """Forget all of them, and what was believed before."""
    with begin(engine) as connection:
        connection.execute(table.delete())
