"""How fast pages of tickets go into the ledger, beside a plain sqlite3 script that stores the same columns.

Both hash the reporter and keep one time index; the plain one maps dicts to rows and upserts them with executemany,
one transaction a page. Prints rows per second, and the ratio of the two. Run from the checkout's root:
python -m benchmarks.pull_store [ROWS]
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger import fact_tables, pulls
from ledger.database import connect
from okr_model.exchange import Page
from okr_model.facts import Ticket

PAGE = 1_000
KEY = b"a key of the benchmark"
START = 1_760_000_000_000
COLUMNS = tuple(Ticket.__struct_fields__)


def tickets(count: int) -> list[dict[str, Any]]:
    """Made-up tickets, a few thousand people, one in five unsolved."""
    return [
        {
            "id": str(number),
            "created_at": START + number * 7_000,
            "first_replied_at": START + number * 7_000 + 90_000,
            "resolved_at": None if number % 5 == 0 else START + number * 7_000 + 9_000_000,
            "reopened_at": None,
            "category": "user_report",
            "channel": "in_app" if number % 3 else "email",
            "reporter": f"user-{number % 9_001}",
        }
        for number in range(count)
    ]


def plain(folder: Path, pages: list[list[dict[str, Any]]]) -> Callable[[], None]:
    """A hand-written script: dicts, executemany, an upsert that always writes."""
    database = sqlite3.connect(folder / "plain.db")
    database.execute("PRAGMA journal_mode = WAL")
    columns = ", ".join(COLUMNS)
    database.execute(f"CREATE TABLE ticket (source, {columns}, PRIMARY KEY (source, id))")
    database.execute("CREATE INDEX ticket_created_at ON ticket (created_at)")
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    marks = ", ".join(f":{name}" for name in COLUMNS)
    into = f"INSERT INTO ticket (source, {columns}) VALUES ('desk', {marks})"
    upsert = f"{into} ON CONFLICT (source, id) DO UPDATE SET {changes}"

    def run() -> None:
        for page in pages:
            rows = [
                row | {"reporter": hmac.new(KEY, row["reporter"].encode(), hashlib.sha256).hexdigest()[:32]}
                for row in page
            ]
            with database:
                database.executemany(upsert, rows)

    return run


def ours(folder: Path, pages: list[list[dict[str, Any]]]) -> Callable[[], None]:
    """The ledger's own way: store_page."""
    engine = connect(f"sqlite:///{folder / 'okr.db'}")
    fact_tables.prepare(engine)
    hasher = pulls.PersonHasher(KEY, "k1")
    facts = [tuple(Ticket(**row) for row in page) for page in pages]

    def run() -> None:
        part = pulls.open_slice(
            engine, "desk", "ticket", needed_from=0, now=2 * START, supply_lookback=0, everything=False
        )
        for number, page in enumerate(facts):
            kept = Page(facts=page, position=str(number))
            pulls.store_page(engine, "desk", "ticket", part, kept, hasher, signals=False)
        pulls.finish_slice(engine, "desk", "ticket", part)

    return run


def main() -> None:
    """Each way twice over the same pages: the first time all rows are new, the second time none has changed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    rows = tickets(count)
    pages = [rows[start : start + PAGE] for start in range(0, count, PAGE)]
    with tempfile.TemporaryDirectory() as folder:
        ways = {"plain sqlite3": plain(Path(folder), pages), "store_page": ours(Path(folder), pages)}
        for what in ("new", "unchanged"):
            rates = {}
            for name, run in ways.items():
                began = time.perf_counter()
                run()
                rates[name] = count / (time.perf_counter() - began)
                print(f"{what:<10} {name:<14} {rates[name]:>10,.0f} rows/s")
            print(f"{what:<10} {'ratio':<14} {rates['store_page'] / rates['plain sqlite3']:>10.2f}")


if __name__ == "__main__":
    main()
