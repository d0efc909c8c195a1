"""A read-only connection, and a database's failures as one of three kinds that name no credentials and no content."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from connectors.api import ConfigError, DataError, PullError, TransientError

MYSQL = ("mysql", "mariadb")
_CONNECT_SECONDS = 10
_REFUSED = ("password", "pg_hba", "does not exist", "authentication", "access denied", "permission denied")
_BROKEN_QUERY = ("no such", "syntax error", "readonly", "ambiguous", "misuse", "incomplete input", "unrecognized token")
_MYSQL_STATES = {
    1044: "28000",
    1045: "28000",
    1049: "3D000",
    1054: "42703",
    1064: "42601",
    1142: "42501",
    1143: "42501",
    1146: "42P01",
    1298: "42000",  # a zone whose name the server's tables do not have
    1317: "57014",
    1792: "25006",
    1969: "57014",  # MariaDB's max_statement_time
    3024: "57014",  # MySQL's max_execution_time
}


def open_engine(url: str, folder: Path, source: str) -> Engine:
    """An engine without a pool; relative SQLite paths start at `folder`. Raises ConfigError."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(folder / (parsed.database or ""), source)
        arguments = {"connect_timeout": _CONNECT_SECONDS} if parsed.get_driver_name().startswith("psycopg") else {}
        if parsed.get_backend_name() == "postgresql" and "+" not in parsed.drivername:
            parsed = parsed.set(drivername="postgresql+psycopg")
            arguments = {"connect_timeout": _CONNECT_SECONDS}
        return create_engine(parsed, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError):
        raise ConfigError(
            f"{source}: the url is not one of a database whose driver is installed: "
            "write it like postgresql+psycopg://user:password@host/name"
        ) from None


def _open_sqlite(path: Path, source: str) -> Engine:
    if not path.is_file():
        raise ConfigError(f"{source}: there is no SQLite file {path.name}: paths start at the folder of sources.yaml")
    address = f"{path.resolve().as_uri()}?mode=ro"
    engine = create_engine(
        "sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(address, uri=True), hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def only_read(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA query_only = on")

    return engine


@contextmanager
def reading(engine: Engine, seconds: float, source: str, zone: str | None = None) -> Iterator[Connection]:
    """A read-only transaction whose statements end after `seconds`. Raises PullError.

    `zone` is what the database takes columns without a zone to be in where it compares them with a time (default UTC).
    """
    try:
        with engine.connect() as connection:
            _restrict(connection, seconds, zone or "UTC")
            try:
                yield connection
            finally:
                connection.rollback()
    except SQLAlchemyError as error:
        raise _as_pull_error(error, seconds, source) from None


def _restrict(connection: Connection, seconds: float, zone: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1_000)}"))
        connection.execute(text("SELECT set_config('TimeZone', :zone, true)"), {"zone": zone})
    elif connection.dialect.name in MYSQL:
        slow = (
            f"max_statement_time = {seconds:f}" if _is_mariadb(connection) else f"max_execution_time = {seconds:.3f}e3"
        )
        connection.execute(text(f"SET SESSION {slow}"))
        connection.execute(text("SET time_zone = :zone"), {"zone": "+00:00" if zone == "UTC" else zone})
        connection.execute(text("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"))
    elif connection.dialect.name == "sqlite":
        ends = time.monotonic() + seconds
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: int(time.monotonic() > ends), 10_000)


def _is_mariadb(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))


def _as_pull_error(error: SQLAlchemyError, seconds: float, source: str) -> PullError:
    original = getattr(error, "orig", None)
    state, words = _state(original), str(original).lower()
    if state == "57014" or words == "interrupted":
        return TransientError(f"{source}: the query took longer than {seconds:g} s: narrow it, or raise `timeout`")
    if mend := _to_mend(original, state, words):
        return ConfigError(f"{source}: {mend}")
    if state.startswith(("21", "22")):
        return DataError(f"{source}: the query failed on the data it met ({type(original).__name__})")
    if isinstance(error, DBAPIError):
        return TransientError(f"{source}: the database cannot be reached or broke off ({type(original).__name__})")
    return ConfigError(f"{source}: the query cannot be run ({type(error).__name__})")


def _state(original: Any) -> str:
    """The standard's code for what went wrong; MySQL's own are often the general one, but its numbers are exact."""
    number = next(iter(getattr(original, "args", ())), None)
    known = _MYSQL_STATES.get(number) if isinstance(number, int) else None
    return str(known or getattr(original, "sqlstate", None) or "")


def _to_mend(original: Any, state: str, words: str) -> str | None:
    if state == "42501":
        return "the database user may not read what the query names: grant select on it"
    if state.startswith(("42", "25")) or any(word in words for word in _BROKEN_QUERY):
        return f"the database does not accept the query: {_said(original)}"
    if state.startswith(("28", "3D")) or (not state and any(word in words for word in _REFUSED)):
        return "the database refused the login: check user, password and name in the url"
    return None


def _said(original: Any) -> str:
    """The database's first line where it names identifiers alone, as such errors do."""
    diagnosis = getattr(getattr(original, "diag", None), "message_primary", None)
    return str(diagnosis or original.args[-1]).partition("\n")[0]
