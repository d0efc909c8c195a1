"""How a cycle ended is kept, and what was believed of it before."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace
from sqlalchemy import Engine

from ledger.closed_cycles import close, closed_cycle
from okr_model.exchange import ClosedCycle, Outcome

FIRST = ClosedCycle(
    cycle="2026-Q4",
    as_of=date(2027, 1, 1),
    recorded_at=1000,
    provisional=True,
    outcomes=(Outcome(key_result="kr", word="Partial", reason="9 of 12", score=0.75, exact="3/4"),),
)


def test_a_cycle_that_was_never_closed_has_no_end(engine: Engine) -> None:
    close(engine, FIRST)
    assert closed_cycle(engine, "2027-Q1") is None


def test_the_final_end_replaces_the_provisional_one_and_both_are_known(engine: Engine) -> None:
    final = replace(FIRST, recorded_at=2000, provisional=False)
    close(engine, FIRST)
    close(engine, final)
    assert closed_cycle(engine, "2026-Q4") == final
    assert closed_cycle(engine, "2026-Q4", known_at=1500) == FIRST
    assert closed_cycle(engine, "2026-Q4", known_at=500) is None
