"""A PostgreSQL as the warehouse, its user allowed to select and nothing else, read night after night."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from tests.place import Site

POSTGRES = os.environ.get("OKR_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
SATURDAY, SUNDAY, MONDAY = (f"2026-11-{day}T05:00:00+01:00" for day in (21, 22, 23))
TURNED = "'2026-11-21T12:00Z'"

pytestmark = [pytest.mark.real, pytest.mark.postgres]

CHANGES = "select id, created_at, admitted, verdict, verdict_at from {}.signups where updated_at >= :since"
SHARE = "measure: {share: {where: {verdict: fraud}, of: {where: {admitted: true}}}}, on: created_at"
ASKED = """select count(*) filter (where verdict = 'fraud') as numerator, count(*) as denominator, count(*) as n
 from {}.signups where admitted and created_at >= :start and created_at < :end"""
WINDOW = "window: {trailing: 28d}"


@dataclass(frozen=True)
class Warehouse:
    """A schema of its own, and the URL of a user who may only read it."""

    admin: Engine
    schema: str
    url: str

    def do(self, statement: str) -> None:
        with self.admin.begin() as connection:
            connection.execute(text(statement.format(self.schema).replace("TURNED", TURNED)))


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """50 sign-ups a day, from September to 21 November; one of each day is refused, one a fraud found in an hour."""
    name = f"okr_{uuid.uuid4().hex[:12]}"
    admin = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    made = Warehouse(admin, name, make_url(POSTGRES).set(username=name, password="hush").render_as_string(False))
    try:
        made.do("create schema {}")
    except Exception as error:
        if os.environ.get("OKR_REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(f"no PostgreSQL server can be reached (OKR_TEST_POSTGRES_URL): {type(error).__name__}")
    made.do(
        """create table {0}.signups as
        select i as id, at as created_at, i % 50 <> 30 as admitted, fraud as verdict,
          case when fraud is not null then at + interval '1 hour' end as verdict_at, at as updated_at
        from generate_series(0, 82 * 50 - 1) as i
        cross join lateral (select timestamptz '2026-09-01T00:00Z' + (i / 50.0) * interval '1 day') as when_(at)
        cross join lateral (select case when i % 50 = 20 then 'fraud' end) as what(fraud)"""
    )
    made.do("create role {0} login password 'hush'")
    made.do("grant usage on schema {0} to {0}")
    made.do("grant select on {0}.signups to {0}")
    yield made
    made.do("drop schema {0} cascade")
    made.do("drop role {0}")
    admin.dispose()


@pytest.fixture
def asking(warehouse: Warehouse, site: Callable[..., Site]) -> Site:
    """The share of frauds twice: from pulled facts, and by the warehouse's own count."""
    facts = f'{{account: "{CHANGES.format(warehouse.schema)}"}}'
    query = " ".join(ASKED.format(warehouse.schema).split())
    metrics = {
        "pulled": f"unit: percent, better: higher, fact: account, {SHARE}, {WINDOW}",
        "asked": f'unit: percent, better: higher, source: warehouse, query: "{query}", {WINDOW}',
    }
    source = f"warehouse: {{connector: sql, url: {{secret: PG_URL}}, facts: {facts}}}"
    return site(source, metrics, PG_URL=warehouse.url)


def counted(report: Any, name: str) -> tuple[float, float]:
    reading = report["readings"][name]
    assert reading["state"] == "ok", reading
    return reading["numerator"], reading["denominator"]


def test_night_after_night_facts_say_what_the_warehouse_counts(warehouse: Warehouse, asking: Site) -> None:
    first = asking.okr_json("sync", now=SATURDAY)
    assert first["sources"]["warehouse"]["facts"]["account"]["stored"] > 3_000
    # 28 days of Berlin, of which one had 25 hours: 28 * 50 sign-ups and the two of that hour, less 28 refused ones.
    assert counted(first, "pulled") == counted(first, "asked") == (28, 28 * 49 + 2)

    warehouse.do(
        "update {0}.signups set verdict = 'fraud', verdict_at = TURNED, updated_at = TURNED where id % 100 = 40"
    )
    second = asking.okr_json("sync", now=SUNDAY)
    assert counted(second, "pulled") == counted(second, "asked") == (28 + 14, 28 * 49 + 2)
    facts = second["sources"]["warehouse"]["facts"]["account"]
    assert facts["stored"] < 200, "what changed, and not all of it"


def test_a_query_of_an_earlier_day_is_asked_for_its_own_window(warehouse: Warehouse, asking: Site) -> None:
    asking.okr_json("sync", now=SUNDAY)
    rows = asking.okr("history", "asked", now=SUNDAY).stdout
    days = {found[0] for found in re.finditer(r"^2026-1[01]-\d\d(?=  asked)", rows, re.MULTILINE)}
    assert len(days) == 31 + 21, "every day of the cycle so far"


def test_a_right_that_is_taken_away_is_a_broken_source_and_no_number(warehouse: Warehouse, asking: Site) -> None:
    asking.okr_json("sync", now=SATURDAY)
    warehouse.do("revoke select on {0}.signups from {0}")
    report = asking.okr_json("sync", now=SUNDAY, code=1)
    error = report["sources"]["warehouse"]["error"]
    assert error["kind"] == "config"
    assert "may not read" in error["message"]
    for name in ("pulled", "asked"):
        assert (report["readings"][name]["state"], report["readings"][name]["value"]) == ("none", None)
    assert "hush" not in str(report)


def test_a_column_that_was_renamed_is_named(warehouse: Warehouse, asking: Site) -> None:
    warehouse.do("alter table {0}.signups rename column verdict to judgement")
    report = asking.okr_json("sync", now=MONDAY, code=1)
    assert 'column "verdict" does not exist' in report["sources"]["warehouse"]["error"]["message"]
