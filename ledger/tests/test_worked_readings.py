"""The table of worked readings in docs/semantics.md, measured row by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy import Engine

from ledger import fact_tables, pulls
from ledger.database import read
from ledger.measures import measure
from okr_model.cycle import Cycle
from okr_model.exchange import Page, Question, Reading
from okr_model.facts import FACTS, time_fields
from okr_model.metrics import Metric
from okr_model.readings import Provenance, code_of, judge
from okr_model.windows import end_of, window_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"


def rows() -> list[list[str]]:
    section = PAGE.read_text().partition("## Worked readings")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and "`" in line]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


def instant(text: str) -> int:
    at = datetime.fromisoformat(text)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def facts(kind: str, written: list[dict[str, Any]]) -> Iterator[Any]:
    for number, row in enumerate(written):
        values: dict[str, Any] = {"id": str(number)} | row
        yield FACTS[kind](**values | {name: instant(values[name]) for name in time_fields(kind) if name in values})


def fill(engine: Engine, kind: str, written: list[dict[str, Any]]) -> None:
    part = pulls.open_slice(engine, "s", kind, needed_from=None, now=2**41, supply_lookback=0, everything=False)
    hasher = pulls.PersonHasher(b"a key of the tests", "k1")
    pulls.store_page(engine, "s", kind, part, Page(facts=tuple(facts(kind, written))), hasher, signals=False)


def reading_of(engine: Engine, zone: str, metric: Metric, as_of: date) -> Reading:
    start = date(2028, 1, 1) if as_of.year == 2028 else date(2026, 10, 1)
    cycle = Cycle(id="c", start=start, end=start.replace(year=start.year + 1, month=1), timezone=zone)
    window, known_to = window_of(metric, as_of, cycle), end_of(as_of, cycle.timezone)
    question = Question(metric="m", as_of=as_of, window=window, known_to=known_to, zone=zone)
    with read(engine) as connection:
        found = measure(connection, [(metric, question)])[0]
    return judge(question, metric, found, Provenance(run_id="r", recorded_at=0, definition="d"))


@pytest.mark.parametrize(("zone", "metric", "given", "as_of", "expected"), rows())
def test_a_worked_reading_holds(empty: Engine, zone: str, metric: str, given: str, as_of: str, expected: str) -> None:
    fact_tables.prepare(empty)
    for kind, written in parsed(given).items():
        fill(empty, kind, written)
    body = {"id": "m", "unit": "x", "better": "higher"} | parsed(metric)
    found, told = reading_of(empty, zone, Metric.model_validate(body), date.fromisoformat(as_of)), parsed(expected)
    assert code_of(found) == told.get("reason", "")
    assert found.value == (pytest.approx(told["value"], abs=0.0001) if "value" in told else None)
    assert [found.numerator, found.denominator] == told.get("of", [None, None])
    assert found.n == told.get("n", told["of"][1] if "of" in told else told.get("value"))
    assert (found.dropped, found.pending) == (told.get("dropped", 0), told.get("pending", 0))
    assert found.open == told.get("open")


def test_there_are_readings_of_nearly_every_measure() -> None:
    measures = [parsed(row[1])["measure"] for row in rows()]
    kinds = {measure if isinstance(measure, str) else next(iter(measure)) for measure in measures}
    assert len(kinds) >= 11
