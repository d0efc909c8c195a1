"""Places to run `okr` in: fresh, or as they are after a first sync."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from ledger import database
from tests.place import SUNDAY, Place, set_up

POSTGRES = os.environ.get("OKR_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'okr.db'}"
        return
    if database.url_problem(POSTGRES):
        missing = "no PostgreSQL: start one, or name one in OKR_TEST_POSTGRES_URL"
        (pytest.fail if os.environ.get("OKR_REQUIRE_POSTGRES") == "1" else pytest.skip)(missing)
    schema, server = f"okr_{secrets.token_hex(6)}", database.connect(POSTGRES)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    within = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
    yield within.render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    server.dispose()


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Any]]:
    """A place after its first sync on Sunday, and what that sync printed. Not to be changed: see `copied`."""
    for place in set_up(tmp_path_factory.mktemp("synced"), SUNDAY):
        yield place, place.okr_json("sync")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place that nothing has run in yet."""
    yield from set_up(tmp_path / "place", SUNDAY)


@pytest.fixture
def copied(synced: tuple[Place, Any], tmp_path: Path) -> Iterator[Place]:
    """A place of one's own as it is after the first sync."""
    original, _ = synced
    folder = tmp_path / "copied"
    for made in set_up(folder, SUNDAY):
        shutil.copy(original.folder / "okr.db", folder / "okr.db")
        shutil.copytree(original.folder / "out", folder / "out")
        shutil.copy(original.folder / "okr" / ".env", folder / "okr" / ".env")
        yield made
