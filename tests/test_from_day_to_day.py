"""What runs from day to day through the ledger: the fold, held readings, overrides. Facts come from a table."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from ledger import outbox, readings, scorecards
from steps.checkin import CheckInRefused, Said, check_in
from steps.rule import RulingRefused, held, rule
from steps.sync import sync
from steps.wiring import Workspace, open_workspace

FILES = {
    "sources.yaml": """
sources:
  sheet:
    connector: table
    path: answers.csv
    facts: {feedback: {id: id, received_at: at, score: score}}
""",
    "metrics.yaml": """
metrics:
  score: {unit: points, better: higher, fact: feedback, measure: {mean: score}, on: received_at,
          window: {trailing: 1d}, guard: {at_most: 100}}
""",
    "okrs.yaml": """
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: Europe/Berlin}
objectives:
  - id: o
    title: Objective
    key_results:
      - {id: score, title: Score, metric: score, target: {increase: {from: 0, to: 100}}}
      - {id: live, title: Live, target: {milestone: live}, pace: {step: 2026-11-01}}
""",
    "audiences.yaml": """
audiences:
  operators: {to: [ops@example.org], on: [source_failed, reading_held], channels: [email]}
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The four files, and answers that hover about the edge between On Track and At Risk."""
    made = tmp_path / "okr"
    made.mkdir()
    for name, body in FILES.items():
        (made / name).write_text(body)
    answers(made)
    return made


def answers(folder: Path, **other: int) -> None:
    """One answer a day from 1 October to 20 November; `other` replaces the score of a day like d1118."""
    rows = ["id,at,score"]
    for offset in range(51):
        day = date(2026, 10, 1) + timedelta(days=offset)
        planned = 100 * (offset + 0.5) / 92
        score = other.get(f"d{day:%m%d}", round(planned * (0.8 if offset % 3 == 0 or offset > 48 else 0.95), 1))
        rows.append(f"{offset},{day}T11:00:00Z,{score}")
    (folder / "answers.csv").write_text("\n".join(rows) + "\n")


def at(folder: Path, url: str, now: str) -> Workspace:
    """The workspace as a run at `now` opens it."""
    settings: Any = {
        "config_dir": str(folder),
        "database_url": url,
        "output_dir": str(folder.parent / "out"),
        "person_key": "a key for tests",
        "now": now,
    }
    return open_workspace(Settings(**settings))


def statuses(workspace: Workspace) -> dict[date, list[tuple[str, str]]]:
    """Day -> each key result's word and reason, as stored."""
    found = {}
    for day in scorecards.days(workspace.engine, "2026-Q4"):
        scorecard = scorecards.scorecard(workspace.engine, day)
        assert scorecard is not None
        found[day] = [(card.status, card.reason) for card in scorecard.cards()]
    return found


def test_dropping_stored_evaluations_changes_nothing(folder: Path, url: str) -> None:
    for night in ("2026-11-18", "2026-11-19", "2026-11-20"):
        sync(at(folder, url, f"{night}T02:00:00+01:00"))
    last = at(folder, url, "2026-11-21T02:00:00+01:00")
    sync(last)
    nightly = statuses(last)
    scorecards.drop_scorecards(last.engine)
    sync(last)
    assert statuses(last) == nightly
    assert len(nightly) == 51
    words = [day[0][0] for day in nightly.values()]
    assert {"On Track", "At Risk"} <= set(words)
    assert any("for one day, which counts from the second on" in day[0][1] for day in nightly.values())


def test_a_correction_of_an_earlier_day_is_folded_in(folder: Path, url: str) -> None:
    sync(at(folder, url, "2026-11-20T02:00:00+01:00"))
    workspace = at(folder, url, "2026-11-21T02:00:00+01:00")
    sync(workspace)
    answers(folder, d1119=1)
    sync(workspace, as_of=date(2026, 11, 19))
    sync(workspace)
    nightly = statuses(workspace)
    assert nightly[date(2026, 11, 19)][0][0] == "Off Track"
    scorecards.drop_scorecards(workspace.engine)
    sync(workspace)
    assert statuses(workspace) == nightly


def test_a_held_reading_is_told_released_and_stays_released(folder: Path, url: str) -> None:
    answers(folder, d1120=400)
    workspace = at(folder, url, "2026-11-21T02:00:00+01:00")
    before = sync(workspace).scorecard.cards()[0]
    assert before.as_of == date(2026, 11, 19)
    waiting = held(workspace)
    assert [(each.metric, each.as_of, each.period) for each in waiting] == [("score", date(2026, 11, 20), None)]
    assert [row.subject for row in outbox.rows(workspace.engine)] == ["okrsync: score is held"]
    with pytest.raises(RulingRefused, match="held are: score --as-of 2026-11-20"):
        rule(workspace, "released", "score", date(2026, 11, 19), period=None, by="ana@x.org", note="checked")
    rule(workspace, "released", "score", date(2026, 11, 20), period=None, by="ana@x.org", note="checked")
    for _ in range(2):
        card = sync(workspace).scorecard.cards()[0]
        assert (card.actual, card.as_of) == (400, date(2026, 11, 20))
        assert card.notes == ("400 points was held, released by Ana on 21 Nov (checked)",)
    assert held(workspace) == []
    assert [each.state for each in readings.history(workspace.engine, first=date(2026, 11, 20))] == ["held", "ok"]
    answers(folder, d1120=500)
    sync(workspace)
    assert [each.value for each in held(workspace)] == [500]


def test_a_rejected_reading_leaves_its_day_without_a_value(folder: Path, url: str) -> None:
    answers(folder, d1120=400)
    workspace = at(folder, url, "2026-11-21T02:00:00+01:00")
    sync(workspace)
    rule(workspace, "rejected", "score", date(2026, 11, 20), period=None, by="bo@x.org", note="a test account")
    for _ in range(2):
        card = sync(workspace).scorecard.cards()[0]
        assert card.as_of == date(2026, 11, 19)
        assert "rejected: 400 points rejected by Bo on 21 Nov (a test account)" in card.notes[0]
    assert held(workspace) == []


def test_what_is_said_today_counts_today(folder: Path, url: str) -> None:
    workspace = at(folder, url, "2026-11-21T09:00:00+01:00")
    assert sync(workspace).scorecard.cards()[1].status == "Off Track"
    check_in(workspace, Said("live", milestone="live"))
    assert sync(workspace).scorecard.cards()[1].status == "Complete"


def test_an_override_needs_a_word_an_end_and_a_note(folder: Path, url: str) -> None:
    workspace = at(folder, url, "2026-11-21T09:00:00+01:00")
    with pytest.raises(CheckInRefused) as refused:
        check_in(workspace, Said("score", override="Green"))
    assert str(refused.value) == (
        "--override is one of On Track, At Risk, Off Track, not 'Green'; an override needs a --note that says why; "
        "an override needs an end: give --until with a day up to 2026-12-12"
    )
    with pytest.raises(CheckInRefused, match="--until is a day from 2026-11-21 to 2026-12-12"):
        check_in(workspace, Said("score", note="why", override="On Track", until=date(2026, 12, 13)))
    check_in(workspace, Said("score", note="why", override="Off Track", until=date(2026, 12, 12)))
    card = sync(workspace).scorecard.cards()[0]
    assert (card.status, card.computed) == ("Off Track", "At Risk")
