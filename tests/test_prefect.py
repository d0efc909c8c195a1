"""Prefect's real server and a process worker run what deployments.yaml says."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.place import MONDAY, ROOT, Place

pytestmark = pytest.mark.prefect
PATIENCE = 240.0


@dataclass(frozen=True)
class Scheduler:
    """A Prefect server on the loopback, told nothing to anyone."""

    api: str
    home: Path

    def environment(self) -> dict[str, str]:
        return {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
        }

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data=data, headers={"Content-Type": "application/json"})
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as refused:
                # While its SQLite is locked the server undoes what was asked and answers 503; its client asks again.
                if refused.code != 503 or time.monotonic() > deadline:
                    raise
            time.sleep(0.5)


def prefect(*words: str, env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words], env=env, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def running(words: list[str], env: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=env, cwd=ROOT, stdout=lines, stderr=lines, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(what: Any, patience: float = PATIENCE) -> Any:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            found = what()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError("waited in vain")


@pytest.fixture(scope="session")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scheduler]:
    folder = tmp_path_factory.mktemp("prefect")
    port = free_port()
    made = Scheduler(f"http://127.0.0.1:{port}/api", folder / "home")
    env = {**os.environ, **made.environment()}
    words = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with running(words, env, folder / "server.log"):
        wait_for(lambda: made.ask("/health"))
        yield made


def scheduled(scheduler: Scheduler, deployed: list[dict[str, Any]]) -> bool:
    """Whether every deployment with a cron schedule has runs planned by it; a backfill is started by hand."""
    planned = scheduler.ask("/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}})
    return {each["id"] for each in deployed if each["schedules"]} <= {run["deployment_id"] for run in planned}


def run_once(scheduler: Scheduler, deployment: str) -> dict[str, Any]:
    """Runs a deployment and waits for its end. Returns the flow run's state."""
    found = scheduler.ask(f"/deployments/name/{deployment}")
    run = scheduler.ask(f"/deployments/{found['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}})

    def ended() -> Any:
        state = scheduler.ask(f"/flow_runs/{run['id']}")["state"]
        return state if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    state: dict[str, Any] = wait_for(ended)
    # Cancelled: each quarter of an hour the planned run of the same deployment is under way, and only one may be.
    return run_once(scheduler, deployment) if state["type"] == "CANCELLED" else state


def test_a_worker_runs_the_deployments_and_a_broken_source_ends_degraded(
    scheduler: Scheduler, copied: Place, tmp_path: Path
) -> None:
    copied.sandbox.set_clock(MONDAY)
    env = copied.environment(MONDAY, **scheduler.environment())
    prefect("work-pool", "create", "okrsync", "--type", "process", env=env)
    prefect("--no-prompt", "deploy", "--prefect-file", "deployments.yaml", "--all", env=env)
    deployed = scheduler.ask("/deployments/filter", {})
    assert {each["name"] for each in deployed} == {"nightly", "every-15-minutes", "when-final", "daily", "by-hand"}
    assert all(each["concurrency_limit"] == 1 or each["global_concurrency_limit"]["limit"] == 1 for each in deployed)

    assert wait_for(lambda: scheduled(scheduler, deployed)), "the server's scheduler plans no runs"
    with running(["prefect", "worker", "start", "--pool", "okrsync"], env, tmp_path / "worker.log"):
        state = run_once(scheduler, "nightly-sync/nightly")
        assert (state["type"], state["name"]) == ("COMPLETED", "Completed"), state
        copied.sandbox.fail("stripe", 401)
        state = run_once(scheduler, "nightly-sync/nightly")
        assert (state["type"], state["name"]) == ("COMPLETED", "Degraded"), state
        assert "payments" in state["message"]
        assert run_once(scheduler, "send-digests/every-15-minutes")["type"] == "COMPLETED"
        state = run_once(scheduler, "close-cycle/when-final")
        assert (state["type"], state["message"]) == (
            "COMPLETED",
            "cycle 2026-Q4 has not ended; its last day is 2026-12-31",
        )
        assert run_once(scheduler, "check-in-reminders/daily")["type"] == "COMPLETED"
    artifacts = scheduler.ask("/artifacts/filter", {})
    kept = {key: [each["data"] for each in artifacts if each["key"] == key] for key in ("scorecard", "scorecard-page")}
    assert {key: len(found) for key, found in kept.items()} == {"scorecard": 2, "scorecard-page": 2}  # one per run
    by_title = {row["key result"]: row for row in json.loads(kept["scorecard"][0])}
    assert len(by_title) == 9
    trained = by_title["Train 100% of the moderation team on updated community guidelines"]
    assert (trained["status"], trained["actual"], trained["target"]) == ("✔\ufe0e Complete", "100 %", "100 %")
    assert kept["scorecard-page"][0].startswith("[Scorecard of 2026-11-22](file:///")
    assert copied.mails()
