"""Progress of long work: bars on a terminal, plain lines elsewhere; always on stderr, so that --json stays clean."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

EVERY_SECONDS = 5.0


@contextmanager
def pulling(names: Sequence[str]) -> Iterator[Callable[[str, str, int], None]]:
    """A callable to be told (source, fact, rows so far) after each page."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[rows]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks = {name: bars.add_task(name, total=None, rows="") for name in names}

        def show(source: str, fact: str, rows: int) -> None:
            bars.update(tasks[source], rows=f"{rows:,} {fact} rows")

        yield show


def _lines() -> Callable[[str, str, int], None]:
    last: dict[str, float] = {}

    def say(source: str, fact: str, rows: int) -> None:
        now = time.monotonic()
        if now - last.setdefault(source, now) >= EVERY_SECONDS:
            last[source] = now
            print(f"{source}: {rows:,} {fact} rows so far", file=sys.stderr, flush=True)  # noqa: T201

    return say
