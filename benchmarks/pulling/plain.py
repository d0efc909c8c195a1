"""What one writes by hand in an afternoon: requests, json and sqlite3. Prints what it took, as JSON.

python -m benchmarks.pulling.plain PORT FOLDER [changed]
"""

from __future__ import annotations

import hashlib
import json
import resource
import sqlite3
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

KEY = b"a key of the benchmark"
COLUMNS = (
    "source",
    "id",
    "created_at",
    "first_replied_at",
    "resolved_at",
    "reopened_at",
    "category",
    "channel",
    "reporter",
    "retracted_at",
)


def millis(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp() * 1_000)


def row(ticket: dict[str, Any]) -> dict[str, Any]:
    reporter = hashlib.blake2b(ticket["requester"]["id"].encode(), key=KEY, digest_size=16).hexdigest()
    return {
        "source": "desk",
        "id": ticket["id"],
        "created_at": millis(ticket["created_at"]),
        "first_replied_at": millis(ticket["replied_at"]),
        "resolved_at": millis(ticket["solved_at"]),
        "reopened_at": None,
        "category": "user_report",
        "channel": ticket["channel"],
        "reporter": reporter,
        "retracted_at": None,
    }


def prepared(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "plain.db")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"CREATE TABLE IF NOT EXISTS ticket ({', '.join(COLUMNS)}, PRIMARY KEY (source, id))")
    database.execute("CREATE INDEX IF NOT EXISTS ticket_created_at ON ticket (created_at)")
    return database


def pull(port: str, database: sqlite3.Connection, params: dict[str, str]) -> int:
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
    marks = ", ".join(f":{name}" for name in COLUMNS)
    upsert = f"INSERT INTO ticket VALUES ({marks}) ON CONFLICT (source, id) DO UPDATE SET {changes}"
    session, count, following = requests.Session(), 0, "0"
    while following is not None:
        answer = session.get(f"http://127.0.0.1:{port}/tickets", params={**params, "page": following}, timeout=60)
        answer.raise_for_status()
        body = answer.json()
        with database:
            database.executemany(upsert, [row(ticket) for ticket in body["tickets"]])
        count += len(body["tickets"])
        following = body["next"]
    return count


def main() -> None:
    port, folder = sys.argv[1], Path(sys.argv[2])
    database = prepared(folder)
    began, used = time.perf_counter(), time.process_time()
    count = pull(port, database, {"changed": "1"} if "changed" in sys.argv else {})
    took, used = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(json.dumps({"records": count, "seconds": took, "cpu": used, "peak_mb": peak}))


if __name__ == "__main__":
    main()
