"""A quarter's end, from closing to the next quarter's file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from config.problems import ConfigProblems
from config.settings import settings
from ledger.closed_cycles import closed_cycle
from steps.checkin import CheckInRefused, Said, check_in
from steps.cycle import CannotClose, CannotOpen, close_cycle, close_cycle_provisionally, close_when_final, open_next
from steps.status import stored_scorecard
from steps.wiring import open_workspace


def statuses(scorecard: Any) -> dict[str, str]:
    return {card.id: card.status for card in scorecard.cards()}


@pytest.fixture
def quarter(office: Any) -> Any:
    """The desk on 2 January, everything read and said; what is left to do is to close."""
    workspace = office.at("2026-12-30T12:00Z")
    check_in(workspace, Said("calls", value="30", as_of=date(2026, 12, 30)))
    check_in(workspace, Said("launch", milestone="live", as_of=date(2026, 11, 2)))
    return office


def test_after_the_end_it_is_closing_until_it_is_closed(quarter: Any) -> None:
    report = quarter.sync("2027-01-02T02:00Z")
    assert set(statuses(report.scorecard).values()) == {"Closing"}
    with pytest.raises(CannotClose) as refused:
        close_cycle(quarter.at("2027-01-02T03:00Z"))
    # `within 48h` is judged of the last day's tickets on 3 January.
    assert "solved: its final reading can be taken from 3 Jan on" in str(refused.value)
    assert "at most until 6 Jan 00:00" in str(refused.value)

    quarter.sync("2027-01-03T02:00Z")
    closing = close_cycle(quarter.at("2027-01-03T03:00Z"))
    assert not closing.closed.provisional
    shown = stored_scorecard(settings(), None, None)
    assert shown.cycle.state == "closed"
    assert statuses(shown) == {
        "faster": "Partial",
        "solved": "Achieved",
        "steady": "Achieved",
        "calls": "Partial",
        "launch": "Achieved",
    }
    faster, _, steady, calls, _ = shown.cards()
    assert faster.reason == "score 0.79; 14.5 h, target 12 h; covers 25 to 31 Dec"
    assert steady.reason == "score 1.00; 3 of 3 met, target at most 20 h every month"
    assert (calls.actual, calls.progress) == (30, 0.75)


def test_tickets_of_the_new_year_move_nothing(quarter: Any) -> None:
    quarter.ticket_a_day(date(2027, 1, 1), date(2027, 1, 9), 300)
    quarter.sync("2027-01-10T02:00Z")
    closing = close_cycle(quarter.at("2027-01-10T03:00Z"))
    assert closing.closed.outcomes[0].reason == "score 0.79; 14.5 h, target 12 h; covers 25 to 31 Dec"
    again = quarter.sync("2027-02-10T02:00Z")
    assert again.scorecard.cycle.state == "closed"
    assert statuses(again.scorecard) == statuses(closing.scorecard)


def test_a_missing_final_reading_is_waited_for_through_the_grace_and_then_not_measured(quarter: Any) -> None:
    quarter.tickets = {name: row for name, row in quarter.tickets.items() if row[0] < datetime(2026, 12, 1, tzinfo=UTC)}
    quarter.sync("2027-01-03T02:00Z")
    waits = close_when_final(quarter.at("2027-01-03T03:00Z"))
    assert "faster: no final reading: empty" in str(waits)
    closing: Any = close_when_final(quarter.at("2027-01-06T00:00Z"))
    words = {each.key_result: each.word for each in closing.closed.outcomes}
    assert words == {
        "faster": "Not Measured",
        "solved": "Not Measured",
        "steady": "Not Measured",
        "calls": "Partial",
        "launch": "Achieved",
    }
    assert close_when_final(quarter.at("2027-01-07T00:00Z")) == "cycle 2026-Q4 is closed"


def test_a_provisional_end_is_made_final_later_and_both_are_known(quarter: Any) -> None:
    quarter.sync("2027-01-02T02:00Z")
    early = close_cycle_provisionally(quarter.at("2027-01-02T03:00Z"), ["calls"])
    assert statuses(early.scorecard)["calls"] == "Dropped"
    solved = next(each for each in early.closed.outcomes if each.key_result == "solved")
    assert solved.reason.startswith("provisional, score 1.00; 100 %")
    quarter.sync("2027-01-03T02:00Z")
    final = close_cycle(quarter.at("2027-01-03T03:00Z"))
    assert statuses(final.scorecard)["calls"] == "Partial"
    engine = quarter.at("2027-01-03T04:00Z").engine
    assert closed_cycle(engine, "2026-Q4", early.closed.recorded_at) == early.closed
    assert closed_cycle(engine, "2026-Q4") == final.closed


def test_a_running_cycle_and_one_that_was_not_synced_are_not_closed(quarter: Any) -> None:
    quarter.sync("2026-12-20T02:00Z")
    with pytest.raises(CannotClose, match="its last day is 2026-12-31"):
        close_cycle_provisionally(quarter.at("2026-12-31T23:59Z"))
    with pytest.raises(CannotClose, match="run `okr sync` first"):
        close_cycle_provisionally(quarter.at("2027-01-05T00:00Z"))


def test_an_unknown_month_is_settled_by_a_person(quarter: Any) -> None:
    for day in range(31):
        quarter.tickets.pop(f"mail-{date(2026, 10, 1) + timedelta(days=day)}")
    quarter.sync("2027-01-03T02:00Z")
    with pytest.raises(CannotClose, match="steady: 2026-10 unknown"):
        close_cycle(quarter.at("2027-01-03T03:00Z"))
    for wrong, told in (
        (Said("steady", period="2026-10", settled="met"), "all of --period, --settle and --note"),
        (Said("steady", period="2026-W41", settled="met", note="x"), "its periods are: 2026-10, 2026-11, 2026-12"),
        (Said("faster", period="2026-10", settled="met", note="x"), "its target has no periods"),
    ):
        with pytest.raises(CheckInRefused, match=told):
            check_in(quarter.at("2027-01-03T03:00Z"), wrong)
    check_in(quarter.at("2027-01-03T03:00Z"), Said("steady", period="2026-10", settled="missed", note="the log"))
    outcomes = {each.key_result: each for each in close_cycle(quarter.at("2027-01-03T03:01Z")).closed.outcomes}
    assert (outcomes["steady"].word, outcomes["steady"].exact) == ("Missed", "2/3")


def test_a_month_that_was_measured_is_not_settled_by_a_person(quarter: Any) -> None:
    for day in range(31):
        quarter.tickets.pop(f"mail-{date(2026, 10, 1) + timedelta(days=day)}")
    quarter.sync("2027-01-03T02:00Z")
    workspace = quarter.at("2027-01-03T03:00Z")
    with pytest.raises(CheckInRefused) as refused:
        check_in(workspace, Said("steady", period="2026-11", settled="missed", note="it felt long"))
    told = "2026-11 was measured: 14.5 h, met; a person settles only what could not be"
    assert str(refused.value) == told
    for word in ("missed", "met"):  # who was wrong about an unknown one says so again
        assert check_in(workspace, Said("steady", period="2026-10", settled=word, note="the log")).settled == word


def test_the_next_cycle_asks_for_every_target_by_its_line(quarter: Any) -> None:
    with pytest.raises(CannotOpen, match="not closed yet"):
        open_next(quarter.at("2027-01-03T04:00Z"))
    quarter.sync("2027-01-03T02:00Z")
    close_cycle(quarter.at("2027-01-03T03:00Z"))
    new, kept = open_next(quarter.at("2027-01-03T04:00Z"))

    assert kept.name == "okrs-2026-Q4.yaml"
    assert "increase: {from: 0, to: 40}" in kept.read_text()
    text = new.read_text()
    assert "# faster: was {decrease: {from: 24, to: 12}}; Partial, score 0.79; 14.5 h, target 12 h" in text
    assert "# calls: was {increase: {from: 0, to: 40}}, pace {reach_by: 2026-12-20}; Partial" in text
    assert "# The desk's quarter." in text
    assert "id: 2027-Q1, start: 2027-01-01, end: 2027-04-01" in text
    with pytest.raises(ConfigProblems) as refused:
        open_workspace(settings())
    lines = text.splitlines()
    problems = refused.value.problems
    assert len(problems) == 5
    assert all("TODO" in lines[(problem.line or 0) - 1] for problem in problems)
    assert all("no target has been set for this cycle" in problem.message for problem in problems)


def test_what_was_said_of_the_last_cycle_does_not_count_for_the_next(quarter: Any) -> None:
    """The same milestone and the same count are to be reached anew."""
    okrs = quarter.folder / "okr" / "okrs.yaml"
    text = okrs.read_text().replace("pace: {reach_by: 2026-12-20}", "weight: 1").replace("2026-Q4", "2027-Q1")
    quarter.write("okrs.yaml", text.replace("2027-01-01", "2027-04-01").replace("2026-10-01", "2027-01-01"))
    report = quarter.sync("2027-01-05T02:00Z")
    assert statuses(report.scorecard)["launch"] == "Too Early"
    assert statuses(report.scorecard)["calls"] == "No Data"
    with pytest.raises(
        CheckInRefused, match="cycle 2027-Q1 starts on 2027-01-01; before that day only notes are taken"
    ):
        check_in(quarter.at("2027-01-05T03:00Z"), Said("launch", milestone="live", as_of=date(2026, 12, 31)))


def test_an_odd_cycle_must_name_the_next_one(quarter: Any) -> None:
    okrs = quarter.folder / "okr" / "okrs.yaml"
    okrs.write_text(okrs.read_text().replace("id: 2026-Q4", "id: autumn"))
    quarter.sync("2027-01-03T02:00Z")
    close_cycle(quarter.at("2027-01-03T03:00Z"))
    with pytest.raises(CannotOpen, match="--id"):
        open_next(quarter.at("2027-01-03T04:00Z"))
    with pytest.raises(CannotOpen, match="cannot end on"):
        open_next(quarter.at("2027-01-03T04:00Z"), "winter", date(2027, 1, 1))
    new, _ = open_next(quarter.at("2027-01-03T04:00Z"), "winter", date(2027, 3, 1))
    assert "id: winter, start: 2027-01-01, end: 2027-03-01" in new.read_text()
