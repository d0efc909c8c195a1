"""Freezing and draining, killed before and after every single commit and every single mail, each in a run of its own.

Runs are killed one step later each time, until one comes through: so none is left out, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from digests.mail import stable_id
from ledger import database, outbox
from ledger.outbox import OutboxRow
from ledger.tables import digests
from ledger.tables import outbox as deliveries
from tests.workers import WHOLE, Workers, listening, working

FINE, BUSY, GONE, OWNER, OPERATOR = (f"{who}@example.org" for who in ("fine", "busy", "gone", "ana", "ops"))
AUDIENCES = f"""
audiences:
  all: {{to: [{FINE}, {BUSY}, {GONE}], every: {{on: monday, at: "08:00"}}}}
  owners: {{to: owners, every: {{on: monday, at: "08:00"}}}}
  operators: {{to: [{OPERATOR}], on: [delivery_failed]}}
"""
MONDAY, LATER = "2026-10-12T08:00:00Z", "2026-10-12T09:00:00Z"


@dataclass
class Server:
    """A mail server to which one recipient is unknown, and another one busy while `crowded`. Keeps what it took."""

    crowded: bool = True
    taken: list[tuple[str, Any]] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address == GONE or (address == BUSY and self.crowded):
            return "550 no such user" if address == GONE else "450 come back later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        self.taken += [(address, message) for address in envelope.rcpt_tos]
        return "250 ok"


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def workers(url: str, server: Server, tmp_path: Path) -> Iterator[Workers]:
    with listening(server) as port, working(tmp_path, url, port) as made:
        (tmp_path / "okr" / "audiences.yaml").write_text(AUDIENCES)
        made.run("sync", "2026-10-05T07:00:00Z")
        yield made


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # test_raced kills on both kinds
def test_nobody_gets_two_and_nobody_is_forgotten(workers: Workers, server: Server, url: str) -> None:
    engine, passed = database.connect(url), [""]
    while passed[-1] != WHOLE:
        begin_anew(engine, server)
        passed.append(workers.end_at(len(passed), MONDAY))
        server.crowded = False
        workers.run("drain", LATER)
        settled(outbox.rows(engine), server, passed)
    engine.dispose()
    mails = 5  # one to each reader, and one to the operators
    assert Counter(passed)["after a mail"] == mails - 2  # the server refused two
    assert Counter(passed)["before a mail"] == mails
    assert Counter(passed)["before a commit"] == Counter(passed)["after a commit"] > 2 * mails


def begin_anew(engine: Engine, server: Server) -> None:
    with database.begin(engine) as connection:
        connection.execute(deliveries.delete())
        connection.execute(digests.delete())
    server.crowded, server.taken = True, []


def settled(rows: list[OutboxRow], server: Server, passed: list[str]) -> None:
    """What the outbox says is what the server saw, and operators know of all that is not sure to have arrived."""
    where = f"killed at step {len(passed) - 1}, {passed[-1]}"
    arrived = Counter((str(message["Message-ID"]), address) for address, message in server.taken)
    for row in rows:
        key = (row.digest, row.period, row.audience, row.channel, row.recipient)
        times = arrived.pop((stable_id(key, "okrsync@localhost"), row.recipient), 0)
        assert (row.state, times) in possible(row.recipient), (where, row, times)
    assert not arrived, where
    readers = {row.recipient: row for row in rows if row.digest == "digest"}
    assert sorted(readers) == sorted([FINE, BUSY, GONE, OWNER]), where
    unsure = [row for row in rows if row.state == "ambiguous"]
    assert len(unsure) <= (passed[-1] != WHOLE), (where, unsure)
    alerts = [message.get_body(("plain",)).get_content() for address, message in server.taken if address == OPERATOR]
    if not any(row.recipient == OPERATOR for row in unsure):  # whose own mail nobody else can be told of
        untold = [row for row in readers.values() if row.state != "sent" and row.recipient not in "".join(alerts)]
        assert not untold, (where, untold)


def possible(recipient: str) -> set[tuple[str, int]]:
    """States in the outbox, with how often the server took the mail then."""
    return {("ambiguous", 0), ("failed", 0)} if recipient == GONE else {("sent", 1), ("ambiguous", 0), ("ambiguous", 1)}
