"""The clock, the faults, the count, the files, and that nothing from the future is shown."""

import csv
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from sandbox.rhythm import instant
from sandbox.running import STRIPE_API_KEY, Sandbox

ROOT = Path(__file__).parents[2]


def _post(url: str, body: dict[str, Any]) -> requests.Response:
    return requests.post(url, json=body, timeout=20)


def test_nothing_later_than_the_clock_is_shown(own: Any) -> None:
    running, clients = own
    now = "2026-09-10T12:00:00Z"
    running.set_clock(now)
    for status in ("open", "closed", "assigned"):
        page = clients.ozone.get("tools.ozone.report.queryReports", {"status": status, "sortField": "updatedAt"})
        assert all(row.get("updatedAt", row["createdAt"]) <= now for row in page["reports"])
    assert clients.ozone.get("tools.ozone.report.queryActivities")["activities"][0]["createdAt"] <= now
    assert clients.stripe.get("charges")["data"][0]["created"] * 1000 <= instant(now)
    assert clients.ticket_pages(start_time=0)[-1]["tickets"][-1]["updated_at"] <= now
    for table, rows in running.truth().items():
        assert table == "now" or _latest(rows) <= instant(now)


def _latest(rows: list[dict[str, Any]]) -> int:
    """The latest instant anywhere in them: every integer of thirteen digits is one."""
    found = 0
    for row in rows:
        values = [*row.values(), *(at for at, _ in row.get("changes", ()))]
        found = max(found, *(value for value in values if isinstance(value, int) and value > 10**12), 0)
    return found


def test_the_past_is_a_part_of_the_later_truth(sandbox: Sandbox) -> None:
    early, late = sandbox.truth("2026-10-01T00:00:00Z"), sandbox.truth()
    for table in ("reports", "activities", "assessments", "charges"):
        known = {tuple(row.values()) for row in late[table]}
        assert {tuple(row.values()) for row in early[table]} <= known


def test_the_clock_goes_both_ways_and_the_answers_come_back(own: Any) -> None:
    running, clients = own
    before = clients.stripe.get("disputes", {"limit": 100})
    assert _post(running.url + "/sandbox/clock", {"now": "2026-12-24T00:00:00+01:00"}).json() == {
        "now": "2026-12-23T23:00:00.000Z"
    }
    assert clients.stripe.get("disputes", {"limit": 100}) != before
    _post(running.url + "/sandbox/clock", {"now": "2026-11-22T23:00:00Z"})
    assert clients.stripe.get("disputes", {"limit": 100}) == before


def test_wrong_orders_are_refused(sandbox: Sandbox) -> None:
    assert _post(sandbox.url + "/sandbox/clock", {"now": "2026-11-22T23:00:00"}).status_code == 400
    assert _post(sandbox.url + "/sandbox/clock", {"time": "2026-11-22"}).status_code == 400
    assert _post(sandbox.url + "/sandbox/fail", {"source": "paypal", "status": 500}).status_code == 400
    assert requests.get(sandbox.url + "/nothing", timeout=20).status_code == 404


def test_a_source_fails_after_so_many_requests_until_mended(own: Any) -> None:
    running, clients = own
    order = {"source": "stripe", "status": 429, "after": 1, "retry_after": 7}
    _post(running.url + "/sandbox/fail", order)
    answers = [clients.stripe.ask("charges") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[1].headers["Retry-After"] == "7"
    assert clients.zendesk.ask("satisfaction_ratings").status_code == 200
    _post(running.url + "/sandbox/fail", {"source": "stripe", "status": None})
    assert clients.stripe.ask("charges").status_code == 200


def test_what_was_served_is_counted(own: Any) -> None:
    running, clients = own
    clients.stripe.get("charges")
    clients.ozone.ask("tools.ozone.report.queryReports")
    running.truth()
    expected = {"total": 2, "by_source": {"ozone": 1, "stripe": 1, "zendesk": 0}}
    assert requests.get(running.url + "/sandbox/served", timeout=20).json() == expected


def test_a_connection_is_kept_open(sandbox: Sandbox) -> None:
    answer = requests.get(sandbox.url + "/sandbox/served", timeout=20)
    assert answer.raw.version == 11
    assert answer.headers.get("Connection") is None


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_files_say_what_was_known(tmp_path: Path) -> None:
    with Sandbox("2026-10-15T00:00:00Z", tmp_path) as running:
        early, truth = _read(tmp_path / "training.csv"), running.truth()
        running.set_clock("2026-11-22T23:00:00Z")
        late = _read(tmp_path / "training.csv")
    done = [
        sum(bool(row["completed"]) for row in rows if row["course"] == "guidelines-2026-10") for rows in (early, late)
    ]
    assert 0 < done[0] < done[1]
    assert len(early) == len(truth["training"])
    roster = _read(tmp_path / "roster.csv")
    assert {row["active"] for row in roster} == {"yes", "no"}
    assert all(bool(row["left"]) == (row["active"] == "no") for row in roster)
    assert _read(tmp_path / "audits.csv")[-1] == {
        "id": "audit-2026-11",
        "period": "2026-11",
        "scope": "high-risk accounts",
        "completed": "",
        "reported": "",
    }


def test_the_warehouse_answers_the_templates_query(tmp_path: Path) -> None:
    with Sandbox("2026-11-22T23:00:00Z", tmp_path) as running:
        accounts = running.truth()["accounts"]
    query = "select id, created_at, admitted, verdict, verdict_at from signups where updated_at >= :since"
    database = sqlite3.connect(tmp_path / "warehouse.db")
    rows = database.execute(query, {"since": "2026-11-20T00:00:00.000Z"}).fetchall()
    database.close()
    since = instant("2026-11-20")
    assert len(rows) == sum(max(a["created"], a["verdict_at"] or 0) >= since for a in accounts)
    assert all(row[1].endswith("Z") and len(row[1]) == 24 for row in rows)


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "sandbox", "--now", "2026-10-01T00:00:00Z", "--port-file", str(port_file)]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout
        line = program.stdout.readline()
        url = f"http://127.0.0.1:{port_file.read_text().strip()}"
        assert line == f"sandbox ready at {url}\n"
        headers = {"Authorization": f"Bearer {STRIPE_API_KEY}"}
        assert requests.get(url + "/stripe/v1/charges", headers=headers, timeout=20).json()["data"]
        program.terminate()
        assert program.wait(20) == 0
    finally:
        program.kill()
        program.wait()
        assert program.stdout
        program.stdout.close()


def test_pages_are_quick(clients: Any) -> None:
    """A very generous bound, so that a slow machine passes and an accidental scan of everything does not."""
    clients.stripe.get("charges", {"limit": 100})
    began = time.perf_counter()
    for _ in range(20):
        clients.stripe.get("charges", {"limit": 100})
    assert time.perf_counter() - began < 4
