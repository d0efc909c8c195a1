"""Runs, attempts and what came of each source."""

from __future__ import annotations

from datetime import date
from typing import Literal

from sqlalchemy import Engine, select

from ledger.database import read
from ledger.runs import add_attempts, attempts, end_run, last_ok, latest_outcomes, save_outcomes, start_run
from ledger.tables import runs
from okr_model.exchange import Attempt, SourceError, SourceOutcome, Stored


def outcome(name: str, state: Literal["ok", "failed", "deferred"] = "ok") -> SourceOutcome:
    error = None if state == "ok" else SourceError(kind="config", message="401", retry_after=9)
    return SourceOutcome(name=name, state=state, connector="rest 1", error=error, facts={"ticket": Stored(stored=2)})


def test_a_run_that_is_started_again_goes_on(engine: Engine) -> None:
    for at in (1, 2):
        start_run(engine, "r1", at, date(2026, 11, 22))
    start_run(engine, "r2", 3, date(2026, 11, 22))
    end_run(engine, "r1", "degraded")
    with read(engine) as connection:
        found = connection.execute(select(runs.c.run_id, runs.c.started_at, runs.c.state).order_by(runs.c.run_id))
        assert [tuple(row) for row in found] == [("r1", 1, "degraded"), ("r2", 3, "running")]


def test_attempts_come_in_order_from_an_instant_on(engine: Engine) -> None:
    made = [
        Attempt(run_id="r1", at=5, what="pull", name="helpdesk", state="failed", reason="401"),
        Attempt(run_id="r1", at=4, what="reading", name="review_hours", state="ok"),
    ]
    add_attempts(engine, made)
    add_attempts(engine, [])
    assert attempts(engine) == [made[1], made[0]]
    assert attempts(engine, since=5) == [made[0]]


def test_the_newest_outcome_of_each_source_and_its_last_good_one(engine: Engine) -> None:
    assert latest_outcomes(engine) == {}
    save_outcomes(engine, "r1", 10, [outcome("a"), outcome("b"), outcome("never", "deferred")])
    save_outcomes(engine, "r2", 20, [outcome("a", "failed")])
    assert latest_outcomes(engine) == {
        "a": (20, outcome("a", "failed")),
        "b": (10, outcome("b")),
        "never": (10, outcome("never", "deferred")),
    }
    assert last_ok(engine) == {"a": 10, "b": 10}


def test_saved_again_for_the_same_run_the_later_outcome_counts(engine: Engine) -> None:
    save_outcomes(engine, "r1", 10, [outcome("a", "failed"), outcome("b")])
    save_outcomes(engine, "r1", 10, [outcome("a")])
    save_outcomes(engine, "r1", 10, [])
    assert latest_outcomes(engine) == {"a": (10, outcome("a")), "b": (10, outcome("b"))}
