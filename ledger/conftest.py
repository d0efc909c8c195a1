"""Every test of the ledger runs on SQLite and on PostgreSQL, each in a database or schema of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, make_url, text

from ledger import database

ROOT = Path(__file__).parents[1]
POSTGRES = os.environ.get("OKR_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    """A server to make schemas on; without one the test is skipped, or fails under OKR_REQUIRE_POSTGRES=1."""
    if database.url_problem(POSTGRES):
        where = database.shown(make_url(POSTGRES))
        missing = f"no PostgreSQL at {where}: start one, or name one in OKR_TEST_POSTGRES_URL"
        (pytest.fail if os.environ.get("OKR_REQUIRE_POSTGRES") == "1" else pytest.skip)(missing)
    engine = database.connect(POSTGRES)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, with no table in it; other processes can open it too."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'okr.db'}"
        return
    server: Engine = request.getfixturevalue("postgres")
    schema = f"okr_{secrets.token_hex(6)}"
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield _in_schema(make_url(POSTGRES), schema)
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))


def _in_schema(url: URL, schema: str) -> str:
    return url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)


@pytest.fixture
def empty(ledger_url: str) -> Iterator[Engine]:
    """A ledger without tables."""
    engine = database.connect(ledger_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """A ledger with its lasting tables, nothing in them."""
    database.upgrade(empty)
    return empty


@pytest.fixture
def spawn(ledger_url: str) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a real process that runs the given code with `engine` at hand."""
    started: list[subprocess.Popen[str]] = []
    before = "import sys, time\nfrom ledger import database\nengine = database.connect(sys.argv[1])\n"

    def start(code: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", before + code, ledger_url]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
