"""One database for all of the ledger: SQLite on one machine, PostgreSQL for more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 30_000
CONNECT_SECONDS = 10
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_MS}",  # first: switching to WAL may itself have to wait
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
)
READ_ONLY = "okr_read"
URL_EXAMPLES = "write it like sqlite:///okr.db or postgresql://user@host:5432/name"

_turns: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()


class LedgerError(Exception):
    """The ledger cannot do what was asked: one sentence that says what, where and how to mend it."""


def connect(url: str) -> Engine:
    """An engine for `url`; nothing is opened yet. Values never appear in its errors. Raises LedgerError."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    timeout = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT_SECONDS}
    return create_engine(parsed, hide_parameters=True, pool_pre_ping=True, connect_args=timeout)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    _turns[engine] = Lock()
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _start)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # sqlite3 must not begin transactions of its own beside ours
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _start(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once when another has written in between.
    reads = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """A write transaction: committed at the end, rolled back on an exception. On SQLite it waits for its turn first."""
    # SQLite lets whoever comes first: among many threads one could try in vain for a minute.
    with _turns.get(engine, nullcontext()), engine.begin() as connection:
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: all of its statements see one moment, and it waits for nobody."""
    one_moment = {READ_ONLY: True} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect() as connection:
        yield connection.execution_options(**one_moment)


def in_turn(connection: Connection, name: str) -> None:
    """Wait until no other write transaction that asked for `name` is under way. SQLite writes are always in turn."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": f"okrsync {name}"})


def head() -> str:
    """The newest revision that this program knows; versions' file names begin with it and sort."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("r[0-9]*.py"))


def current(engine: Engine) -> str | None:
    """The revision that the database is at; null: it has no tables of ours yet."""
    with read(engine) as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(engine: Engine) -> None:
    """Bring the lasting tables to `head()`, in one transaction; cheap when they are there. Raises LedgerError."""
    at, newest = current(engine), head()
    if at == newest:
        return
    if at is not None and at > newest:
        raise LedgerError(
            f"the database {shown(engine.url)} is at revision {at}, newer than this okrsync ({newest}): upgrade okrsync"
        )
    with begin(engine) as connection:
        in_turn(connection, "upgrade")
        if _revision(connection) != newest:  # another process may just have done it
            _migrate(connection)


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- 0.3 s that a ledger already at its head never pays
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def backup(engine: Engine, path: Path) -> None:
    """Write a whole, consistent copy to `path` while others go on writing. Raises LedgerError."""
    if engine.dialect.name != "sqlite":
        raise LedgerError("a PostgreSQL ledger is backed up with PostgreSQL's own pg_dump, which okr cannot replace")
    if path.exists():
        raise LedgerError(f"{path} is there already: name a file that is not, or move that one away")
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM INTO ?", (str(part),))
    except connection.dbapi_connection.Error as error:  # type: ignore[union-attr]
        raise LedgerError(f"the backup could not be written to {path}: {error}") from error
    finally:
        connection.close()
    part.rename(path)


def shown(url: URL) -> str:
    """A URL for messages: without user, password and query."""
    return URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def exists(engine: Engine) -> bool:
    """Whether an SQLite ledger's file is there; opening it would make one."""
    return Path(engine.url.database or "").exists()


def url_problem(url: str) -> str | None:
    """One sentence on why `url` cannot be the ledger, after trying to open it; null where it can. Creates nothing."""
    try:
        engine = connect(url)
    except LedgerError as error:
        return str(error)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return _new_file_problem(Path(engine.url.database or ""))
    try:
        with read(engine) as connection:
            connection.execute(text("SELECT 1 FROM sqlite_master" if engine.dialect.name == "sqlite" else "SELECT 1"))
    except DBAPIError as error:
        return _unreachable(engine.url, str(error.orig))
    finally:
        engine.dispose()
    return None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":  # which means psycopg2 to SQLAlchemy
            parsed = parsed.set(drivername="postgresql+psycopg")
        known = parsed.get_backend_name() in ("sqlite", "postgresql")
        if not known or parsed.get_dialect().driver not in ("pysqlite", "psycopg"):
            raise LedgerError(f"okrsync keeps no ledger in {parsed.drivername}: {URL_EXAMPLES}")
    except (ArgumentError, ValueError):
        # Not even the text is shown: where a URL cannot be read, no part of it is known not to be a password.
        raise LedgerError(f"OKR_DATABASE_URL is not a database URL: {URL_EXAMPLES}") from None
    except (NoSuchModuleError, ModuleNotFoundError):
        raise LedgerError(f"okrsync keeps no ledger in {parsed.drivername}: {URL_EXAMPLES}") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise LedgerError("a ledger in memory is gone with the process: name a file, like sqlite:///okr.db")
    return parsed


def _unreachable(url: URL, why: str) -> str:
    if url.get_backend_name() == "sqlite":
        return _file_problem(Path(url.database or ""), why)
    if "authentication failed" in why or "no password supplied" in why:
        return f"{shown(url)} refuses the login: mend the user or the password in OKR_DATABASE_URL"
    if "does not exist" in why:
        return f"{shown(url)} does not exist on that server, or its user does not: create it, or mend OKR_DATABASE_URL"
    return (
        f"{shown(url)} cannot be reached: see that the server runs, and that OKR_DATABASE_URL names its host and port"
    )


def _new_file_problem(path: Path) -> str | None:
    if not path.parent.is_dir():
        return f"the folder {path.parent} of the ledger {path.name} does not exist: create it, or mend OKR_DATABASE_URL"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"the ledger {path} cannot be created: make the folder {path.parent} writable, or mend OKR_DATABASE_URL"
    return None


def _file_problem(path: Path, why: str) -> str:
    if "not a database" in why:
        return f"{path} is there but is not an SQLite database: move it away, or mend OKR_DATABASE_URL"
    return f"the ledger {path} cannot be opened ({why}): see that the folder and the file can be written"
