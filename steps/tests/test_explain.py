"""Where a key result's number comes from, in lines that a person can redo, and as a document."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cli.as_json import explanation_document
from okr_model.explanation import describe
from okr_model.metrics import Metric
from steps.explain import explain
from steps.tests.conftest import METRICS

MONDAY = "2026-11-23T03:00Z"


def lines_of(office: Any, key_result: str) -> dict[str, str]:
    part = explain(office.at(MONDAY), key_result, None).paragraphs[1]
    return dict(line.split(": ", 1) for line in part.lines)


def test_a_mean_tells_its_parts_its_plan_and_what_it_would_take(office: Any) -> None:
    office.ticket_a_day(date(2026, 11, 1), date(2026, 11, 30), None, category="stuck")
    office.sync(MONDAY)
    found = lines_of(office, "faster")
    assert found["number"] == "14.5 h = 101.5 / 7"
    assert found["still open, so not in the number"].startswith("22, the oldest since Sun 1 Nov")
    assert found["window"].startswith("from Mon 16 Nov 00:00 2026 to Mon 23 Nov 00:00 2026 (UTC)")
    assert found["progress"] == "(14.5 - 24) / (12 - 24) = 79.2 % of the way"
    assert found["expected by now"].endswith("% of the way, planned 17.3 h")
    assert found["forecast"] == "14.5 h to 14.5 h by the end of the cycle, in 8 of 10 cases"


def test_a_share_tells_how_sure_it_is_and_what_became_of_rows_that_cannot_be_right(office: Any) -> None:
    office.ticket_a_day(date(2026, 11, 20), date(2026, 11, 20), -1, category="backwards")
    office.ticket_a_day(date(2026, 11, 22), date(2026, 11, 22), 1, category="young")
    office.sync(MONDAY)
    found = lines_of(office, "solved")
    assert found["number"] == "96.2962963 % = 100 x 26 / 27"
    assert found["95 % interval"] == "81.7 % to 99.3 % (Wilson, n = 27)"
    assert found["counted as not in time"] == "1 row that cannot be right, its end before its start"
    assert found["left out"] == "3 rows too young to be judged"


def test_what_the_next_better_word_takes(office: Any) -> None:
    for name, (created, hours, category) in office.tickets.items():
        office.tickets[name] = (created, None if hours is None else 22, category)
    office.sync(MONDAY)
    assert lines_of(office, "faster")["to be better"] == "19.4 h or less by 29 Nov for At Risk"


def test_the_document_has_instants_with_zone(office: Any) -> None:
    office.sync(MONDAY)
    found = explanation_document(explain(office.at(MONDAY), "faster", None), ZoneInfo("UTC"))
    reading = found["key_result"]["reading"]
    assert reading["window"] == {"start": "2026-11-16T00:00:00+00:00", "end": "2026-11-23T00:00:00+00:00"}
    assert (reading["exact"], reading["recorded_at"]) == ("29/2", "2026-11-23T03:00:00+00:00")
    assert found["key_result"]["fresh_until"] == "2026-11-25T02:00:00+00:00"


def test_a_definition_in_words_leaves_nothing_out() -> None:
    body = {
        "id": "m",
        "unit": "percent",
        "better": "higher",
        "fact": "ticket",
        "measure": {
            "within": {
                "limit": "48h",
                "from": "created_at",
                "to": "resolved_at",
                "of": {"where": {"channel": "in_app"}},
            }
        },
        "where": {"category": ["a", "b"]},
        "on": "created_at",
        "window": {"trailing": "7d"},
        "settle": "24h",
        "mature": "30d",
        "min_n": 30,
        "guard": {"at_most": 99.5},
    }
    assert describe(Metric.model_validate(body)) == (
        "share of rows whose resolved_at came at most 48 hours after created_at among rows where channel is in_app of "
        "ticket, only where category is a or b; a row is in the window by its created_at; the window ends 24 hours "
        "early, for rows that come late; only what was known 30 days after each row counts; no number of fewer than 30 "
        "rows; a number above 99.5 % waits for a person"
    )


def test_what_was_believed_is_told_by_the_definition_of_then(office: Any) -> None:
    office.sync("2026-11-23T03:00Z")
    office.write("metrics.yaml", METRICS.replace("mean", "median"))
    office.sync("2026-11-23T06:00Z")
    now, then = office.at("2026-11-23T07:00Z"), int(datetime(2026, 11, 23, 4, tzinfo=UTC).timestamp() * 1000)
    told = {at: explain(now, "faster", None, at).paragraphs for at in (None, then)}
    assert "where: median of hours" in " ".join(told[None][1].lines)
    assert "where: mean of hours" in " ".join(told[then][1].lines)
    assert [each.heading for each in told[then]] == ["Status", "hours"]
