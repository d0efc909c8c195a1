"""`okr status` from a cold start, over a real ledger of 30 key results, beside a bare import of three libraries.

Each is started again and again, one after the other, in a process of its own; the fastest of each counts, since all
that makes a start slower comes from outside. Prints milliseconds, and their ratio to the bare import.

    python benchmarks/cold_start.py [STARTS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BARE = "import sqlalchemy, pydantic, typer"
OKR = ["-m", "cli"]
STARTS = {
    "bare import": ["-c", BARE],
    "okr status": [*OKR, "status"],
    "okr status --json": [*OKR, "status", "--json"],
    "okr explain": [*OKR, "explain", "kr-0"],
    "okr --help": [*OKR, "--help"],
    "okr check": [*OKR, "check"],
}
PLAN = """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - id: desk
    title: Answer sooner
    key_results:
"""
RESULT = "      - {{id: kr-{0}, title: Answer {0}, metric: answers, target: {{increase: {{from: 0, to: {1}}}}}}}\n"
FILES = {
    "sources.yaml": "sources: {sheet: {connector: table, path: t.csv, facts: {feedback: {id: id, received_at: at}}}}\n",
    "t.csv": "id,at\n" + "".join(f"{day},2026-10-{day:02d}T08:00:00Z\n" for day in range(1, 31)),
    "metrics.yaml": "metrics: {answers: {unit: count, better: higher, fact: feedback, measure: count, on: received_at, "
    "window: cycle_to_date}}\n",
    "okrs.yaml": PLAN + "".join(RESULT.format(number, number + 10) for number in range(30)),
    "audiences.yaml": "audiences: {}\n",
}


def environment(folder: Path) -> dict[str, str]:
    (folder / "okr").mkdir()
    for name, text in FILES.items():
        (folder / "okr" / name).write_text(text)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OKR_")}
    return clean | {
        "PYTHONPATH": str(ROOT),
        "OKR_CONFIG_DIR": str(folder / "okr"),
        "OKR_DATABASE_URL": f"sqlite:///{folder / 'okr.db'}",
        "OKR_OUTPUT_DIR": str(folder / "out"),
        "OKR_PERSON_KEY": "k",
        "OKR_NOW": "2026-11-01T06:00:00Z",
    }


def seconds(words: list[str], env: dict[str, str], folder: Path) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], env=env, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = environment(folder)
        seconds([*OKR, "sync"], env, folder)
        took = {what: min(each) for what, each in _interleaved(starts, env, folder).items()}
    for what, least in took.items():
        reach = "  (reach: 1.5 or less)" if what == "okr status" else ""
        print(f"{what:<18} {1_000 * least:>6.0f} ms  {least / took['bare import']:.2f} times the bare import{reach}")


def _interleaved(starts: int, env: dict[str, str], folder: Path) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {what: [] for what in STARTS}
    for _ in range(starts):
        for what, words in STARTS.items():
            took[what].append(seconds(words, env, folder))
    return took


if __name__ == "__main__":
    main()
