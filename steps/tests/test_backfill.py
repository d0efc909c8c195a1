"""Past days once more."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from config.settings import settings
from ledger.pulls import coverages
from steps.backfill import backfill
from steps.history import history
from steps.status import stored_scorecard
from steps.sync import NotYet


def actuals(as_of: date, known_at: int | None = None) -> Any:
    return {card.id: card.actual for card in stored_scorecard(settings(), as_of, known_at).cards()}


def test_days_whose_facts_changed_are_restated_and_judged_anew(office: Any) -> None:
    office.sync("2026-10-20T02:00Z")
    live = coverages(office.at("2026-10-20T02:00Z").engine)
    before = office.at("2026-10-20T03:00Z").now
    created, _, category = office.tickets["mail-2026-10-08"]
    office.tickets["mail-2026-10-08"] = (created, 4, category)

    done = backfill(office.at("2026-10-21T12:00Z"), date(2026, 10, 6), date(2026, 10, 12))

    # The 8th is in the weeks as of the 8th to the 14th, five of which were asked for, and in October's month.
    own = [each for each in history(settings(), "faster").beliefs if each.restated_at and each.reading.period is None]
    assert [each.reading.as_of.day for each in own] == [8, 9, 10, 11, 12]
    assert done.state == "completed"
    assert done.restated >= 5
    assert actuals(date(2026, 10, 9))["faster"] == 13
    assert actuals(date(2026, 10, 9), before)["faster"] == 14.5
    assert stored_scorecard(settings(), None, None).as_of == date(2026, 10, 19)
    assert coverages(office.at("2026-10-21T12:00Z").engine) == live


def test_nothing_is_restated_where_nothing_changed(office: Any) -> None:
    office.sync("2026-10-20T02:00Z")
    assert backfill(office.at("2026-10-20T12:00Z"), date(2026, 10, 6), date(2026, 10, 12)).restated == 0


def test_a_source_that_fails_takes_nothing_back(office: Any) -> None:
    office.sync("2026-10-20T02:00Z")
    workspace = office.at("2026-10-20T12:00Z")
    (office.folder / "okr" / "tickets.csv").unlink()
    done = backfill(workspace, date(2026, 10, 6), date(2026, 10, 12))
    assert (done.state, done.restated) == ("degraded", 0)
    assert actuals(date(2026, 10, 9))["faster"] == 14.5


def test_days_before_the_cycle_and_of_no_sync_can_be_gone_over(office: Any) -> None:
    done = backfill(office.at("2026-10-20T12:00Z"), date(2026, 9, 20), date(2026, 10, 3))
    assert done.days == 14
    assert actuals(date(2026, 10, 3))["faster"] == 14.5


@pytest.mark.parametrize("days", [(date(2026, 10, 6), date(2026, 10, 20)), (date(2026, 10, 6), date(2026, 10, 5))])
def test_days_that_have_not_ended_or_are_out_of_order_are_refused(office: Any, days: Any) -> None:
    with pytest.raises(NotYet):
        backfill(office.at("2026-10-20T12:00Z"), *days)


def test_days_before_the_cycle_have_readings_and_a_scorecard_of_their_own(office: Any) -> None:
    office.sync("2026-10-20T02:00Z")
    done = backfill(office.at("2026-10-20T03:00Z"), date(2026, 9, 28), date(2026, 9, 29))
    assert (done.days, done.restated) == (2, 0)
    early = stored_scorecard(settings(), date(2026, 9, 29), None)
    assert {card.status for card in early.cards()} == {"Not Started"}
    assert stored_scorecard(settings(), None, None).as_of == date(2026, 10, 19)
    taken = [each.reading for each in history(settings(), "faster").beliefs if each.reading.as_of.month == 9]
    assert [(each.as_of.day, each.value) for each in taken] == [(28, 14.5), (29, 14.5)]
