"""Queries on SQLite and PostgreSQL, and what may go wrong between here and there."""

from __future__ import annotations

import os
import socket
import sqlite3
import struct
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import create_engine, text

from connectors.api import ConfigError, Context, DataError, Slice, Span, TransientError
from connectors.queries import statement_problem
from connectors.sql.options import SqlOptions
from connectors.sql.source import SqlSource

OCTOBER, NOVEMBER = 1_790_812_800_000, 1_793_491_200_000
CHANGES = "select id, created_at, admitted, verdict, verdict_at from signups where updated_at >= :since order by id;"
POSTGRES = os.environ.get("OKR_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


def open_source(folder: Path, url: str = "sqlite:///shop.db", **options: Any) -> SqlSource:
    return SqlSource(SqlOptions.model_validate({"url": url} | options), Context("warehouse", NOVEMBER, folder))


def pull(source: SqlSource, start: int | None = None) -> list[Any]:
    return [row for page in source.pull("account", Slice(start=start, end=NOVEMBER)) for row in page.facts]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with shop.db in it: two sign-ups, one of them touched in October."""
    with sqlite3.connect(tmp_path / "shop.db") as database:
        database.execute("create table signups (id, created_at, admitted, verdict, verdict_at, updated_at)")
        database.executemany(
            "insert into signups values (?, ?, ?, ?, ?, ?)",
            [
                (1, "2026-09-01T00:00:00Z", 1, None, None, "2026-09-01T00:00:00.000Z"),
                (2, "2026-10-01T02:00:00+02:00", 0, "fraud", "2026-10-02", "2026-10-02T00:00:00.000Z"),
            ],
        )
    database.close()
    return tmp_path


@pytest.fixture
def postgres() -> Iterator[str]:
    """The URL of a database in which a schema of its own is searched first."""
    schema = f"shop_{uuid.uuid4().hex}"
    admin = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    try:
        with admin.begin() as connection:
            connection.execute(text(f"create schema {schema}"))
            connection.execute(text(f"create sequence {schema}.s"))
            table = "id uuid, created_at timestamptz, local_at timestamp, admitted bool, verdict text, "
            table += "updated_at timestamptz"
            connection.execute(text(f"create table {schema}.signups ({table})"))
            fill = "select gen_random_uuid(), '2026-10-01T00:00Z', '2026-10-01', true, null, '2026-10-01T00:00Z'"
            connection.execute(text(f"insert into {schema}.signups {fill} from generate_series(1, 4500)"))
    except Exception as error:
        if os.environ.get("OKR_REQUIRE_POSTGRES") == "1":
            raise
        pytest.skip(f"no PostgreSQL server can be reached (OKR_TEST_POSTGRES_URL): {type(error).__name__}")
    yield f"{POSTGRES}?options=-csearch_path%3D{schema}"
    with admin.begin() as connection:
        connection.execute(text(f"drop schema {schema} cascade"))
    admin.dispose()


def test_changes_are_bound_as_utc_text_on_sqlite(shop: Any) -> None:
    source = open_source(shop, facts={"account": CHANGES}, lookback="2d")
    assert [row.id for row in pull(source)] == ["1", "2"]
    [row] = pull(source, start=OCTOBER)
    assert (row.created_at, row.admitted, row.verdict, row.verdict_at) == (
        OCTOBER,
        False,
        "fraud",
        OCTOBER + 86_400_000,
    )
    assert source.supplies["account"].lookback == 2 * 86_400_000
    assert not source.supplies["account"].everything
    assert source.check() == []


def test_without_since_everything_is_read(shop: Any) -> None:
    source = open_source(shop, facts={"account": "select id, created_at from signups"})
    assert source.supplies["account"].everything
    assert source.supplies["account"].lookback == 0


def test_two_times_of_a_null_are_null_and_of_nothing_no_rows(shop: Any) -> None:
    source = open_source(shop, facts={"account": "select id, created_at, verdict from signups where id = 1"})
    [row] = pull(source)
    assert row.verdict is None
    assert pull(open_source(shop, facts={"account": "select id, created_at from signups where id = 9"})) == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select id from signups", "account needs 'created_at'"),
        ("select created_at from signups", "account needs 'id'"),
        ("select id, created_at, 1 as colour from signups", "'colour' is not a field"),
        ("select id, created_at, null as id from signups", "given twice"),
        ("select id, null as created_at from signups", "row 1, column created_at: null"),
        ("select id, 'private' as created_at from signups", "row 1, column created_at: not an ISO"),
        ("select id, '2026-10-01T00:00:00' as created_at from signups", "a time without a zone"),
        ("select id, 5 as created_at from signups", "not a date or time"),
        ("select id, created_at, 'private' as verdict from signups", "not one of legitimate, fraud, unknown"),
        ("select id, created_at, 2 as admitted from signups", "not yes"),
    ],
)
def test_rows_that_are_not_facts_are_named(shop: Any, query: Any, said: Any) -> None:
    with pytest.raises(DataError) as caught:
        pull(open_source(shop, facts={"account": query}))
    assert said in str(caught.value)
    assert "private" not in str(caught.value)


def test_a_timezone_reads_naive_times(shop: Any) -> None:
    query = "select id, '2026-10-01 02:00:00' as created_at from signups where id = 1"
    [row] = pull(open_source(shop, facts={"account": query}, timezone="Europe/Berlin"))
    assert row.created_at == OCTOBER


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select id, created_at from gone", "no such table"),
        ("select id, created_at from", "does not accept"),
    ],
)
def test_a_query_that_does_not_run_is_a_config_error(shop: Any, query: Any, said: Any) -> None:
    source = open_source(shop, facts={"account": query})
    with pytest.raises(ConfigError, match=said):
        pull(source)
    assert said in source.check()[0]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("delete from signups", "must be a select"),
        ("select 1; drop table signups", "one statement"),
        ("with gone as (delete from signups returning id) select * from gone", "only read"),
        ("select id, created_at from signups where t > :until", ":until"),
        ("", "must be a select"),
    ],
)
def test_statements_that_may_not_run_are_refused_when_loaded(shop: Any, query: Any, said: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        open_source(shop, facts={"account": query})
    assert said in str(caught.value)
    with pytest.raises(ConfigError) as refused:
        open_source(shop).read(query, Span(start=None, end=1))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "query",
    [
        "select ';' as \"delete\", '--' from t -- drop; it\n where x::text > '12:30' ;",
        "/* ; */ WITH a AS (select 1) select * from a where t >= :start and t < :end",
        "select $$;delete :x$$",
    ],
)
def test_quoted_text_and_comments_are_not_code(query: Any) -> None:
    assert statement_problem(query) is None


def test_nothing_can_be_written(shop: Any) -> None:
    source = open_source(shop)
    with source._engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(text("delete from signups"))


@pytest.mark.parametrize(
    ("query", "result"),
    [
        ("select 1.5 as value, 3 as n", (1.5, None, None, 3)),
        ("select count(*) as numerator, 4 as denominator from signups where created_at < :end", (None, 2, 4, None)),
        ("select null as value", (None, None, None, None)),
        ("select 9e999 as value", (None, None, None, None)),
        ("select 0 as value, 0 as n", (0, None, None, 0)),
        ("select count(*) as value from signups where ' :x 12:30' = ' :x 12:30' -- :y", (2, None, None, None)),
    ],
)
def test_a_metrics_own_query(shop: Any, query: Any, result: Any) -> None:
    found = open_source(shop).read(query, Span(start=OCTOBER, end=NOVEMBER))
    assert (found.value, found.numerator, found.denominator, found.n) == result


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select 1 as number", "must return value"),
        ("select 1 as numerator", "must return value"),
        ("select 1 as value where 1 = 0", "not none"),
        ("select id as value from signups", "not several"),
        ("select 'private' as value", "not a number"),
        ("select 1 as value, 1.5 as n", "not a count"),
    ],
)
def test_a_metrics_own_query_that_is_not_one_number(shop: Any, query: Any, said: Any) -> None:
    with pytest.raises(DataError, match=said):
        open_source(shop).read(query, Span(start=None, end=NOVEMBER))


def test_a_query_that_runs_too_long_is_transient(shop: Any) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as value from n"
    with pytest.raises(TransientError, match="took longer"):
        open_source(shop, timeout="0.05s").read(endless, Span(start=None, end=1))


@pytest.mark.parametrize(
    "url", ["sqlite:///gone.db", "sqlite://", "nosuch://u:hush@h/d", "hush", "mssql+nodriver://u:hush@h"]
)
def test_a_url_that_leads_nowhere(shop: Any, url: Any) -> None:
    source = open_source(shop, url, facts={"ticket": "select 1 as id"})
    assert set(source.supplies) == {"ticket"}  # what is measured from it must not forget it
    with pytest.raises(ConfigError) as caught:
        source.read("select 1 as value", Span(start=None, end=1))
    assert "hush" not in str(caught.value)
    assert source.check() == [str(caught.value)]


def test_an_unreachable_server_is_transient(shop: Any) -> None:
    source = open_source(shop, "postgresql://u:hush@127.0.0.1:1/d")
    [problem] = source.check()
    assert "cannot be reached" in problem
    with pytest.raises(TransientError) as caught:
        source.read("select 1 as value", Span(start=None, end=1))
    assert "hush" not in str(caught.value)


def test_a_refused_password_is_a_config_error(shop: Any) -> None:
    def refuse(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            (length,) = struct.unpack("!i", connection.recv(4))
            if connection.recv(length - 4)[:4] == struct.pack("!i", 80_877_103):  # asks for TLS
                connection.sendall(b"N")
                connection.recv(4_096)
            said = b'SFATAL\0C28P01\0Mpassword authentication failed for user "hush"\0\0'
            connection.sendall(b"E" + struct.pack("!i", len(said) + 4) + said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse, args=(listener,))
        thread.start()
        source = open_source(shop, f"postgresql://hush:hush@127.0.0.1:{listener.getsockname()[1]}/d?sslmode=disable")
        with pytest.raises(ConfigError) as caught:
            source.read("select 1 as value", Span(start=None, end=1))
        thread.join()
    assert "refused the login" in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.postgres
def test_postgresql_streams_aware_times(tmp_path: Any, postgres: Any) -> None:
    query = "select id, created_at, admitted, verdict from signups where updated_at >= :since and updated_at < :end"
    source = open_source(tmp_path, postgres, facts={"account": query})
    pages = list(source.pull("account", Slice(start=OCTOBER, end=NOVEMBER)))
    assert [len(page.facts) for page in pages] == [2_000, 2_000, 500]
    assert {row.created_at for row in pull(source, start=OCTOBER)} == {OCTOBER}
    assert pull(source, start=OCTOBER + 1) == []


@pytest.mark.postgres
def test_postgresql_naive_times_need_a_timezone(tmp_path: Any, postgres: Any) -> None:
    query = "select id, local_at as created_at from signups limit 1"
    with pytest.raises(DataError, match="without a zone"):
        pull(open_source(tmp_path, postgres, facts={"account": query}))
    [row] = pull(open_source(tmp_path, postgres, facts={"account": query}, timezone="Europe/Berlin"))
    assert row.created_at == OCTOBER - 7_200_000


@pytest.mark.postgres
@pytest.mark.parametrize("server", ["Asia/Tokyo", "America/New_York"])
def test_postgresql_compares_naive_times_in_the_source_s_zone_not_the_server_s(
    tmp_path: Any, postgres: Any, server: str
) -> None:
    """Else what changed in the hours between the two zones would never be read."""
    url = f"{postgres}%20-cTimeZone%3D{server}"
    query = "select id, created_at from signups where local_at >= :since"
    facts = {"account": query}
    assert len(pull(open_source(tmp_path, url, facts=facts), OCTOBER)) == 4_500
    assert pull(open_source(tmp_path, url, facts=facts), OCTOBER + 1) == []
    berlin = open_source(tmp_path, url, facts=facts, timezone="Europe/Berlin")
    assert len(pull(berlin, OCTOBER - 7_200_000)) == 4_500
    assert pull(berlin, OCTOBER - 7_200_000 + 1) == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "kind", "said"),
    [
        ("select set_config('transaction_read_only', 'off', true) as value", ConfigError, "read-write"),
        ("select gone as value from signups", ConfigError, 'column "gone" does not exist'),
        ("select pg_sleep(5) as value", TransientError, "took longer"),
        ("select 'private'::int as value", DataError, "failed on the data"),
        ("select 'NaN'::float as value", None, ""),
        ("select nextval('s') as value", ConfigError, "read-only"),
    ],
)
def test_postgresql_failures_have_a_kind(tmp_path: Any, postgres: Any, query: Any, kind: Any, said: Any) -> None:
    source = open_source(tmp_path, postgres, timeout="0.3s")
    if kind is None:
        assert source.read(query, Span(start=None, end=1)).value is None
        return
    with pytest.raises(kind) as caught:
        source.read(query, Span(start=None, end=1))
    assert said in str(caught.value)
    assert "private" not in str(caught.value)


@pytest.mark.postgres
@pytest.mark.parametrize("change", [("postgres@", "nobody_hush:hush@"), ("/test", "/hush_gone")])
def test_postgresql_an_unknown_user_or_database_is_a_config_error(tmp_path: Any, postgres: Any, change: Any) -> None:
    url = postgres.replace(*change, 1)
    if url == postgres:
        pytest.skip("OKR_TEST_POSTGRES_URL names another user or database")
    with pytest.raises(ConfigError) as caught:
        open_source(tmp_path, url).read("select 1 as value", Span(start=None, end=1))
    assert "hush" not in str(caught.value)
