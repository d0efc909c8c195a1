"""backfill: past days once more, as a flow that operators start with two days."""

from __future__ import annotations

from datetime import date
from typing import Any

from prefect import flow
from prefect.states import Completed

from flows.nightly import open_here
from steps.backfill import backfill as run


@flow(name="backfill", persist_result=False, retries=0)
def backfill(first: date, last: date) -> Any:
    """Every day from `first` to `last`, both included."""
    done = run(open_here(), first, last)
    message = f"{done.days} days gone over, {done.restated} readings restated"
    broken = [outcome.name for outcome in done.outcomes.values() if outcome.state != "ok"]
    if broken:
        return Completed(name="Degraded", message=f"{message}; not read again: {', '.join(broken)}")
    return Completed(message=message)
