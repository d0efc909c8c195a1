"""SIGKILL at thirty points of a sync, each followed by another try: the end is as if nothing had happened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, select

from ledger.database import connect, read
from tests.place import Place

KILLS = 30


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


def test_thirty_kills_leave_the_same_facts_the_same_readings_and_one_digest_each(
    place: Place, synced: tuple[Place, Any]
) -> None:
    unharmed, wanted = synced
    requests = sum(each["requests"] for each in wanted["sources"].values())
    for point in range(1, KILLS + 1):
        kill_when_served(place, place.sandbox.served()["total"] + max(1, requests // KILLS) + point % 3)
    report = place.okr_json("sync")

    assert facts(place.folder) == facts(unharmed.folder)
    assert numbers(report) == numbers(wanted)
    for _ in range(2):
        assert place.okr("digest", "send").returncode == 0
    assert len(place.mails()) == 1
