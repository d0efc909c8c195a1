"""Places to run `okr` in: fresh, or as they are after a first sync."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.place import SUNDAY, Place, set_up


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
