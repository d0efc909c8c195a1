"""Connecting, migrating, backing up."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from ledger import database
from ledger.database import LedgerError
from ledger.tables import metadata


def test_migrations_make_exactly_the_tables_that_are_declared(engine: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def declared(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "index" and str(name).endswith("_held"))  # these stand in the migrations alone

    with database.read(engine) as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"include_object": declared}), metadata) == []
        )
        held = [index for index in inspect(connection).get_indexes("readings") if index["name"] == "readings_held"]
        assert held[0]["unique"]


def test_the_head_is_what_alembic_calls_head(engine: Engine) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    assert database.head() == ScriptDirectory.from_config(config).get_current_head()
    assert database.current(engine) == database.head()


def test_an_empty_database_is_at_no_revision(empty: Engine) -> None:
    assert database.current(empty) is None


def test_upgrading_again_or_twice_at_once_is_harmless(empty: Engine) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(database.upgrade, [empty] * 3))
    database.upgrade(empty)
    assert database.current(empty) == database.head()


def test_a_database_from_the_future_is_left_alone(engine: Engine) -> None:
    with database.begin(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(LedgerError, match="upgrade okrsync"):
        database.upgrade(engine)


def test_a_ledger_at_its_head_is_opened_without_alembic(engine: Engine, ledger_url: str) -> None:
    code = (
        "import sys; from ledger import database; database.upgrade(database.connect(sys.argv[1]));"
        "sys.exit('alembic' in sys.modules or 'sqlalchemy.orm' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, ledger_url], check=False).returncode == 0


def test_a_transaction_that_reads_and_then_writes_loses_no_update(engine: Engine) -> None:
    with database.begin(engine) as connection:
        connection.execute(text("INSERT INTO leases (name, epoch) VALUES ('counter', 0)"))

    def add(_: int) -> None:
        with database.begin(engine) as connection:
            database.in_turn(connection, "counter")
            seen = connection.execute(text("SELECT epoch FROM leases")).scalar_one()
            connection.execute(text("UPDATE leases SET epoch = :epoch"), {"epoch": seen + 1})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(40)))
    with database.read(engine) as connection:
        assert connection.execute(text("SELECT epoch FROM leases")).scalar_one() == 40


def test_writers_of_one_process_take_turns_and_none_tries_in_vain(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has one writer at a time")
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _record: connection.execute("PRAGMA busy_timeout = 0"))

    def write(number: int) -> None:
        with database.begin(engine) as connection:
            connection.execute(text("INSERT INTO leases (name, epoch) VALUES (:name, 0)"), {"name": str(number)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    with database.read(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar_one() == 80


def test_an_exception_undoes_the_transaction(engine: Engine) -> None:
    def write() -> None:
        with database.begin(engine) as connection:
            connection.execute(text("INSERT INTO leases (name, epoch) VALUES ('x', 0)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    with database.read(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar_one() == 0


def test_a_reader_does_not_wait_for_a_writer(engine: Engine) -> None:
    with database.begin(engine) as writer:
        writer.execute(text("INSERT INTO leases (name, epoch) VALUES ('x', 0)"))
        with database.read(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM leases")).scalar_one() == 0


def test_errors_of_the_database_show_no_values(engine: Engine) -> None:
    with pytest.raises(DBAPIError) as caught, database.begin(engine) as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:note)"), {"note": "two reviewers are ill"})
    assert "ill" not in str(caught.value)


def test_a_backup_is_whole_while_another_writes(engine: Engine, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    if engine.dialect.name != "sqlite":
        with pytest.raises(LedgerError, match="pg_dump"):
            database.backup(engine, copy)
        return
    with database.begin(engine) as connection:
        connection.execute(text("INSERT INTO leases (name, epoch) VALUES ('kept', 7)"))
    with database.begin(engine) as connection:
        connection.execute(text("INSERT INTO leases (name, epoch) VALUES ('not committed', 8)"))
        database.backup(engine, copy)
    assert sqlite3.connect(copy).execute("SELECT name, epoch FROM leases").fetchall() == [("kept", 7)]
    with pytest.raises(LedgerError, match="there already"):
        database.backup(engine, copy)
    with pytest.raises(LedgerError, match="could not be written"):
        database.backup(engine, tmp_path / "nowhere" / "copy.db")


def test_a_url_that_works_has_no_problem(engine: Engine, ledger_url: str) -> None:
    assert database.url_problem(ledger_url) is None


def test_looking_for_a_problem_creates_no_file(tmp_path: Path) -> None:
    assert database.url_problem(f"sqlite:///{tmp_path / 'okr.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    count = text("SELECT count(*) FROM leases")
    with database.read(engine) as reader:
        assert reader.execute(count).scalar_one() == 0
        with database.begin(engine) as writer:
            writer.execute(text("INSERT INTO leases (name, epoch) VALUES ('x', 0)"))
        assert reader.execute(count).scalar_one() == 0
    with database.read(engine) as reader:
        assert reader.execute(count).scalar_one() == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not a database URL"),
        ("postgresql://me:hunter2@host:port/x", "not a database URL"),
        ("mysql://me:hunter2@host/x", "keeps no ledger in mysql"),
        ("postgres://me:hunter2@host/x", "keeps no ledger in postgres"),
        ("oracle+nosuch://me:hunter2@host/x", "keeps no ledger in oracle"),
        ("postgresql+asyncpg://me:hunter2@host/x", "keeps no ledger in postgresql+asyncpg"),
        ("sqlite://", "in memory"),
        ("sqlite:////no/such/folder/okr.db", "folder /no/such/folder"),
        ("postgresql+psycopg://me:hunter2@127.0.0.1:1/x?password=hunter2", "cannot be reached"),
        ("postgresql://me:hunter2@127.0.0.1:1/x", "cannot be reached"),  # as the docs write it
    ],
)
def test_a_url_that_does_not_work_is_explained_without_its_password(url: str, says: str) -> None:
    problem = database.url_problem(url)
    assert problem is not None
    assert says in problem
    assert "hunter2" not in problem
    assert "me:" not in problem


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "okr.db"
    path.write_text("these are my notes, " * 100)
    assert "not an SQLite database" in (database.url_problem(f"sqlite:///{path}") or "")


def test_a_database_that_does_not_exist_is_named(postgres: Engine) -> None:
    url = postgres.url.set(database="no_such_database").render_as_string(hide_password=False)
    assert "no_such_database does not exist" in (database.url_problem(url) or "")
