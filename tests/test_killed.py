"""SIGKILL at thirty points of a sync, each followed by another try: the end is as if nothing had happened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, select

from ledger.database import connect, read
from tests.place import Place

KILLS = 30
LATER = (0.2, 0.5, 0.8, 1.2, 1.7, 2.3)


def facts(folder: Path) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of every fact table."""
    engine = connect(f"sqlite:///{folder / 'okr.db'}")
    tables = MetaData()
    tables.reflect(engine)
    with read(engine) as connection:
        return {
            name: {tuple(row) for row in connection.execute(select(table))}
            for name, table in tables.tables.items()
            if {"source", "retracted_at"} <= set(table.columns.keys())
        }


def numbers(report: dict[str, Any]) -> dict[str, Any]:
    return {"readings": report["readings"], "key_results": report["key_results"]}


def kill_when_served(place: Place, wanted: int) -> None:
    """Starts a sync and kills it once the stand-ins have served `wanted` responses, or it has ended by itself."""
    process = place.start("sync")
    while process.poll() is None and place.sandbox.served()["total"] < wanted:
        time.sleep(0.002)
    process.kill()
    process.wait()


def kill_after_the_pull(place: Place, seconds: float) -> None:
    """Starts a sync and kills it so long after its last request: while it reads, judges, publishes or freezes."""
    process = place.start("sync")
    before, quiet_since = place.sandbox.served()["total"], time.monotonic()
    first = before
    while process.poll() is None and (before == first or time.monotonic() - quiet_since < seconds):
        time.sleep(0.01)
        now = place.sandbox.served()["total"]
        if now != before:
            before, quiet_since = now, time.monotonic()
    process.kill()
    process.wait()


def test_thirty_kills_leave_the_same_facts_the_same_readings_and_one_digest_each(
    place: Place, synced: tuple[Place, Any]
) -> None:
    unharmed, wanted = synced
    requests = sum(each["requests"] for each in wanted["sources"].values())
    for point in range(KILLS - len(LATER)):
        kill_when_served(place, place.sandbox.served()["total"] + requests // KILLS + point % 3)
    for seconds in LATER:
        kill_after_the_pull(place, seconds)
    report = place.okr_json("sync")

    assert facts(place.folder) == facts(unharmed.folder)
    assert numbers(report) == numbers(wanted)
    for _ in range(2):
        assert place.okr("digest", "send").returncode == 0
    told = [path.name.split("_")[1] for path in place.mails()]
    assert sorted(told) == ["fraud-team", "leadership"]
