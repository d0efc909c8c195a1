"""Queries of metrics: which sources may be asked, parameters outside quotes alone, one row to one number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.loader import OptionModels, load
from config.problems import ConfigProblems
from connectors.api import DataError, QueryResult
from connectors.queries import one_number, with_parameters
from connectors.registry import CONNECTORS

METRICS = (
    "metrics: {latency: {unit: seconds, better: lower, source: it, query: up, window: {trailing: 7d}, title: Latency}}"
)
OKRS = """
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: Europe/Berlin, check_in_every: 2 weeks}
objectives:
  - id: speed
    title: Speed
    owner: ana@example.org
    key_results:
      - {id: latency, title: Latency, metric: latency, target: {decrease: {from: 2, to: 1}}}
"""


def problems(folder: Path, source: str) -> str:
    """What the loader says of a metric with a query at this source."""
    files = {"sources": f"sources: {{it: {source}}}", "metrics": METRICS, "okrs": OKRS, "audiences": "audiences: {}"}
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    try:
        load(folder, OptionModels(CONNECTORS.option_models(), {}), lambda name: "x")
    except ConfigProblems as found:
        return str(found)
    return ""


def test_a_metric_may_ask_prometheus_databases_and_posthog(tmp_path: Path) -> None:
    assert problems(tmp_path, "{connector: prometheus, base_url: 'http://127.0.0.1:9090'}") == ""
    assert problems(tmp_path, "{connector: sql, url: 'sqlite:///x.db'}") == ""
    assert problems(tmp_path, "{connector: posthog, project: 42, api_key: x}") == ""


@pytest.mark.parametrize(
    "source",
    [
        "{connector: stripe, api_key: x}",
        "{connector: table, path: x.csv, facts: {member: {id: id}}}",
        "{connector: ozone, base_url: 'http://127.0.0.1', password: x, automation: []}",
    ],
)
def test_a_metric_may_not_ask_a_source_that_has_facts_alone(tmp_path: Path, source: str) -> None:
    assert "cannot answer a query" in problems(tmp_path, source)


def test_parameters_are_written_outside_quotes_and_comments_alone() -> None:
    query = "select ':start', a::int, \":end\" -- :start\n, :start /* :end */ from t where b < :end"
    written = with_parameters(query, lambda name: f"<{name}>")
    assert written == "select ':start', a::int, \":end\" -- :start\n, <start> /* :end */ from t where b < <end>"


@pytest.mark.parametrize(
    ("columns", "row", "expected"),
    [
        (["value"], [None], QueryResult()),
        (["value"], ["nan"], QueryResult()),
        (["value"], [0], QueryResult(value=0.0)),
        (["denominator", "numerator", "n"], [4, 3, 4.0], QueryResult(numerator=3, denominator=4, n=4)),
    ],
)
def test_one_row_is_a_number(columns: list[str], row: list[Any], expected: QueryResult) -> None:
    assert one_number("it", columns, [row]) == expected


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        (["value"], []),
        (["value"], [[1], [2]]),
        (["value"], [[1, 2]]),
        (["count"], [[1]]),
        (["numerator"], [[1]]),
        (["value", "n"], [[1, -1]]),
        (["value", "n"], [[1, 1.5]]),
        (["value"], [["private"]]),
    ],
)
def test_anything_else_is_a_data_error(columns: list[str], rows: list[list[Any]]) -> None:
    with pytest.raises(DataError) as raised:
        one_number("it", columns, rows)
    assert "private" not in str(raised.value)
