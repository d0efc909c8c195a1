"""A source that only answers queries: its failures are the run's, and it is not asked again for each metric."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.testing.server import Reply, Seen, reply, serve

MONDAY = "2026-11-16T03:00:00Z"
METRICS = "metrics:\n" + "".join(
    f"  {name}: {{unit: hours, better: lower, source: prom, query: '{name}[{{window}}]', window: {{trailing: 7d}}}}\n"
    for name in ("hours", "wait")
)
OKRS = """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - id: desk
    title: Answer people in time
    owner: ana@example.org
    key_results:
      - {id: faster, title: Faster, metric: hours, target: {decrease: {from: 24, to: 12}}}
      - {id: sooner, title: Sooner, metric: wait, target: {decrease: {from: 24, to: 12}}}
"""
VALUES = {"vector(1)": "1", "hours[604800s]": "12.5"}


def prometheus(seen: Seen) -> Reply:
    (query,) = parse_qs(seen.body.decode())["query"]
    result = [{"metric": {}, "value": [1, VALUES[query]]}] if query in VALUES else []
    return reply({"status": "success", "data": {"resultType": "vector", "result": result}})


def synced(office: Any, url: str) -> Any:
    for name, text in (("metrics", METRICS), ("okrs", OKRS), ("audiences", "audiences: {}")):
        office.write(f"{name}.yaml", text)
    office.write("sources.yaml", f"sources: {{prom: {{connector: prometheus, base_url: '{url}'}}}}")
    return office.sync(MONDAY)


def test_a_number_is_a_reading_and_nothing_is_none(office: Any) -> None:
    with serve({"/api/v1/query": prometheus}) as server:
        report = synced(office, server.url)
    assert (report.state, report.outcomes["prom"].state) == ("completed", "ok")
    readings = {reading.metric: reading for reading in report.readings}
    assert (readings["hours"].state, readings["hours"].value) == ("ok", 12.5)
    assert (readings["wait"].state, readings["wait"].value) == ("none", None)
    assert readings["wait"].reason.startswith("empty")


@pytest.mark.parametrize(("status", "kind", "code"), [(403, "config", "source_error"), (200, "data", "schema_error")])
def test_a_source_that_fails_degrades_the_run_and_is_asked_once(office: Any, status: int, kind: str, code: str) -> None:
    with serve({"/api/v1/query": reply({"status": "success"}, status=status)}) as server:
        report = synced(office, server.url)
        assert len(server.seen) == 1
    assert report.state == "degraded"
    assert report.outcomes["prom"].error.kind == kind
    assert {reading.reason.partition(":")[0] for reading in report.readings} == {code}
    assert all(reading.value is None for reading in report.readings)
