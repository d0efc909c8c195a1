"""A Request Tracker 5 of Debian's packages, its history back-dated, read by the connector."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.api import ConfigError, Context, Fact, Slice, Source
from connectors.rt import CONNECTOR
from tests.place import Site

SERVER = Path("/usr/share/request-tracker5/libexec/rt-server")
SEED = Path(__file__).parent / "rt_seed.pl"
SAFETY = "O'Brien \\ Safety"
BULK = 120

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (SERVER.exists() and shutil.which("rt-setup-database-5") and shutil.which("faketime"))
        and os.environ.get("OKR_REQUIRE_REAL") != "1",
        reason="no Request Tracker 5 here: tests/real/install brings it",
    ),
]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


@dataclass(frozen=True)
class Tracker:
    """A running server and the tokens of its accounts."""

    url: str
    everything: str
    reports_alone: str

    def source(self, folder: Path, **more: Any) -> Source:
        given = {"base_url": self.url, "token": self.everything, "user_report": {"queue": "Reports"}} | more
        context = Context("rt", at("2026-10-10T00:00:00Z"), folder)
        return CONNECTOR.open(CONNECTOR.options.model_validate(given), context)


def configured(folder: Path, port: int) -> dict[str, str]:
    """The environment of an RT that lives in `folder`, apart from the system's own."""
    (folder / "none").mkdir()
    settings = {
        "rtname": "example.org",
        "WebDomain": "127.0.0.1",
        "WebPort": str(port),
        "DatabaseType": "SQLite",
        "DatabaseName": str(folder / "rt"),
        "MasonDataDir": str(folder),
        "MasonSessionDir": str(folder),
        "MailCommand": "sendmailpipe",
        "SendmailPath": "/bin/true",
        "LogToSyslog": "",
        "LogToSTDERR": "critical",
    }
    lines = [f"Set(${name}, '{value}');" for name, value in settings.items()]
    (folder / "RT_SiteConfig.pm").write_text("\n".join([*lines, "1;\n"]))
    own = {"RT_SITE_CONFIG": str(folder / "RT_SiteConfig.pm"), "RT_SITE_CONFIG_DIR": str(folder / "none")}
    return os.environ | own | {"TZ": "UTC"}


