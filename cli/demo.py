"""okr demo: two successive nights of the nightly flow, through Prefect, against stand-ins on this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

NIGHTS = ("2026-11-22T08:30:00+01:00", "2026-11-23T08:30:00+01:00")
"""A Sunday and a Monday, each after the hour at which leadership's digest is due, so that both days send one."""

READY_SECONDS = 60.0
REACHED = (("monitoring", "live", "2026-10-12"), ("in-app", "launched", "2026-11-02"))
SAID = (
    (
        "review-time",
        "--by",
        "Ana",
        "--confidence",
        "4",
        "--challenge",
        "Two appeals reviewers left; help is on its way.",
    ),
    ("fraud-accounts", "--by", "Bo", "--note", "Document checks are on for all new sign-ups since 26 October."),
)


class DemoFailed(Exception):
    """A part of the demo did not come up or did not end well."""


@dataclass(frozen=True)
class Demo:
    """Where the demo keeps things, and the environment that its processes get."""

    folder: Path
    url: str

    def environment(self, now: str) -> dict[str, str]:
        """Settings for `okr` and the flow. Prefect starts a server of its own for each run, and calls nobody."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "OKR_"))},
            **demo_settings(self.folder),
            "OKR_NOW": now,
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "NO_PROXY": "127.0.0.1,localhost",
        }


def demo_settings(folder: Path) -> dict[str, str]:
    """The settings with which `okr` looks at what the demo left."""
    return {
        "OKR_CONFIG_DIR": str(folder / "okr"),
        "OKR_DATABASE_URL": f"sqlite:///{folder / 'okr.db'}",
        "OKR_OUTPUT_DIR": str(folder / "out"),
    }


def run_demo(folder: Path) -> None:
    """Makes `folder` anew and runs both nights. Raises DemoFailed with the sentence to show."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    typer.echo(f"Everything is kept in {folder.name}/. Starting the stand-ins: moderation queue, payments, helpdesk.")
    with sandbox(folder) as url:
        demo = Demo(folder, url)
        _configure(demo)
        _first_night(demo)
        _second_night(demo)
    _show(demo)


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """The stand-ins as a process of their own, stopped at the end. Gives their address."""
    port_file = folder / "sandbox.port"
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--now", NIGHTS[0]]
    places = ["--folder", str(folder / "okr"), "--port-file", str(port_file)]
    (folder / "okr").mkdir()
    with (folder / "sandbox.log").open("wb") as log:
        process = subprocess.Popen(command + places, stdout=log, stderr=log, cwd=_project())
        try:
            yield f"http://127.0.0.1:{_port(port_file, process)}"
        finally:
            process.terminate()
            process.wait(timeout=10)


def _project() -> Path:
    return Path(__file__).resolve().parent.parent


def _port(port_file: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if port_file.exists():
            return int(port_file.read_text())
        time.sleep(0.1)
    raise DemoFailed(f"the stand-ins did not start; see {port_file.parent / 'sandbox.log'}")


def _configure(demo: Demo) -> None:
    """The shipped template, with its sources pointed at the stand-ins."""
    from config.template import demo_sources, write

    okr = demo.folder / "okr"
    tables = {path.name: path.read_bytes() for path in okr.glob("*.csv")}
    for name in tables:
        (okr / name).unlink()  # the template brings examples of the same names
    write(okr, sources=demo_sources(demo.url))
    for name, content in tables.items():
        (okr / name).write_bytes(content)
    with (okr / ".env").open("a") as env:
        env.writelines(f"{name}={value}\n" for name, value in _secrets(okr).items())


def _secrets(okr: Path) -> Mapping[str, str]:
    return {
        "OZONE_PASSWORD": "sandbox-ozone",
        "STRIPE_API_KEY": "rk_test_sandbox_stripe",
        "ZENDESK_TOKEN": "sandbox-zendesk",
        "WAREHOUSE_URL": f"sqlite:///{okr / 'warehouse.db'}",
    }


def _first_night(demo: Demo) -> None:
    for key_result, milestone, day in REACHED:
        _okr(demo, NIGHTS[0], "checkin", key_result, "--milestone", milestone, "--as-of", day)
    typer.echo(
        "\nNight 1, Sunday 22 November 2026: the first pull reaches back to July, for baselines and late verdicts."
    )
    _night(demo, NIGHTS[0])


def _second_night(demo: Demo) -> None:
    typer.echo("\nNight 2, Monday 23 November 2026: the payments system refuses its key.")
    _tell_sandbox(demo, "clock", {"now": NIGHTS[1]})
    _tell_sandbox(demo, "fail", {"source": "stripe", "status": 401})
    for said in SAID:
        _okr(demo, NIGHTS[1], "checkin", *said)
    _night(demo, NIGHTS[1])


def _night(demo: Demo, now: str) -> None:
    began = time.monotonic()
    log = demo.folder / f"night-{now[:10]}.log"
    with log.open("wb") as lines:
        command = [sys.executable, "-m", "flows.nightly"]
        done = subprocess.run(
            command, env=demo.environment(now), cwd=_project(), stdout=lines, stderr=lines, check=False
        )
    if done.returncode != 0:
        raise DemoFailed(f"the flow did not end well; see {log}")
    typer.echo(_okr(demo, now, "digest", "send"))
    typer.echo(
        f"nightly-sync through Prefect took {time.monotonic() - began:.0f} s; its log is {log.relative_to(Path.cwd())}"
    )


def _okr(demo: Demo, now: str, *words: str) -> str:
    command = [sys.executable, "-m", "cli", *words]
    done = subprocess.run(
        command, env=demo.environment(now), cwd=_project(), capture_output=True, text=True, check=False
    )
    if done.returncode > 1:
        raise DemoFailed(f"okr {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()


def _tell_sandbox(demo: Demo, what: str, body: dict[str, object]) -> None:
    request = urllib.request.Request(  # noqa: S310 - the stand-ins on this machine
        f"{demo.url}/sandbox/{what}", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


def _show(demo: Demo) -> None:
    typer.echo("")
    typer.echo(_okr(demo, NIGHTS[1], "status"))
    typer.echo("\nWhat failed:")
    for finding in _okr(demo, NIGHTS[1], "doctor").splitlines():
        if finding.startswith("MEND"):
            typer.echo(f"  {finding.removeprefix('MEND ')}")
    here = Path.cwd()
    out = (demo.folder / "out").relative_to(here)
    typer.echo(f"\nScorecard: {out / 'scorecard' / 'index.html'}")
    for mail in sorted((demo.folder / "out" / "mail").glob("*.eml")):
        typer.echo(f"Mail:      {mail.relative_to(here)}")
    settings = " ".join(
        f"{name}={value.replace(str(here) + '/', '')}" for name, value in demo_settings(demo.folder).items()
    )
    typer.echo(f"\nLook around with: {settings} OKR_NOW={NIGHTS[1]} .venv/bin/okr explain review-time")
