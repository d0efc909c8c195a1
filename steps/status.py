"""What `okr status` shows: the stored scorecard, judged anew for staleness at the run's instant."""

from __future__ import annotations

from datetime import date

from config.settings import Settings, run_instant
from ledger import database, scorecards
from okr_model.facts import Instant
from okr_model.rollup import rejudge
from okr_model.scorecard import Scorecard


class NothingStored(Exception):
    """There is no scorecard of that day."""


def stored_scorecard(settings: Settings, as_of: date | None, known_at: Instant | None) -> Scorecard:
    """Reads no YAML. Without `as_of`, the newest; a key result whose number is too old by then is Stale.

    With `known_at`, as it was believed at that instant, and judged for staleness at it.
    """
    engine = database.connect(settings.database_url)
    database.upgrade(engine)
    found = scorecards.scorecard(engine, as_of=as_of, known_at=known_at)
    if found is None:
        what = "" if as_of is None else f" of {as_of}"
        if known_at is not None:
            raise NothingStored(
                f"no scorecard{what} had been made by then; leave --known-at out, or name a later instant"
            )
        raise NothingStored(f"no scorecard{what} in the ledger yet; run `okr sync` first")
    if as_of is not None:
        return found
    now = run_instant(settings)
    return rejudge(found, now if known_at is None else min(now, known_at))
