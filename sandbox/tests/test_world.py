"""The company is the same for the same seed, whole in its lifecycles, and as big as it says."""

from random import Random

import msgspec

from sandbox import company
from sandbox.rhythm import DAY, HOUR, MINUTE, instant, iso_ms, iso_s
from sandbox.world import SEED, World, build


def _bytes(world: World) -> bytes:
    return msgspec.msgpack.encode(world)


def test_same_seed_same_world() -> None:
    assert _bytes(build.__wrapped__(SEED)) == _bytes(build(SEED))
    assert company.members(Random("7 members")) != company.members(Random("8 members"))


def test_tens_of_thousands_of_records_before_and_after_the_cycle() -> None:
    world = build(SEED)
    for records, least in ((world.reports, 18_000), (world.charges, 28_000), (world.tickets, 14_000)):
        assert len(records) > least
        assert records[0].created < instant("2026-06-21")
        assert records[-1].created > instant("2027-01-14")
    assert len(world.accounts) > 38_000


def test_every_life_runs_forwards() -> None:
    world = build(SEED)
    for report in world.reports:
        times = [report.created, *(activity.at for activity in report.activities)]
        assert times == sorted(times)
    for ticket in world.tickets:
        times = [ticket.created, *(change.at for change in ticket.changes)]
        assert times == sorted(times)
    for charge in world.charges:
        later = [record.created for record in (charge.review, charge.warning, charge.dispute) if record]
        assert all(at >= charge.created for at in later)


def test_a_report_is_closed_only_while_open_and_reopened_only_while_closed() -> None:
    for report in build(SEED).reports:
        closed = False
        for activity in report.activities:
            assert (activity.kind == "reopen") == closed
            closed = activity.kind == "close"


def test_disputes_arrive_5_to_110_days_late_and_some_are_won() -> None:
    frauds = [c for c in build(SEED).charges if c.dispute and c.dispute.reason == "fraudulent"]
    delays = [(c.dispute.created - c.created) / DAY for c in frauds if c.dispute]
    assert 5 <= min(delays) < 10
    assert 90 < max(delays) <= 110.5
    assert any(c.dispute.statuses[-1][1] == "won" for c in frauds if c.dispute)


def test_no_outcome_is_known_within_two_hours_of_the_day_that_decides() -> None:
    world = build(SEED)
    for account in world.accounts:
        assert all(abs(at - account.created - 30 * DAY) > 2 * HOUR for at, _ in account.verdicts)
    for charge in world.charges:
        if charge.dispute:
            assert abs(charge.dispute.created - charge.created - 60 * DAY) > 2 * HOUR


def test_nothing_changes_at_the_helpdesk_in_the_last_minute_of_an_hour() -> None:
    """So that the export, which leaves the last minute out, is complete at every full hour."""
    world = build(SEED)
    times = [change.at for ticket in world.tickets for change in ticket.changes]
    times += [ticket.created for ticket in world.tickets]
    late = [at for at in times if at % HOUR == 0 or at % HOUR > 59 * MINUTE]
    exact = {ticket.created + 48 * HOUR for ticket in world.tickets}
    assert [at for at in late if at not in exact] == []


def test_instants_are_written_as_they_are_read() -> None:
    at = instant("2026-10-25T00:59:59.042Z")
    assert iso_ms(at) == "2026-10-25T00:59:59.042Z"
    assert iso_s(at) == "2026-10-25T00:59:59Z"
    assert instant(iso_ms(at)) == at