def seeded(environment: dict[str, str]) -> list[str]:
    """Three days of history; the tokens of two accounts, one of them far from UTC."""

    def on(when: str, *steps: str) -> list[str]:
        command = ["faketime", when, "perl", str(SEED), *steps]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout.split()

    everything, reports = "okr:America/New_York:Reports,General," + SAFETY, "few:Asia/Tokyo:Reports"
    tokens = on(
        "2026-10-05 09:00:00",
        *("queue:Reports", f"queue:{SAFETY}", "field:Way in", f"account:{everything}", f"account:{reports}"),
        *("create:Reports:ines@example.org:app", "create:Reports:jo@example.org", f"create:{SAFETY}:mo@example.org"),
        *("create:General:a@example.org", "create:General:b@example.org", "create:Reports:ines@example.org"),
        f"bulk:General:{BULK}",
    )
    on("2026-10-06 09:00:00", "status:1:resolved", "status:2:resolved", "status:5:rejected")
    on("2026-10-08 09:00:00", "status:2:open", "status:4:deleted", "merge:6:1", f"move:7:{SAFETY}")
    return tokens


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracker]:
    folder = tmp_path_factory.mktemp("rt")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = configured(folder, port)
    subprocess.run(
        ["rt-setup-database-5", "--action", "init", "--skip-create"],
        env=environment, capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    tokens = seeded(environment)
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen([SERVER, "--port", str(port)], env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield Tracker(f"http://127.0.0.1:{port}", *tokens)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("Request Tracker did not start")


def read(source: Source, start: str | None = None) -> tuple[dict[str, Fact], set[str]]:
    facts: dict[str, Fact] = {}
    retracted: set[str] = set()
    for page in source.pull("ticket", Slice(start=start and at(start), end=at("2026-10-10T00:00:00Z"))):  # type: ignore[arg-type]
        facts |= {fact.id: fact for fact in page.facts}
        retracted |= set(page.retracted)
    return facts, retracted


def test_all_of_it(tracker: Tracker, tmp_path: Path) -> None:
    facts, retracted = read(tracker.source(tmp_path, channel_field="Way in", in_app=["app"]))
    one: Any = facts["1"]
    assert (one.category, one.channel, one.reporter) == ("user_report", "in_app", "ines@example.org")
    assert abs(one.resolved_at - at("2026-10-06T09:00:00Z")) < 60_000
    assert abs(one.created_at - at("2026-10-05T09:00:00Z")) < 60_000
    again: Any = facts["2"]
    assert again.resolved_at is None, "open again"
    assert len(facts) == BULK + 3
    assert retracted == {"5", "6"}, "rejected, merged; the deleted one was never seen"


def test_what_changed_since_in_the_account_s_own_zone(tracker: Tracker, tmp_path: Path) -> None:
    facts, retracted = read(tracker.source(tmp_path), "2026-10-08T08:59:00Z")
    assert set(facts) == {"1", "2", "7"}
    assert retracted == {"4", "6"}, "deleted, merged"


def test_an_account_that_sees_one_queue(tracker: Tracker, tmp_path: Path) -> None:
    facts, _ = read(tracker.source(tmp_path, token=tracker.reports_alone))
    assert set(facts) == {"1", "2"}
    with pytest.raises(ConfigError, match="403"):
        read(tracker.source(tmp_path, token=tracker.reports_alone, queues=["General"]))


def test_queues_with_odd_names_and_none(tracker: Tracker, tmp_path: Path) -> None:
    source = tracker.source(tmp_path, queues=[SAFETY])
    assert source.check() == []
    assert set(read(source)[0]) == {"3", "7"}
    with pytest.raises(ConfigError, match="Nowhere"):
        read(tracker.source(tmp_path, queues=["Nowhere"]))


@pytest.mark.parametrize(("queues", "there"), [(["General"], False), ([SAFETY], True), (["General", SAFETY], True)])
def test_a_ticket_that_moved_leaves_the_queues_that_are_read_and_joins_others(
    tracker: Tracker, tmp_path: Path, queues: Any, there: Any
) -> None:
    source = tracker.source(tmp_path, queues=queues)
    part = Slice(start=at("2026-10-08T08:59:00Z"), end=at("2026-10-10T00:00:00Z"))
    last_word: dict[str, bool] = {}
    for page in source.pull("ticket", part):
        last_word |= {fact.id: True for fact in page.facts} | dict.fromkeys(page.retracted, False)
    assert last_word["7"] is there


def test_a_wrong_token(tracker: Tracker, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="401"):
        read(tracker.source(tmp_path, token="1-2-wrong"))


def test_what_the_sync_makes_of_it(tracker: Tracker, site: Callable[..., Site]) -> None:
    """Of the three reports one went into another, one is open again, one was resolved within a day."""
    reports = "where: {category: user_report}, on: created_at, window: {trailing: 28d}"
    limit = "measure: {within: {limit: 48h, from: created_at, to: resolved_at}}"
    share = "measure: {share_distinct: {of: reporter, where: {channel: in_app}}}"
    metrics = {
        "resolved": f"unit: percent, better: higher, fact: ticket, {limit}, {reports}",
        "in_app": f"unit: percent, better: higher, fact: ticket, {share}, {reports}",
    }
    options = f"base_url: '{tracker.url}', token: {{secret: RT_TOKEN}}, channel_field: Way in, in_app: [app]"
    place = site(
        f"desk: {{connector: rt, {options}, user_report: {{queue: Reports}}}}", metrics, RT_TOKEN=tracker.everything
    )
    for _ in range(2):
        report = place.okr_json("sync", now="2026-10-10T05:00:00+02:00")
        counted = {name: (each["numerator"], each["denominator"]) for name, each in report["readings"].items()}
        assert counted == {"resolved": (1, 2), "in_app": (1, 2)}
