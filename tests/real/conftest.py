"""An installation that is pointed at a real system."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.place import Site

CYCLE = "cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: Europe/Berlin}\n"


@pytest.fixture
def site(tmp_path: Path) -> Callable[..., Site]:
    """Sets one up: the sources, and metrics of which each is the one of a key result; secrets by name."""

    def made(sources: str, metrics: dict[str, str], **secrets: str) -> Site:
        okr = tmp_path / "site" / "okr"
        okr.mkdir(parents=True)
        target = "target: {increase: {from: 0, to: 100}}"
        results = "".join(f"      - {{id: {name}, title: {name}, metric: {name}, {target}}}\n" for name in metrics)
        objective = f"objectives:\n  - id: one\n    title: One\n    key_results:\n{results}"
        told = "audiences:\n  ops: {to: [ops@example.org], on: [source_failed], channels: [email]}\n"
        defined = "".join(f"  {name}: {{title: {name}, {definition}}}\n" for name, definition in metrics.items())
        (okr / "sources.yaml").write_text(f"sources:\n  {sources}\n")
        (okr / "metrics.yaml").write_text(f"metrics:\n{defined}")
        (okr / "okrs.yaml").write_text(CYCLE + objective)
        (okr / "audiences.yaml").write_text(told)
        (okr / ".env").write_text("".join(f"{name}={value}\n" for name, value in secrets.items()))
        return Site(tmp_path / "site")

    return made
