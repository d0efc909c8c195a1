"""Once a week what vanished at the source is found, and nothing that is still there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select

from ledger import fact_tables, pulls, sweeps
from ledger.database import LedgerError, read
from ledger.fact_tables import TABLES
from okr_model.exchange import Page, Slice, Stored
from okr_model.facts import Ticket

HASHER = pulls.PersonHasher(b"a key of the tests", "k1")
DAY = 86_400_000
NOW = 20_000 * DAY
FROM = NOW - 50 * DAY


@pytest.fixture
def ledger(empty: Engine) -> Engine:
    fact_tables.prepare(empty)
    return empty


def page(*ids: str, position: str | None = None, at: int = NOW) -> Page:
    return Page(facts=[Ticket(id=id_, created_at=at) for id_ in ids], position=position)


def pull(engine: Engine, now: int, *pages: Page) -> None:
    part = pulls.open_slice(engine, "desk", "ticket", needed_from=FROM, now=now, supply_lookback=0, everything=False)
    for each in pages:
        pulls.store_page(engine, "desk", "ticket", part, each, HASHER, signals=False)
    pulls.finish_slice(engine, "desk", "ticket", part)
    due(engine, now)


def due(engine: Engine, now: int) -> Slice | None:
    return sweeps.open_sweep(engine, "desk", "ticket", now)


def sweep(engine: Engine, part: Slice, *pages: Page) -> int:
    for each in pages:
        sweeps.store_swept(engine, "desk", "ticket", part, each, HASHER, signals=False)
    return sweeps.finish_reading(engine, "desk", "ticket", part)


def there(engine: Engine) -> set[str]:
    table = TABLES["ticket"]
    with read(engine) as connection:
        return set(connection.execute(select(table.c.id).where(table.c.retracted_at.is_(None))).scalars())


def test_it_is_due_a_week_after_the_first_slice_and_then_weekly(ledger: Engine) -> None:
    assert due(ledger, NOW) is None
    pull(ledger, NOW, page("1"))
    for now in (NOW, NOW + DAY, NOW + 6 * DAY):
        assert due(ledger, now) is None
    part = due(ledger, NOW + 7 * DAY - 60_000)  # nights begin a few seconds earlier or later
    assert part == Slice(start=FROM, end=NOW + 7 * DAY - 60_000, everything=True)
    assert sweep(ledger, part, page("1")) == 0
    assert due(ledger, NOW + 13 * DAY) is None
    assert due(ledger, NOW + 14 * DAY) is not None


def test_what_two_readings_missed_is_retracted_and_the_coverage_stays(ledger: Engine) -> None:
    pull(ledger, NOW, page("1", "2", "3", "4"))
    covered = pulls.coverages(ledger)
    part = due(ledger, NOW + 7 * DAY)
    assert part is not None
    assert sweep(ledger, part, page("1", "2")) == 0
    assert there(ledger) == {"1", "2", "3", "4"}
    assert due(ledger, NOW + 7 * DAY) == part
    assert sweep(ledger, part, page("1", "3")) == 1
    assert there(ledger) == {"1", "2", "3"}
    assert due(ledger, NOW + 7 * DAY) is None
    assert pulls.coverages(ledger) == covered


def test_it_goes_on_where_it_was_and_what_came_meanwhile_is_not_missed(ledger: Engine) -> None:
    pull(ledger, NOW, page("1", "2", "3"))
    part = due(ledger, NOW + 7 * DAY)
    assert part is not None
    sweeps.store_swept(ledger, "desk", "ticket", part, page("3", position="p2"), HASHER, signals=False)
    pull(ledger, NOW + 8 * DAY, page("4", at=NOW + 7 * DAY))
    resumed = due(ledger, NOW + 8 * DAY)
    assert resumed == Slice(start=FROM, end=part.end, position="p2", everything=True)
    assert sweep(ledger, resumed, page("2")) == 0
    assert sweep(ledger, part, page("3", "2")) == 1
    assert there(ledger) == {"2", "3", "4"}


def test_rows_from_before_what_is_covered_are_left_as_they_are(ledger: Engine) -> None:
    pull(ledger, NOW, page("new"), page("old", at=FROM - 1), page("first", at=FROM))
    part = due(ledger, NOW + 7 * DAY)
    assert part is not None
    assert sweep(ledger, part) + sweep(ledger, part) == 2
    assert there(ledger) == {"old"}


def test_a_sweep_brings_what_the_pulls_had_missed(ledger: Engine) -> None:
    pull(ledger, NOW, page("1"))
    part = due(ledger, NOW + 7 * DAY)
    assert part is not None
    told: Any = sweeps.store_swept(ledger, "desk", "ticket", part, page("1", "2"), HASHER, signals=False)
    assert told == Stored(stored=1, unchanged=1)


def test_one_that_is_over_takes_no_more_pages(ledger: Engine) -> None:
    pull(ledger, NOW, page("1"))
    part = due(ledger, NOW + 7 * DAY)
    assert part is not None
    sweep(ledger, part, page("1"))
    with pytest.raises(LedgerError, match="no longer the running one"):
        sweep(ledger, part, page("2"))
    assert there(ledger) == {"1"}


def test_a_source_that_is_now_read_whole_needs_no_sweep(ledger: Engine) -> None:
    pull(ledger, NOW, page("1", "2"))
    assert due(ledger, NOW + 7 * DAY) is not None
    part = pulls.open_slice(
        ledger, "desk", "ticket", needed_from=FROM, now=NOW + 8 * DAY, supply_lookback=0, everything=True
    )
    pulls.store_page(ledger, "desk", "ticket", part, page("2"), HASHER, signals=False)
    assert pulls.finish_slice(ledger, "desk", "ticket", part) == 1
    assert due(ledger, NOW + 9 * DAY) is None


def test_changes_are_read_from_the_sources_last_word_where_its_clock_is_behind(ledger: Engine) -> None:
    first = pulls.open_slice(ledger, "desk", "ticket", needed_from=FROM, now=NOW, supply_lookback=5, everything=False)
    for latest in (NOW - 3 * DAY, NOW - 9 * DAY):
        pulls.store_page(ledger, "desk", "ticket", first, Page(latest=latest), HASHER, signals=False)
    pulls.finish_slice(ledger, "desk", "ticket", first)
    tomorrow: Any = {"needed_from": FROM, "supply_lookback": 5, "everything": False}
    second = pulls.open_slice(ledger, "desk", "ticket", now=NOW + DAY, **tomorrow)
    assert second == Slice(start=NOW - 3 * DAY - 5, end=NOW + DAY)
    pulls.store_page(ledger, "desk", "ticket", second, Page(latest=NOW + 900 * DAY), HASHER, signals=False)
    pulls.finish_slice(ledger, "desk", "ticket", second)
    third = pulls.open_slice(ledger, "desk", "ticket", now=NOW + 2 * DAY, **tomorrow)
    assert third.start == NOW + DAY - 5, "one record from the far future must not end all pulling"
