"""Freezing and draining by several processes, killed at random, against a mail server that misbehaves at random.

After each Monday: nobody was handed the same mail twice, nobody was forgotten, and what the outbox says is true.
OKR_RACE_MONDAYS asks for more of them (up to eleven) than a test run has time for, OKR_RACE_SEED for other ones.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ledger import database, outbox
from tests.workers import READERS, Workers, listening, working

MONDAYS = int(os.environ.get("OKR_RACE_MONDAYS", "2"))
SEED = os.environ.get("OKR_RACE_SEED", "1")


class Moody:
    """A mail server that refuses, forgets and hangs up as `chance` has it, and counts what it took."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.calm = chance, False
        self.taken: Counter[tuple[str, str]] = Counter()

    def _mood(self, *moods: str) -> str:
        return "fine" if self.calm or self.chance.random() < 0.7 else self.chance.choice(moods)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return {"later": "421 closing"}.get(self._mood("later"), "250 ok")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        mood = self._mood("greylisted", "gone")
        if mood == "gone":
            server.transport.abort()
        if mood == "greylisted":
            return "450 come back later"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mood = self._mood("busy", "taken, then gone", "gone")
        if mood == "busy":
            return "451 busy"
        if mood != "gone":
            message = message_from_bytes(envelope.content)
            self.taken.update((str(message["Message-ID"]), to) for to in envelope.rcpt_tos)
        await asyncio.sleep(self.chance.uniform(0, 0.1))  # when to be killed is worst
        if mood != "fine":
            server.transport.abort()
        return "250 ok"


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


@pytest.fixture
def server(chance: random.Random) -> Moody:
    return Moody(chance)


@pytest.fixture
def workers(url: str, server: Moody, tmp_path: Path) -> Iterator[Workers]:
    with listening(server) as port, working(tmp_path, url, port) as made:
        yield made


def mondays() -> Iterator[datetime]:
    first = datetime.fromisoformat("2026-10-12T08:00:00+00:00")
    return (first + timedelta(weeks=week) for week in range(min(MONDAYS, 11)))


def race(workers: Workers, chance: random.Random, now: datetime) -> None:
    """Three drains, one after the other killed at some point of its work, or let go on."""
    running = [workers.start("drain", now.isoformat()) for _ in range(3)]
    for worker in running:
        time.sleep(chance.uniform(0.1, 0.5))
        if chance.random() < 0.7:
            workers.kill(worker)
    for worker in running:
        workers.wait(worker)


def settle(workers: Workers, server: Moody, now: datetime) -> None:
    """A calm server, a drain once all that waits is due again, and one more for what operators are told of it."""
    server.calm = True
    for days in (1, 2):
        workers.run("drain", (now + timedelta(days=days)).isoformat())
    server.calm = False


def test_nobody_twice_and_nobody_forgotten(
    workers: Workers, server: Moody, chance: random.Random, url: str, tmp_path: Path
) -> None:
    engine = database.connect(url)
    workers.run("sync", "2026-10-05T07:00:00+00:00")
    for monday in mondays():
        for minutes in (0, 20, 60):
            race(workers, chance, monday + timedelta(minutes=minutes))
        settle(workers, server, monday)
        told(engine, server, monday)
    engine.dispose()
    assert sum(server.taken.values()) > MONDAYS * len(READERS) // 2


def told(engine: Engine, server: Moody, monday: datetime) -> None:
    """What the outbox says of this Monday is what the server saw."""
    from digests.mail import stable_id

    assert max(server.taken.values()) == 1
    rows = [row for row in outbox.rows(engine) if row.digest == "digest"]
    mine = [row for row in rows if row.period == f"{monday:%Y-%m-%dT%H:%M}"]
    assert sorted((row.audience, row.recipient) for row in mine) == sorted(
        [*(("all", reader) for reader in READERS), ("few", READERS[0]), ("owners/ana@example.org", "ana@example.org")]
    )
    for row in mine:
        key = (row.digest, row.period, row.audience, row.channel, row.recipient)
        arrived = server.taken[stable_id(key, "okrsync@localhost"), row.recipient]
        assert (row.state, arrived) in {("sent", 1), ("ambiguous", 0), ("ambiguous", 1)}, (row, arrived)
    lost = {row.id for row in rows if row.state == "ambiguous"}
    assert lost == {row.id for row in rows if row.told_epoch == row.epoch}  # operators know of each
