"""What is a number, and what is not one."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_model.exchange import Measured, SourceError
from okr_model.metrics import Guard
from okr_model.questions import questions
from okr_model.readings import Provenance, code_of, judge, not_covered, source_error, wilson

DAY = date(2026, 11, 22)
ORIGIN = Provenance(run_id="r", recorded_at=5, definition="d", sources=("helpdesk (zendesk 1)",), rows=3, pages=2)


def _question(template: Any, metric: str, as_of: date = DAY) -> Any:
    return next(each for each in questions(template.plan, as_of) if each.metric == metric)


def _judge(template: Any, metric: str, measured: Measured, as_of: date = DAY) -> Any:
    return judge(_question(template, metric, as_of), template.plan.metrics[metric], measured, ORIGIN)


def test_an_ok_reading_carries_everything(template: Any) -> None:
    found = Measured(value=Fraction(1, 3), numerator=Fraction(40), denominator=Fraction(120), n=120, open=7)
    reading = _judge(template, "review_hours", found)
    assert (reading.state, reading.reason, reading.exact, reading.fraction) == ("ok", None, "1/3", Fraction(1, 3))
    assert (reading.numerator, reading.denominator, reading.n, reading.open) == (40, 120, 120, 7)
    assert (reading.run_id, reading.rows, reading.pages, reading.sources) == ("r", 3, 2, ("helpdesk (zendesk 1)",))


def test_nothing_to_divide_by_is_no_number(template: Any) -> None:
    reading = _judge(template, "ai_coverage", Measured(value=None, numerator=Fraction(0), denominator=Fraction(0)))
    assert (reading.state, reading.value, reading.exact) == ("none", None, None)
    assert reading.reason == "empty: no review that counts, 15 to 21 Nov"


def test_rows_too_young_are_said(template: Any) -> None:
    reading = _judge(template, "resolved_48h", Measured(value=None, denominator=Fraction(0), pending=12))
    assert reading.reason == "empty: no ticket old enough to be judged, 26 Oct to 22 Nov; 12 tickets too young"


def test_too_few_says_how_many(template: Any) -> None:
    reading = _judge(template, "review_hours", Measured(value=Fraction(19), n=12))
    assert (reading.state, reading.value, reading.n) == ("none", None, 12)
    assert reading.reason == "too_few: 12 of the 30 needed"
    assert _judge(template, "review_hours", Measured(value=Fraction(19), n=30)).state == "ok"


@pytest.mark.parametrize("value", [None, Fraction(0)])
def test_a_count_of_nothing_is_zero_and_ok(template: Any, value: Fraction | None) -> None:
    reading = _judge(template, "feedback_answers", Measured(value=value))
    assert (reading.state, reading.value, reading.exact) == ("ok", 0, "0")


def test_a_window_that_has_not_begun_has_no_count(template: Any) -> None:
    reading = _judge(template, "feedback_answers", Measured(value=Fraction(0)), date(2026, 9, 1))
    assert (reading.state, code_of(reading)) == ("none", "empty")


@pytest.mark.parametrize(("value", "state"), [("0", "ok"), ("100", "ok"), ("100.01", "held"), ("-0.5", "held")])
def test_outside_its_guard_a_value_is_held_not_lost(template: Any, value: str, state: str) -> None:
    metric = template.plan.metrics["ai_coverage"].model_copy(update={"guard": Guard(at_least=0, at_most=100)})
    measured = Measured(value=Fraction(value), n=9)
    reading = judge(_question(template, "ai_coverage"), metric, measured, ORIGIN)
    assert (reading.state, reading.value) == (state, float(value))
    assert code_of(reading) == ("held" if state == "held" else "")


def test_what_could_not_be_read_says_why(template: Any) -> None:
    question = _question(template, "resolved_48h")
    refused = source_error(question, "helpdesk", SourceError(kind="config", message="401, key refused"), ORIGIN)
    shape = source_error(question, "helpdesk", SourceError(kind="data", message="tickets is missing"), ORIGIN)
    assert refused.reason == "source_error: helpdesk: 401, key refused"
    assert code_of(shape) == "schema_error"
    assert not_covered(question, "helpdesk is complete to 20 Nov", ORIGIN).reason == (
        "not_covered: helpdesk is complete to 20 Nov"
    )
    assert {each.value for each in (refused, shape)} == {None}


def test_wilson_as_published() -> None:
    interval = wilson(10, 10)
    assert (round(interval.low, 1), round(interval.high, 9)) == (72.2, 100)
    assert round(wilson(0, 10).high, 1) == 27.8
    middle = wilson(15, 30)
    assert (round(middle.low, 1), round(middle.high, 1)) == (33.2, 66.8)


@given(st.integers(1, 10_000), st.data())
def test_the_interval_holds_the_share(denominator: int, data: st.DataObject) -> None:
    numerator = data.draw(st.integers(0, denominator))
    interval = wilson(numerator, denominator)
    assert 0 <= interval.low <= 100 * numerator / denominator + 1e-9
    assert 100 * numerator / denominator - 1e-9 <= interval.high <= 100
