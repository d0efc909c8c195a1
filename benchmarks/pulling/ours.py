"""okrsync's own pull of the same tickets: the rest connector, declared, into a ledger. Prints what it took, as JSON.

python -m benchmarks.pulling.ours PORT FOLDER [changed]
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from config.settings import Settings
from connectors.api import Usage
from steps.pull import pull_source
from steps.wiring import open_workspace

FIELDS: dict[str, Any] = {
    "id": "id",
    "created_at": "created_at",
    "first_replied_at": "replied_at",
    "resolved_at": "solved_at",
    "category": {"const": "user_report"},
    "channel": "channel",
    "reporter": "requester.id",
}
PLAN = """\
cycle: {id: 2026-Q1, start: 2026-01-01, end: 2026-04-01, timezone: UTC}
objectives:
  - id: desk
    title: Answer sooner
    owner: ana@example.org
    key_results:
      - {id: by-hand, title: Kept by hand, unit: count, better: higher, target: {increase: {from: 0, to: 10}}}
"""


def configured(folder: Path, port: str, *, changed: bool) -> Path:
    stream: dict[str, Any] = {
        "fact": "ticket",
        "path": "/tickets",
        "records": "tickets",
        "page": {"kind": "cursor", "from": "next", "param": "page"},
        "fields": FIELDS,
        "cursor": {"field": "updated_at", "order": "by_change"},
        "params": {"since": "{cursor}"} | ({"changed": "1"} if changed else {}),
    }
    source = {"connector": "rest", "base_url": f"http://127.0.0.1:{port}", "streams": [stream]}
    place = folder / "okr"
    place.mkdir(exist_ok=True)
    (place / "sources.yaml").write_text(json.dumps({"sources": {"desk": source}}))
    (place / "metrics.yaml").write_text("metrics: {}\n")
    (place / "okrs.yaml").write_text(PLAN)
    (place / "audiences.yaml").write_text("audiences: {}\n")
    return place


def main() -> None:
    port, folder = sys.argv[1], Path(sys.argv[2])
    changed = "changed" in sys.argv
    now = "2026-11-23T00:00:00Z" if changed else "2026-11-22T00:00:00Z"
    settings = Settings(
        config_dir=configured(folder, port, changed=changed),
        database_url=f"sqlite:///{folder / 'okr.db'}",
        person_key="a key of the benchmark",
        now=now,
    )
    workspace = open_workspace(settings)
    workspace.open_source("desk", Usage())  # what it imports, the script has imported before its clock starts too
    began, used = time.perf_counter(), time.process_time()
    outcome = pull_source(workspace, "desk", "benchmark")
    took, used = time.perf_counter() - began, time.process_time() - used
    if outcome.error is not None:
        sys.exit(outcome.error.message)
    stored = outcome.facts["ticket"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    count = stored.stored + stored.unchanged
    print(json.dumps({"records": count, "seconds": took, "cpu": used, "peak_mb": peak}))


if __name__ == "__main__":
    main()
