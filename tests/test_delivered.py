"""Real SMTP, real processes: killed, racing, and against servers that refuse, hang up or are slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from ledger import outbox
from ledger.database import connect
from tests.place import ROOT

NOW = "2026-11-23T08:30:00Z"
READERS = [f"reader{place}@example.org" for place in range(6)]
FILES = {
    "sources.yaml": "sources: {sheet: {connector: table, path: t.csv, facts: {feedback: {id: id, received_at: at}}}}",
    "metrics.yaml": """
metrics:
  answers: {unit: count, better: higher, fact: feedback, measure: count, on: received_at, window: cycle_to_date}
""",
    "okrs.yaml": """
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - id: o
    title: Hear from people
    key_results:
      - {id: answers, title: 200 answers, metric: answers, target: {increase: {from: 0, to: 200}}}
""",
    "audiences.yaml": f"""
audiences:
  all: {{to: [{", ".join(READERS)}], every: {{on: monday, at: "08:00"}}}}
""",
}


@dataclass
class Server:
    """A mail server. `answers`: recipient -> what RCPT is answered; `hook` is called at each step with its name."""

    port: int = 0
    got: Counter[str] = field(default_factory=Counter)
    ids: dict[str, set[str]] = field(default_factory=dict)
    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    hook: Callable[[str], None] = lambda _step: None
    lock: Any = field(default_factory=threading.Lock)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        self.hook("mail")
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        self.hook("rcpt")
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.hook("data")
        message = message_from_bytes(envelope.content)
        self.mails.append((list(envelope.rcpt_tos), envelope.content))
        for address in envelope.rcpt_tos:
            self.got[address] += 1
            self.ids.setdefault(address, set()).add(str(message["Message-ID"]))
        self.hook("accepted")
        return "250 ok"


@pytest.fixture
def server() -> Iterator[Server]:
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=0)
    # aiosmtpd asks port 0 for its number by connecting to it
    controller.port = handler.port = _free_port()
    controller.start()
    yield handler
    controller.stop()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@dataclass(frozen=True)
class Post:
    """An installation with a digest of six recipients in its outbox."""

    folder: Path
    server: Server

    def environment(self, **more: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
        return {
            **clean,
            "OKR_CONFIG_DIR": str(self.folder / "okr"),
            "OKR_DATABASE_URL": f"sqlite:///{self.folder / 'okr.db'}",
            "OKR_OUTPUT_DIR": str(self.folder / "out"),
            "OKR_PERSON_KEY": "k",
            "OKR_NOW": NOW,
            "OKR_SMTP_URL": f"smtp://127.0.0.1:{self.server.port}",
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def start(self, *words: str, **more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "cli", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.environment(**more), cwd=self.folder, stdout=pipe, stderr=pipe, text=True
        )

    def okr(self, *words: str, **more: str) -> tuple[int, str]:
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out + err

    def states(self) -> dict[str, str]:
        rows = outbox.rows(connect(f"sqlite:///{self.folder / 'okr.db'}"))
        return {row.recipient: row.state for row in rows if row.digest == "digest"}


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synced once, the digest frozen and not sent."""
    folder = tmp_path_factory.mktemp("post")
    (folder / "okr").mkdir()
    for name, text in FILES.items():
        (folder / "okr" / name).write_text(text)
    (folder / "okr" / "t.csv").write_text("id,at\n1,2026-10-05T10:00:00Z\n")
    code, said = Post(folder, Server(port=1)).okr("sync")
    assert code == 0, said
    return folder


@pytest.fixture
def post(synced: Path, tmp_path: Path, server: Server) -> Post:
    import shutil

    shutil.copytree(synced, tmp_path / "post")
    return Post(tmp_path / "post", server)


def test_each_reader_gets_one_and_a_second_drain_sends_none(post: Post) -> None:
    assert post.okr("digest", "send") == (0, "outbox: 6 sent\n")
    assert post.okr("digest", "send") == (0, "outbox: nothing due\n")
    assert post.server.got == Counter(READERS)


