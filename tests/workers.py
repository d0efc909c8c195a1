"""An installation with four small files, and processes that freeze and drain in it, forked from one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from tests.place import ROOT

READERS = [f"reader{place}@example.org" for place in range(5)]
FILES = {
    "sources.yaml": "sources: {sheet: {connector: table, path: t.csv, facts: {feedback: {id: id, received_at: at}}}}",
    "t.csv": "id,at\n1,2026-10-05T10:00:00Z\n",
    "metrics.yaml": """
metrics:
  answers: {unit: count, better: higher, fact: feedback, measure: count, on: received_at, window: cycle_to_date}
""",
    "okrs.yaml": """
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - {id: o, title: Hear from people, owner: ana@example.org, key_results: [
      {id: answers, title: 200 answers, metric: answers, target: {increase: {from: 0, to: 200}}}]}
""",
    "audiences.yaml": f"""
audiences:
  all: {{to: [{", ".join(READERS)}], every: {{on: monday, at: "08:00"}}}}
  few: {{to: [{READERS[0]}], every: {{on: monday, at: "08:00"}}}}
  owners: {{to: owners, every: {{on: monday, at: "08:00"}}}}
  operators: {{to: [ops@example.org], on: [delivery_failed]}}
""",
}
WHOLE = "whole"
WORKER = """
import os, signal, sys
from itertools import count
from config.settings import settings
from digests.channels.mail import Mail
from steps.drain import drain
from steps.freeze import freeze_last
from steps.sync import sync
from steps.wiring import open_workspace
from datetime import date
from digests.formats import html
from okr_model.digest import Digest
import digests.mail, matplotlib.backends.backend_agg, matplotlib.figure, connectors.table, psycopg
empty = Digest(audience="", period="", as_of=date.min, subject="", eyebrow="", headline="", lede="", blocks=())
html.render(empty, {})  # what each would load and compile anew
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
steps = count(1)

def pass_by(step, last):
    if next(steps) == last:
        print(step, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

def between(name, act, last):
    def watched(*given):
        pass_by(f"before {name}", last)
        act(*given)
        pass_by(f"after {name}", last)
    return watched

print("ready", flush=True)
for line in sys.stdin:
    if os.fork():
        continue
    print(os.getpid(), flush=True)
    what, os.environ["OKR_NOW"], *last = line.split()
    workspace = open_workspace(settings())
    if last:
        dialect = workspace.engine.dialect
        dialect.do_commit = between("a commit", dialect.do_commit, int(last[0]))
        Mail.send = between("a mail", Mail.send, int(last[0]))
    sync(workspace) if what == "sync" else (freeze_last(workspace), drain(workspace))
    if last:
        print("whole", flush=True)
    os._exit(0)
"""


class Workers:
    """Processes that freeze and drain, forked from one that has imported everything."""

    def __init__(self, environment: dict[str, str]) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", WORKER]
        self.mother = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        self._answer()

    def _answer(self) -> str:
        assert self.mother.stdout is not None
        return self.mother.stdout.readline().strip()

    def start(self, *words: str) -> int:
        """`start("drain", NOW)`, or "sync"."""
        assert self.mother.stdin is not None
        self.mother.stdin.write(f"{' '.join(words)}\n")
        self.mother.stdin.flush()
        return int(self._answer())

    def run(self, what: str, now: str) -> None:
        self.wait(self.start(what, now))

    def end_at(self, step: int, now: str) -> str:
        """A drain that kills itself before or after a commit or a mail, all of them counted; which, or WHOLE."""
        worker = self.start("drain", now, str(step))
        passed = self._answer()
        self.wait(worker)
        return passed

    def wait(self, worker: int) -> None:
        while Path(f"/proc/{worker}").exists():
            time.sleep(0.002)

    def kill(self, worker: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


@contextmanager
def working(folder: Path, url: str, port: int) -> Iterator[Workers]:
    """Workers in `folder`, whose mail server listens at `port` of the loopback."""
    (folder / "okr").mkdir()
    for name, content in FILES.items():
        (folder / "okr" / name).write_text(content)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    mine = {
        "OKR_CONFIG_DIR": str(folder / "okr"),
        "OKR_DATABASE_URL": url,
        "OKR_OUTPUT_DIR": str(folder / "out"),
        "OKR_PERSON_KEY": "k",
        "OKR_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }
    made = Workers({**clean, **mine})
    yield made
    made.mother.kill()
    made.mother.wait()


@contextmanager
def listening(handler: Any) -> Iterator[int]:
    """A real mail server on the loopback that asks `handler`; its port."""

    class AnyPort(Controller):
        def _trigger_server(self) -> None:  # the port is only known once bound
            self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
            super()._trigger_server()  # type: ignore[no-untyped-call]

    controller = AnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    yield controller.port
    controller.stop()
