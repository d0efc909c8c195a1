"""The second way of working out the numbers, on a few records by hand."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.running import Sandbox
from tests import recompute

DAY, HOUR = 86_400_000, 3_600_000
AS_OF = date(2026, 11, 22)
END = recompute.midnight(date(2026, 11, 23))


def _numbers(**tables: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("reports", "activities", "assessments", "charges", "labels", "tickets", "ratings", "accounts")
    empty: dict[str, Any] = {name: [] for name in (*names, "members", "training", "audits")}
    return recompute.recompute(empty | tables, AS_OF)


def _report(number: int, reported: int, subject: str = "s1", *, muted: bool = False) -> dict[str, Any]:
    return {"id": number, "subject": subject, "reported": reported, "muted": muted, "automated": False}


def _close(report: int, at: int, *, automated: bool = False) -> dict[str, Any]:
    return {"report": report, "kind": "close", "at": at, "automated": automated}


def test_windows_are_local_days_across_the_change_of_the_clocks() -> None:
    start, end = recompute.trailing(date(2026, 10, 25), 7)
    assert end - start == 7 * DAY + HOUR
    start, end = recompute.trailing(AS_OF, 28, mature_days=60)
    assert end == recompute.midnight(date(2026, 9, 24))
    assert recompute.trailing(AS_OF, 7, settle_hours=24)[1] == END - DAY


def test_reviews_are_first_decisions_of_people_within_the_window() -> None:
    reports = [
        _report(1, END - 5 * DAY),
        _report(2, END - 3 * DAY),
        _report(3, END - 9 * DAY),
        _report(4, END - DAY, muted=True),
    ]
    activities = [
        _close(1, END - 4 * DAY),
        _close(1, END - DAY),
        _close(2, END - 2 * DAY, automated=True),
        _close(3, END - 7 * DAY - 1),
        _close(4, END - 1),
    ]
    assert _numbers(reports=reports, activities=activities)["review_hours"] == {"numerator": 24.0, "denominator": 1}


def test_a_subject_counts_once_and_a_machine_must_come_before_people() -> None:
    at = END - 3 * DAY
    reports = [_report(1, at), _report(2, at), _report(3, at, "s2"), _report(4, END - HOUR, "s3")]
    activities = [_close(1, at + HOUR), _close(3, at + HOUR)]
    assessments = [{"subject": "s1", "at": at + 2 * HOUR}, {"subject": "s2", "at": at + HOUR}]
    coverage = _numbers(reports=reports, activities=activities, assessments=assessments)["ai_coverage"]
    assert coverage == {"numerator": 2, "denominator": 2}
    assessments = [{"subject": "s2", "at": at + HOUR + 1}]
    coverage = _numbers(reports=reports, activities=activities, assessments=assessments)["ai_coverage"]
    assert coverage == {"numerator": 0, "denominator": 2}


def _account(number: int, created: int, verdict_at: int | None) -> dict[str, Any]:
    verdict = None if verdict_at is None else "fraud"
    return {"id": number, "created": created, "admitted": True, "verdict": verdict, "verdict_at": verdict_at}


def test_a_verdict_counts_within_thirty_days() -> None:
    created = END - 40 * DAY
    accounts = [_account(1, created, created + 30 * DAY), _account(2, created, created + 30 * DAY + 1)]
    accounts += [_account(3, created, None), _account(4, END - 29 * DAY, END - 28 * DAY)]
    assert _numbers(accounts=accounts)["fraud_share"] == {"numerator": 1, "denominator": 3}


def test_fraud_is_what_stands_and_was_known_in_time() -> None:
    created = END - 70 * DAY
    charge = {"livemode": True, "outcome": "authorized", "reason": None, "risk_level": "normal", "created": created}
    charges = [{"id": name, **charge} for name in ("lost", "won", "late", "warned", "good")]
    charges += [{"id": "reviewed", **charge, "outcome": "manual_review", "reason": "rule"}]
    charges += [{"id": "blocked", **charge, "outcome": "blocked", "reason": "rule"}]
    charges += [{"id": "declined", **charge, "outcome": "issuer_declined"}, {"id": "test", **charge, "livemode": False}]
    dispute: dict[str, Any] = {"kind": "dispute", "reason": "fraudulent", "at": created + DAY}
    labels = [
        {**dispute, "charge": "lost", "status": "lost"},
        {**dispute, "charge": "won", "status": "won"},
        {**dispute, "charge": "late", "status": "lost", "at": created + 61 * DAY},
        {"kind": "warning", "charge": "warned", "reason": "misc", "status": None, "at": created + DAY},
        {**dispute, "kind": "review", "charge": "reviewed", "reason": "refunded_as_fraud", "status": "closed"},
    ]
    found = _numbers(charges=charges, labels=labels)["monitoring_accuracy"]
    assert found == {"numerator": 4, "denominator": 6}


def test_tickets_are_judged_once_they_could_have_missed_the_limit() -> None:
    old = END - 5 * DAY
    ticket = {"user_report": True, "channel": "web", "reporter": 1, "created": old}
    tickets = [
        {"id": 1, **ticket, "changes": [[old + 48 * HOUR, "solve"]]},
        {"id": 2, **ticket, "changes": [[old + HOUR, "solve"], [old + 2 * HOUR, "reopen"]]},
        {"id": 3, **ticket, "changes": [[old + HOUR, "solve"], [old + 2 * HOUR, "delete"]]},
        {"id": 4, **ticket, "created": END - 47 * HOUR, "reporter": 2, "channel": "mobile_sdk", "changes": []},
    ]
    found = _numbers(tickets=tickets)
    assert found["resolved_48h"] == {"numerator": 1, "denominator": 2}
    assert found["in_app_adoption"] == {"numerator": 1, "denominator": 2}


def _percent(number: dict[str, float]) -> float:
    return 100 * number["numerator"] / number["denominator"]


def test_the_sandbox_tells_the_story_that_the_demo_shows() -> None:
    """Late in November: behind on review time, ahead on assistance, trained, fraud falling, in-app reports unused."""
    script = Path(__file__).with_name("recompute.py")
    with Sandbox("2026-12-31T23:00:00Z") as running:
        command = [sys.executable, str(script), running.url, "2026-11-22", "2026-11-22T23:00:00Z"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert 17.5 < found["review_hours"]["numerator"] / found["review_hours"]["denominator"] < 20.5
    assert 52 < _percent(found["ai_coverage"]) < 63
    assert _percent(found["trained"]) == 100
    assert 1.5 < _percent(found["fraud_share"]) < 1.8
    assert _percent(found["monitoring_speed"]) > 99
    assert 95 < _percent(found["monitoring_accuracy"]) < 97
    assert found["audits"] == {"value": 0}
    assert 80 < _percent(found["resolved_48h"]) < 84
    assert 3 < _percent(found["in_app_adoption"]) < 7
    assert 100 < found["feedback_answers"]["value"] < 200
