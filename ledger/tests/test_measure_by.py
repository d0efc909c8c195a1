"""Groups of a measure: together they are the measure itself."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Engine

from ledger import fact_tables, pulls
from ledger.database import read
from ledger.measures import measure, measure_by
from okr_model.exchange import Page, Question, Span
from okr_model.facts import Review
from okr_model.metrics import Metric
from okr_model.movement import Cell

HOUR = 3_600_000
DAY = 24 * HOUR
ROWS = (
    Review(id="1", reported_at=5 * DAY, decided_at=11 * DAY, queue="appeals", decided_by="human"),  # waiting before
    Review(id="2", reported_at=12 * DAY, decided_at=12 * DAY + HOUR, queue="appeals", decided_by="human"),
    Review(id="3", reported_at=12 * DAY, decided_at=12 * DAY + 3 * HOUR, queue="spam", decided_by="human"),
    Review(id="4", reported_at=13 * DAY, decided_at=13 * DAY + HOUR, decided_by="automation"),
    Review(id="5", reported_at=13 * DAY, queue="spam"),
)
QUESTION = Question(
    metric="m", as_of=date(1970, 1, 20), window=Span(start=10 * DAY, end=20 * DAY), known_to=20 * DAY, zone="UTC"
)


def metric(what: Any, **more: Any) -> Metric:
    body = {"id": "m", "fact": "review", "measure": what, "window": "cycle_to_date", "unit": "x", "better": "higher"}
    return Metric.model_validate(body | more)


@pytest.fixture
def ledger(empty: Engine) -> Engine:
    fact_tables.prepare(empty)
    part = pulls.open_slice(
        empty, "desk", "review", needed_from=None, now=20 * DAY, supply_lookback=0, everything=False
    )
    hasher = pulls.PersonHasher(b"a key of the tests", "k1")
    pulls.store_page(empty, "desk", "review", part, Page(facts=ROWS), hasher, signals=False)
    return empty


def by(engine: Engine, one: Metric, field: str) -> list[Cell] | None:
    with read(engine) as connection:
        return measure_by(connection, one, QUESTION, field)


def test_a_mean_by_queue_tells_older_work_apart(ledger: Engine) -> None:
    hours = metric({"mean": {"hours": ["reported_at", "decided_at"]}}, on="decided_at")
    cells = by(ledger, hours, "queue") or []
    assert sorted(cells, key=str) == sorted(
        [
            Cell("appeals", True, Fraction(144), Fraction(1)),
            Cell("appeals", False, Fraction(1), Fraction(1)),
            Cell("spam", False, Fraction(3), Fraction(1)),
            Cell(None, False, Fraction(1), Fraction(1)),
        ],
        key=str,
    )
    with read(ledger) as connection:
        (whole,) = measure(connection, [(hours, QUESTION)])
    assert sum(cell.over for cell in cells) == whole.numerator
    assert sum(cell.under for cell in cells) == whole.denominator


def test_a_share_by_who_decided_has_no_older_work(ledger: Engine) -> None:
    share = metric({"share": {"where": {"queue": "appeals"}}}, on="reported_at")
    cells = by(ledger, share, "decided_by") or []
    assert not any(cell.carried for cell in cells)
    assert {cell.group: (int(cell.over), int(cell.under)) for cell in cells} == {
        "human": (1, 2),
        "automation": (0, 1),
        None: (0, 1),
    }


@pytest.mark.parametrize(
    "what",
    [
        "count",
        {"median": {"hours": ["reported_at", "decided_at"]}},
        {"share_distinct": {"of": "subject", "where": {"queue": "spam"}}},
    ],
)
def test_what_is_not_the_sum_of_its_groups_is_not_split(ledger: Engine, what: Any) -> None:
    assert by(ledger, metric(what, on="reported_at"), "queue") is None
