"""Readings: identity, restatement, what was known when."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from itertools import accumulate, count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ledger.readings import add_readings, history, readings
from okr_model.exchange import Reading, Span

DAY, NEXT = date(2026, 11, 21), date(2026, 11, 22)


def reading(**changes: Any) -> Reading:
    values: dict[str, Any] = {
        "metric": "review_hours",
        "as_of": DAY,
        "window": Span(start=0, end=1000),
        "zone": "Europe/Berlin",
        "state": "ok",
        "value": 19.6,
        "exact": "98/5",
        "n": 8211,
        "run_id": "r1",
        "recorded_at": 10,
    }
    return Reading(**(values | changes))


def test_a_reading_comes_back_as_it_was(engine: Engine) -> None:
    kept = reading(sources=("helpdesk (zendesk 1)",), reason=None, oldest_open=3, period="2026-W47")
    assert add_readings(engine, [kept]) == 1
    assert readings(engine) == [kept]
    assert readings(engine)[0].fraction == Fraction(98, 5)


def test_the_same_again_for_the_same_day_adds_nothing(engine: Engine) -> None:
    add_readings(engine, [reading()])
    again = reading(run_id="r2", recorded_at=20, requests=3, pages=9, retries=1)
    assert add_readings(engine, [again]) == 0
    assert history(engine) == [reading()]


@pytest.mark.parametrize(
    "changes",
    [{"as_of": NEXT}, {"window": Span(start=None, end=1000)}, {"period": "2026-W47"}, {"metric": "ai_coverage"}],
)
def test_another_day_window_period_or_metric_is_another_reading(engine: Engine, changes: dict[str, Any]) -> None:
    assert add_readings(engine, [reading(), reading(**changes)]) == 2
    assert len(readings(engine)) == 2


def test_a_correction_leaves_what_was_believed_before(engine: Engine) -> None:
    first, restated = reading(), reading(value=20.0, exact="20/1", recorded_at=50, run_id="r2")
    add_readings(engine, [first])
    assert add_readings(engine, [restated]) == 1
    assert readings(engine) == [restated]
    assert readings(engine, known_at=9) == []
    assert readings(engine, known_at=49) == [first]
    assert readings(engine, known_at=50) == [restated]
    assert history(engine) == [first, restated]


def test_going_back_to_an_earlier_belief_is_a_restatement_too(engine: Engine) -> None:
    broken = reading(state="none", reason="source_error: 401", value=None, exact=None, recorded_at=20)
    for each in (reading(), broken, reading(recorded_at=30)):
        assert add_readings(engine, [each]) == 1
    assert readings(engine) == [reading(recorded_at=30)]
    assert readings(engine, known_at=25) == [broken]
    assert len(history(engine)) == 3


def test_a_true_zero_is_not_a_missing_value(engine: Engine) -> None:
    add_readings(engine, [reading(value=0.0, exact="0/1")])
    assert add_readings(engine, [reading(value=None, exact=None)]) == 1
    assert [each.value for each in history(engine)] == [0.0, None]


def test_corrections_at_one_instant_show_the_last_one(engine: Engine) -> None:
    add_readings(engine, [reading()])
    add_readings(engine, [reading(value=1.0)])
    assert [each.value for each in readings(engine, known_at=10)] == [1.0]
    assert add_readings(engine, [reading(value=2.0), reading(value=3.0)]) == 1
    assert [each.value for each in readings(engine)] == [3.0]


def test_a_run_with_an_earlier_instant_does_not_rewrite_what_was_believed(engine: Engine) -> None:
    add_readings(engine, [reading(recorded_at=100)])
    add_readings(engine, [reading(value=1.0, recorded_at=50)])
    assert readings(engine, known_at=60) == []
    assert [each.value for each in readings(engine)] == [1.0]


def test_only_what_is_asked_for_comes(engine: Engine) -> None:
    add_readings(engine, [reading(as_of=date(2026, 11, day), metric=name) for day in (20, 21, 22) for name in "ab"])
    found = readings(engine, metrics=["a"], first=date(2026, 11, 21), last=date(2026, 11, 22))
    assert [(each.metric, each.as_of.day) for each in found] == [("a", 21), ("a", 22)]
    assert readings(engine, metrics=[]) == []
    assert len(history(engine, metrics=["b"])) == 3


def test_many_at_once(engine: Engine) -> None:
    many = [reading(metric=f"m{number}") for number in range(2500)]
    assert add_readings(engine, many) == 2500
    assert add_readings(engine, many) == 0
    assert add_readings(engine, [reading(metric=f"m{number}", value=0.0) for number in range(2500)]) == 2500
    assert len(readings(engine)) == 2500


NAMES = count()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([None, 0.0, 1.0])), min_size=1, max_size=6))
def test_at_every_instant_the_last_belief_of_that_time_is_known(
    engine: Engine, told: list[tuple[int, float | None]]
) -> None:
    metric = f"m{next(NAMES)}"
    for at, value in told:
        add_readings(engine, [reading(metric=metric, value=value, recorded_at=at)])
    changes = [now for before, now in pairwise([(0, "nothing yet"), *told]) if now[1] != before[1]]
    believed_from = accumulate((at for at, _ in changes), max)
    beliefs = [(since, value) for since, (_, value) in zip(believed_from, changes, strict=True)]
    for instant in range(10):
        expected = [value for since, value in beliefs if since <= instant][-1:]
        assert [each.value for each in readings(engine, metrics=[metric], known_at=instant)] == expected
