"""Held readings, and what a person decides about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from ledger import readings
from okr_model.exchange import Reading, Ruling
from okr_model.rulings import ruled
from steps.wiring import Workspace


class RulingRefused(Exception):
    """There is no such held reading; the sentence says which there are."""


def held(workspace: Workspace) -> list[Reading]:
    """The cycle's readings that wait for a person, by day."""
    known = readings.readings(workspace.engine, first=workspace.config.plan.cycle.start)
    return [each for each in known if each.state == "held" and each.metric in workspace.config.plan.metrics]


def rule(
    workspace: Workspace,
    word: Literal["released", "rejected"],
    metric: str,
    as_of: date,
    *,
    period: str | None,
    by: str,
    note: str,
) -> Reading:
    """Releases or rejects one held reading, which is kept as a new belief. Raises RulingRefused."""
    waiting = held(workspace)
    for reading in waiting:
        if (reading.metric, reading.as_of, reading.period) == (metric, as_of, period) and reading.exact is not None:
            ruling = Ruling(word=word, by=by, note=note, at=workspace.now, exact=reading.exact)
            decided = ruled(reading, ruling, workspace.config.plan.metrics[metric].unit)
            readings.add_readings(workspace.engine, [decided])
            return decided
    what = f"{metric} of {as_of}" + (f" for {period}" if period else "")
    raise RulingRefused(f"no held reading of {what}; {_there(waiting)}")


def _there(waiting: Iterable[Reading]) -> str:
    found = [
        f"{each.metric} --as-of {each.as_of}" + (f" --period {each.period}" if each.period else "") for each in waiting
    ]
    return f"held are: {'; '.join(found)}" if found else "none is held"
