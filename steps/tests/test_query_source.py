"""A source that only answers queries: its failures are the run's, and it is not asked again for each metric."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.testing.server import Reply, Seen, reply, serve
from ledger import readings
from steps.backfill import backfill

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


def asked(seen: Seen) -> tuple[str, float]:
    form = parse_qs(seen.body.decode())
    return form["query"][0], float(form["time"][0])


def prometheus(seen: Seen) -> Reply:
    query, _ = asked(seen)
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


def test_earlier_days_of_the_cycle_are_asked_for_once_each(office: Any) -> None:
    """So that one run says what nightly runs would have said."""
    with serve({"/api/v1/query": prometheus}) as server:
        synced(office, server.url)
        hours = sorted({at for query, at in map(asked, server.seen) if query.startswith("hours")})
        first = datetime(2026, 10, 2, tzinfo=UTC).timestamp()
        assert hours == [first + day * 86_400 for day in range(46)], "the midnights that end 1 October to 15 November"
        server.seen.clear()
        office.sync("2026-11-17T03:00:00Z")
        assert len(server.seen) == 3, "whether it is there, and two metrics of one day"
    days = readings.readings(office.at("2026-11-17T03:00:00Z").engine, first=date(2026, 10, 1), last=date(2026, 11, 16))
    assert len({each.as_of for each in days if each.metric == "hours" and each.value == 12.5}) == 47


def test_a_source_that_goes_down_meanwhile_is_not_waited_for_day_by_day(office: Any) -> None:
    left = iter([prometheus] * 10)

    def failing(seen: Seen) -> Reply:
        answer = next(left, None)
        return answer(seen) if answer else reply(status=429, headers={"Retry-After": "7200"})

    with serve({"/api/v1/query": failing}) as server:
        report = synced(office, server.url)
        assert len(server.seen) == 10 + 2, "once for the earlier days, once for the day itself"
        assert {reading.reason.partition(":")[0] for reading in report.readings} == {"source_error"}
        left = iter([prometheus] * 1_000)
        report = office.sync(MONDAY)
    assert {reading.metric: reading.value for reading in report.readings} == {"hours": 12.5, "wait": None}


def test_a_query_that_is_refused_is_not_asked_again_day_by_day(office: Any) -> None:
    def picky(seen: Seen) -> Reply:
        wrong = {"status": "error", "errorType": "bad_data", "error": "parse error"}
        return reply(wrong, status=400) if asked(seen)[0].startswith("wait") else prometheus(seen)

    with serve({"/api/v1/query": picky}) as server:
        report = synced(office, server.url)
        waits = [seen for seen in server.seen if asked(seen)[0].startswith("wait")]
        assert len(waits) == 2, "once for the earlier days, once for the day itself"
    found = {reading.metric: reading for reading in report.readings}
    assert found["hours"].value == 12.5
    assert found["wait"].reason.startswith("source_error")


SHARE = """\
metrics:
  share:
    unit: percent
    better: higher
    source: warehouse
    query: "select sum(good) as numerator, count(*) as denominator from t where at >= :start and at < :end"
    window: {trailing: 7d}
  mean: {unit: hours, better: lower, source: warehouse, query: "select avg(good) as value from t", window: snapshot,
         min_n: 2}
"""
SHARE_OKRS = """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: Europe/Berlin}
objectives:
  - {id: o, title: O, key_results: [{id: kr, title: KR, metric: share, target: {increase: {from: 0, to: 50}}}]}
"""


def warehouse(office: Any, rows: list[tuple[str, int]], url: str = "sqlite:///w.db") -> Path:
    for name, text in (("metrics", SHARE), ("okrs", SHARE_OKRS), ("audiences", "audiences: {}")):
        office.write(f"{name}.yaml", text)
    office.write("sources.yaml", f"sources: {{warehouse: {{connector: sql, url: '{url}'}}}}")
    path: Path = office.folder / "okr" / "w.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.execute("create table t (at text, good integer)")
        connection.executemany("insert into t values (?, ?)", rows)
    connection.close()
    return path


def shares(report: Any, workspace: Any) -> dict[date, tuple[float | None, float | None]]:
    found = readings.readings(workspace.engine, metrics=["share"], last=report.as_of)
    return {each.as_of: (each.numerator, each.denominator) for each in found if each.period is None}


def test_a_database_is_asked_for_earlier_days_too_each_over_its_own_window(office: Any) -> None:
    berlins = [("2026-10-03T22:00:00.000Z", 1), ("2026-10-10T21:59:59.999Z", 0), ("2026-10-10T22:00:00.000Z", 1)]
    warehouse(office, berlins)
    report = office.sync("2026-10-13T03:00:00Z")
    found = shares(report, office.at("2026-10-13T03:00:00Z"))
    assert list(found) == [date(2026, 10, day) for day in range(1, 13)]
    assert found[date(2026, 10, 3)] == (None, None)  # nothing in it yet
    assert found[date(2026, 10, 9)] == (1, 1)
    assert found[date(2026, 10, 10)] == (1, 2)
    assert found[date(2026, 10, 11)] == (1, 2)  # the first one has left it, another has come
    mean = next(reading for reading in report.readings if reading.metric == "mean")
    assert mean.reason.startswith("schema_error: warehouse: the query returns no n")


def test_backfill_asks_the_database_again(office: Any) -> None:
    warehouse(office, [("2026-10-05T12:00:00.000Z", 1)])
    report = office.sync("2026-10-13T03:00:00Z")
    warehouse(office, [("2026-10-05T12:00:00.000Z", 1), ("2026-10-06T12:00:00.000Z", 0)])
    assert office.sync("2026-10-14T03:00:00Z").state == "completed"
    assert shares(report, office.at("2026-10-14T03:00:00Z"))[date(2026, 10, 9)] == (1, 1)
    backfill(office.at("2026-10-15T03:00:00Z"), date(2026, 10, 9), date(2026, 10, 9))
    assert shares(report, office.at("2026-10-15T03:00:00Z"))[date(2026, 10, 9)] == (1, 2)


def test_a_database_that_fails_leaves_earlier_days_missing_and_not_failed(office: Any) -> None:
    warehouse(office, []).unlink()
    report = office.sync("2026-10-13T03:00:00Z")
    assert list(shares(report, office.at("2026-10-13T03:00:00Z"))) == [date(2026, 10, 12)]
    warehouse(office, [("2026-10-05T12:00:00.000Z", 1)])
    report = office.sync("2026-10-14T03:00:00Z")
    assert len(shares(report, office.at("2026-10-14T03:00:00Z"))) == 13
