"""A help desk's quarter in one CSV file: facts may be changed between runs, and the clock is said."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import settings
from steps.sync import SyncReport, sync
from steps.wiring import Workspace, open_workspace

SOURCES = """\
sources:
  desk:
    connector: table
    path: tickets.csv
    facts: {ticket: {id: id, created_at: created, resolved_at: resolved, category: category}}
"""
METRICS = """\
metrics:
  hours:
    {unit: hours, better: lower, fact: ticket, measure: {mean: {hours: [created_at, resolved_at]}}, on: created_at,
     window: {trailing: 7d}}
  solved:
    {unit: percent, better: higher, fact: ticket, on: created_at, window: {trailing: 28d},
     measure: {within: {limit: 48h, from: created_at, to: resolved_at}}}
"""
OKRS = """\
# The desk's quarter.
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC, close_grace: 3d}
objectives:
  - id: desk
    title: Answer people in time
    owner: ana@example.org
    key_results:
      - {id: faster, title: Faster, metric: hours, target: {decrease: {from: 24, to: 12}}}  # the mean
      - id: solved
        title: Solved within two days
        owner: ben@example.org
        metric: solved
        target: {increase: {from: 0, to: 100}}
      - {id: steady, title: Steady, metric: hours, target: {maintain: {at_most: 20, every: month}}}
      - id: calls
        title: Calls made
        unit: count
        better: higher
        target: {increase: {from: 0, to: 40}}
        pace: {reach_by: 2026-12-20}
      - {id: launch, title: Launched, target: {milestone: live}}
"""
AUDIENCES = """\
audiences:
  desk: {to: [ana@example.org], every: {weeks: 1, on: monday, at: "08:00"}}
"""


@dataclass
class Office:
    """One installation. `tickets`: id -> (created, hours to the answer or None, category)."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    tickets: dict[str, tuple[datetime, float | None, str]] = field(default_factory=dict)

    def at(self, now: str) -> Workspace:
        """The workspace at an instant, with the tickets as they are known now."""
        with (self.folder / "okr" / "tickets.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "created", "resolved", "category"))
            for name, (created, hours, category) in self.tickets.items():
                resolved = "" if hours is None else (created + timedelta(hours=hours)).isoformat()
                writer.writerow((name, created.isoformat(), resolved, category))
        self.monkeypatch.setenv("OKR_NOW", now)
        return open_workspace(settings())

    def sync(self, now: str, as_of: date | None = None) -> SyncReport:
        return sync(self.at(now), as_of=as_of)

    def write(self, name: str, text: str) -> None:
        (self.folder / "okr" / name).write_text(text)

    def ticket_a_day(self, first: date, last: date, hours: float | None, category: str = "mail") -> None:
        day = first
        while day <= last:
            created = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
            self.tickets[f"{category}-{day}"] = (created, hours, category)
            day += timedelta(days=1)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """One ticket a day from September on, each answered in 14.5 hours, before its day is over."""
    (tmp_path / "okr").mkdir()
    monkeypatch.setenv("OKR_CONFIG_DIR", str(tmp_path / "okr"))
    monkeypatch.setenv("OKR_DATABASE_URL", f"sqlite:///{tmp_path / 'okr.db'}")
    monkeypatch.setenv("OKR_OUTPUT_DIR", str(tmp_path / "out"))
    monkeypatch.setenv("OKR_PERSON_KEY", "a key for tests")
    monkeypatch.chdir(tmp_path)
    made = Office(tmp_path, monkeypatch)
    for name, text in (("sources", SOURCES), ("metrics", METRICS), ("okrs", OKRS), ("audiences", AUDIENCES)):
        made.write(f"{name}.yaml", text)
    made.ticket_a_day(date(2026, 9, 1), date(2026, 12, 31), 14.5)
    return made
