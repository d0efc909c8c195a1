"""A MariaDB as the warehouse, its clock set to another zone than the one that times are asked for in."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from connectors.api import ConfigError, Context, DataError, Slice, Span, TransientError
from connectors.sql.options import SqlOptions
from connectors.sql.source import SqlSource

OCTOBER, DAY = 1_790_812_800_000, 86_400_000
FIRST = Slice(start=OCTOBER, end=OCTOBER + DAY)
WAY = os.environ.get("PATH", "") + ":/usr/sbin"
WANTED = ("mariadbd", "mariadb-install-db")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not all(shutil.which(each, path=WAY) for each in WANTED) and os.environ.get("OKR_REQUIRE_REAL") != "1",
        reason="no MariaDB here: tests/real/install brings it",
    ),
]

SEED = """
create database shop;
create table shop.signups
 (id bigint, created_at timestamp null, local_at datetime, admitted bool, amount decimal(9, 2));
set time_zone = '+00:00';
insert into shop.signups select seq, '2026-10-01 00:00:00', '2026-10-01 02:00:00', seq % 2, 1.5 from shop.seq_1_to_4500;
create user writer@'127.0.0.1' identified by 'hush';
grant all on shop.* to writer@'127.0.0.1';
create user reader@'127.0.0.1' identified by 'hush';
grant select (id) on shop.signups to reader@'127.0.0.1';
set global time_zone = '+09:00';
insert into mysql.time_zone (time_zone_id) values (1);
insert into mysql.time_zone_name values ('Europe/Berlin', 1);
insert into mysql.time_zone_transition_type values (1, 0, 7200, 1, 'CEST');
insert into mysql.time_zone_transition values (1, 0, 0)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its host and port."""
    folder = tmp_path_factory.mktemp("mariadb")
    install, daemon = (str(shutil.which(each, path=WAY)) for each in reversed(WANTED))
    mine = ["--no-defaults", f"--datadir={folder}/data", f"--user={getpass.getuser()}"]
    first = [install, *mine, "--auth-root-authentication-method=normal", "--skip-test-db"]
    subprocess.run(first, check=True, capture_output=True, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [daemon, *mine, f"--socket={folder}/s", f"--port={port}", "--bind-address=127.0.0.1"]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _seed(f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(30)


def _seed(address: str) -> None:
    engine = create_engine(f"mysql+pymysql://root@{address}")
    until = time.monotonic() + 60
    while True:
        try:
            engine.connect().close()
            break
        except OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    with engine.begin() as connection:
        for statement in SEED.split(";"):
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def opens(server: str, tmp_path: Path) -> Callable[..., Any]:
    """Opens it, as a user who might write."""

    def opened(user: str = "writer", **options: Any) -> SqlSource:
        given = {"url": f"mysql+pymysql://{user}:hush@{server}/shop"} | options
        return SqlSource(SqlOptions.model_validate(given), Context("warehouse", OCTOBER + 9 * DAY, tmp_path))

    return opened


def pulled(source: SqlSource) -> list[Any]:
    return [fact for page in source.pull("account", FIRST) for fact in page.facts]


@pytest.mark.parametrize(("zone", "column"), [("UTC", "created_at"), ("Europe/Berlin", "local_at")])
def test_times_are_compared_and_read_in_the_source_s_zone(opens: Any, zone: str, column: str) -> None:
    """A `timestamp` is kept in UTC, a `datetime` in whatever zone who wrote it meant."""
    query = f"select id, {column} as created_at, admitted from signups where {column}"
    facts = pulled(opens(timezone=zone, facts={"account": f"{query} >= :since"}))
    assert len(facts) == 4_500
    assert {fact.created_at for fact in facts} == {OCTOBER}
    assert {fact.admitted for fact in facts} == {True, False}
    assert pulled(opens(timezone=zone, facts={"account": f"{query} > :since"})) == []


def test_times_need_a_zone(opens: Any) -> None:
    with pytest.raises(DataError, match="without a zone"):
        pulled(opens(facts={"account": "select id, created_at from signups"}))


def test_a_zone_that_the_server_does_not_know_is_named(opens: Any) -> None:
    with pytest.raises(ConfigError, match="Asia/Tokyo"):
        opens(timezone="Asia/Tokyo").read("select 1 as value", Span(start=None, end=OCTOBER))


def test_a_metrics_own_query(opens: Any) -> None:
    query = (
        "select sum(amount) as numerator, count(*) as denominator, count(*) as n from signups where created_at < :end"
    )
    found = opens().read(query, Span(start=OCTOBER, end=OCTOBER + 1))
    assert (found.numerator, found.denominator, found.n) == (6_750, 4_500, 4_500)


def test_nothing_can_be_written(opens: Any) -> None:
    with pytest.raises(ConfigError, match="READ ONLY"), opens()._reading() as connection:
        connection.execute(text("delete from signups"))


@pytest.mark.parametrize(
    ("user", "query", "kind", "said"),
    [
        ("writer", "select sum(a.id * b.id) as value from signups a, signups b, signups c", TransientError, "longer"),
        ("writer", "select gone as value from signups", ConfigError, "Unknown column 'gone'"),
        ("writer", "select 1 as value from gone", ConfigError, "doesn't exist"),
        ("writer", "select from", ConfigError, "does not accept the query"),
        ("reader", "select count(amount) as value from signups", ConfigError, "may not read"),
        ("nobody", "select 1 as value", ConfigError, "refused the login"),
    ],
)
def test_failures_have_a_kind(opens: Any, user: str, query: str, kind: Any, said: str) -> None:
    with pytest.raises(kind, match=said) as caught:
        opens(user, timeout="0.5s").read(query, Span(start=None, end=OCTOBER))
    assert "hush" not in str(caught.value)