def test_what_arrives_is_one_whole_mail_for_each_reader(post: Post) -> None:
    sender = "OKRs – Übersicht <okr@example.org>"
    next_week = {"OKR_NOW": "2026-11-30T08:30:00Z", "OKR_MAIL_FROM": sender}
    assert post.okr("digest", "send", **next_week) == (0, "outbox: 6 sent\n")
    assert len(post.server.mails) == 6
    for recipients, raw in post.server.mails:
        mail: Any = message_from_bytes(raw, policy=default)
        assert recipients == [mail["To"]]
        assert not any(other in raw.decode() for other in READERS if other != recipients[0])
        assert not any(mail[name] for name in ("Cc", "Bcc", "List-Unsubscribe-Post"))
        kinds = [part.get_content_type() for part in mail.walk()]
        assert kinds == [
            *("multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
            "text/csv",
        ]
        assert mail["From"] == sender
        assert mail["Date"].datetime.isoformat() == "2026-11-30T08:30:00+00:00"
        assert (mail["List-Id"], mail["Auto-Submitted"]) == ("<all.okr.example.org>", "auto-generated")
        assert mail["List-Unsubscribe"].startswith("<mailto:okr@example.org?")
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert [part.defects for part in mail.walk() if part.defects] == []
    assert len({mail.split(b"Message-ID: ")[1].split(b"\r\n")[0] for _, mail in post.server.mails}) == 6


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "accepted"])
@pytest.mark.parametrize("which", [1, 4])
def test_killed_at_any_step_nobody_gets_two_and_nobody_is_forgotten(post: Post, step: str, which: int) -> None:
    process: list[subprocess.Popen[str]] = []
    seen: Counter[str] = Counter()

    def kill(at: str) -> None:
        seen[at] += 1
        if at == step and seen[at] == which:
            os.kill(process[0].pid, signal.SIGKILL)

    post.server.hook = kill
    process.append(post.start("digest", "send"))
    process[0].wait(timeout=60)
    assert process[0].returncode == -signal.SIGKILL
    code, said = post.okr("digest", "send")

    assert max(post.server.got.values()) == 1
    states = post.states()
    assert Counter(states.values()) == {"sent": 5, "ambiguous": 1}  # it may have arrived: a person decides
    assert (code, "1 ambiguous" in said) == (1, True)
    assert all(post.server.got[reader] == 1 for reader, state in states.items() if state == "sent")


def test_two_drains_at_once_share_the_work(post: Post) -> None:
    post.server.hook = lambda step: time.sleep(0.05) if step == "data" else None
    running = [post.start("digest", "send") for _ in range(2)]
    for each in running:
        each.communicate(timeout=120)
    assert post.server.got == Counter(READERS)
    assert set(post.states().values()) == {"sent"}


def test_a_half_refused_list_of_recipients(post: Post) -> None:
    post.server.answers = {READERS[1]: "550 no such user", READERS[2]: "450 mailbox busy", READERS[3]: "421 later"}
    code, said = post.okr("digest", "send")
    assert (code, said) == (1, "outbox: 1 failed, 2 retry, 3 sent\n")
    post.server.answers = {}
    assert post.okr("digest", "send") == (0, "outbox: nothing due\n")
    assert post.okr("digest", "send", OKR_NOW="2026-11-23T08:45:01Z")[1] == "outbox: 2 sent\n"
    assert post.states() == {reader: "failed" if reader == READERS[1] else "sent" for reader in READERS}
    assert max(post.server.got.values()) == 1
    assert all(len(ids) == 1 for ids in post.server.ids.values())


def test_a_dead_server_loses_nothing(post: Post) -> None:
    code, said = post.okr("digest", "send", OKR_SMTP_URL=f"smtp://127.0.0.1:{_free_port()}")
    assert (code, said) == (1, "outbox: 6 retry\n")
    assert post.okr("digest", "send", OKR_NOW="2026-11-23T08:45:01Z") == (0, "outbox: 6 sent\n")
    assert post.server.got == Counter(READERS)


def test_a_person_settles_what_is_stuck_and_the_list_says_so(post: Post) -> None:
    import json

    post.server.answers = {READERS[1]: "550 no such user"}
    post.okr("digest", "send")
    code, said = post.okr("digest", "outbox", "--cancel", "2")
    assert (code, "needs --by NAME and --note TEXT" in said) == (2, True)
    code, said = post.okr("digest", "outbox", "--cancel", "2", "--by", "Ana", "--note", "she left")
    assert (code, said) == (0, "delivery 2 will not be sent\n")
    code, said = post.okr("digest", "outbox", "--json")
    row = json.loads(said)["deliveries"][1]
    assert (row["id"], row["state"], row["tries"], row["channel"]) == (2, "suppressed", 1, "email")
    assert row["rulings"] == [
        {"word": "cancel", "was": "failed", "by": "Ana", "note": "she left", "at": "2026-11-23T08:30:00+00:00"}
    ]
