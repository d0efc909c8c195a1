"""Readings and evaluation of one night: 10,000 key results on 1,000 metrics over 1,000,000 tickets of a year.

The metrics differ in their `where` alone, 50 categories by 20 channels, and a tenth of them are medians. The same is
done for a quarter and for half of it all, to see that time grows no faster than size. Prints seconds.

    python benchmarks/readings.py [FACTS [METRICS [KEY_RESULTS]]]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from config.settings import Settings  # noqa: E402 -- the checkout's root must be on the path first
from ledger import pulls  # noqa: E402
from okr_model.exchange import Page  # noqa: E402
from okr_model.facts import Ticket  # noqa: E402
from steps.evaluate import evaluate  # noqa: E402
from steps.read import take_readings  # noqa: E402
from steps.wiring import Workspace, open_workspace  # noqa: E402

CHANNELS, PAGE, HOUR = 20, 10_000, 3_600_000
NOW = datetime(2026, 10, 5, 6, tzinfo=UTC)
YEAR = timedelta(days=365)


def write_files(folder: Path, metrics: int, key_results: int) -> None:
    folder.mkdir()
    (folder / "sources.yaml").write_text(
        "sources:\n  desk: {connector: table, path: t.csv, facts: {ticket: {id: id, created_at: at}}}\n"
    )
    (folder / "t.csv").write_text("id,at\n")
    (folder / "metrics.yaml").write_text("metrics:\n" + "".join(map(_metric, range(metrics))))
    (folder / "audiences.yaml").write_text("audiences: {}\n")
    told = (
        f"      - {{id: kr-{each}, title: Answer kind {each % metrics} sooner than in {each} hours, "
        f"metric: hours-{each % metrics}, target: {{decrease: {{from: {each + 24}, to: {each // 100}}}}}}}\n"
        for each in range(key_results)
    )
    (folder / "okrs.yaml").write_text(
        "cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}\n"
        "objectives:\n  - id: desk\n    title: Answer sooner\n    key_results:\n" + "".join(told)
    )


def _metric(number: int) -> str:
    what = "median" if number % 10 == 0 else "mean"
    where = f"{{category: kind-{number // CHANNELS}, channel: way-{number % CHANNELS}}}"
    return (
        f"  hours-{number}: {{unit: hours, better: lower, fact: ticket, on: created_at, window: {{trailing: 28d}}, "
        f"measure: {{{what}: {{hours: [created_at, resolved_at]}}}}, where: {where}}}\n"
    )


def tickets(facts: int, metrics: int) -> Iterator[Ticket]:
    """Spread evenly over a year and over the metrics, one in fifty still open."""
    first, step = int((NOW - YEAR).timestamp() * 1_000), YEAR / timedelta(milliseconds=1) / facts
    for number in range(facts):
        at, kind = first + int(number * step), number * 7 % metrics
        yield Ticket(
            id=str(number),
            created_at=at,
            resolved_at=None if number % 50 == 0 else at + HOUR * (1 + number % 37),
            category=f"kind-{kind // CHANNELS}",
            channel=f"way-{kind % CHANNELS}",
        )


def fill(workspace: Workspace, facts: int, metrics: int) -> None:
    engine, hasher = workspace.engine, workspace.hasher()
    part = pulls.open_slice(
        engine, "desk", "ticket", needed_from=None, now=workspace.now, supply_lookback=0, everything=False
    )
    every = tickets(facts, metrics)
    while page := tuple(islice(every, PAGE)):
        pulls.store_page(engine, "desk", "ticket", part, Page(facts=page), hasher, signals=False)
    pulls.finish_slice(engine, "desk", "ticket", part)


def night(facts: int, metrics: int, key_results: int) -> float:
    """Seconds for one night after another one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder / "okr", metrics, key_results)
        settings = Settings(
            config_dir=folder / "okr",
            database_url=f"sqlite:///{folder / 'okr.db'}",
            person_key="k",
            now=NOW.isoformat(),
        )
        workspace = open_workspace(settings)
        fill(workspace, facts, metrics)
        for day in (date(2026, 10, 3), date(2026, 10, 4)):
            begun = time.perf_counter()
            take_readings(workspace, day, "bench", {})
            read = time.perf_counter()
            evaluate(workspace, day, "bench", workspace.now)
            done = time.perf_counter()
            print(
                f"{day} {facts:>9,} facts {metrics:>6,} metrics {key_results:>7,} key results"
                f"  readings {read - begun:6.2f} s  evaluation {done - read:6.2f} s",
                flush=True,
            )
        return done - begun


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] + [1_000_000, 1_000, 10_000][len(sys.argv) - 1 :]
    took = [night(*(size // part for size in sizes)) for part in (4, 2, 1)]
    print(f"the whole {took[2]:.2f} s (reach: 10 or less), {took[2] / took[0]:.1f} times a quarter of it (linear: 4)")


if __name__ == "__main__":
    main()
