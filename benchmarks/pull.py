"""A pull from a local server into the ledger, beside a hand-written script that stores the same columns and index.

Both in processes of their own, one after the other, from one server: tickets of 1.6 kB in pages of 1,000. Prints
records per second, peak memory, their ratio, and a second night with one percent changed as a share of the first.

    python benchmarks/pull.py [TICKETS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def run(part: str, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.pulling.{part}", *words]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    count, what = found["records"], f"{part} {' '.join(words[2:])}"
    rate, cpu = count / found["seconds"], 1e6 * found["cpu"] / count
    print(
        f"{what:<13} {count:>10,} records {rate:>8,.0f}/s {cpu:>6.1f} us CPU each {found['peak_mb']:>5.0f} MB",
        flush=True,
    )
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    words = [sys.executable, "-m", "benchmarks.pulling.server", str(count)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        try:
            plain, ours = run("plain", port, folder), run("ours", port, folder)
            again = run("ours", port, folder, "changed")
        finally:
            server.terminate()
    print(f"ratio of records per second      {plain['seconds'] / ours['seconds']:.2f}  (reach: 2.5 or more)")
    print(f"second night, share of the first {again['seconds'] / ours['seconds']:.1%}  (reach: 3 % or less)")


if __name__ == "__main__":
    main()
