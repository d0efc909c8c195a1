"""The template: whole, clean, and never written over anything."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config import template
from config.loader import Config
from config.problems import ConfigProblems


def test_it_loads_cleanly(read: Callable[..., Config]) -> None:
    config = read()
    assert list(config.sources) == ["trust-queue", "payments", "helpdesk", "warehouse", "roster", "training", "audits"]
    assert list(config.audiences) == ["leadership", "fraud-team", "operators"]
    assert [len(objective.key_results) for objective in config.plan.objectives] == [3, 3, 3]
    assert len(config.plan.metrics) == 10
    assert all(result.title and result.owner for result in config.plan.key_results())
    used = {name for metric in config.plan.metrics for name in [metric]}
    assert used == set(config.plan.metrics)


def test_the_demos_sources_load_too(folder: Path, read: Callable[..., Config]) -> None:
    (folder / "sources.yaml").write_text(template.demo_sources("http://127.0.0.1:8080"), encoding="utf-8")
    options: Any = read().sources["helpdesk"].options
    assert options.base_url == "http://127.0.0.1:8080/zendesk"


def test_its_tables_have_the_columns_that_its_sources_name(folder: Path, read: Callable[..., Config]) -> None:
    for name in ("roster", "training", "audits"):
        options: Any = read().sources[name].options
        with (folder / options.path).open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))
        assert {column for fields in options.facts.values() for column in fields.values()} <= set(columns)


def test_the_key_is_fresh_and_for_its_owner_alone(tmp_path: Path) -> None:
    written = [template.write(tmp_path / name) for name in ("a", "b")]
    keys = {(tmp_path / name / ".env").read_text().split("OKR_PERSON_KEY=")[1].strip() for name in ("a", "b")}
    assert len(keys) == 2
    assert min(map(len, keys)) >= 43
    assert stat.S_IMODE((tmp_path / "a" / ".env").stat().st_mode) == 0o600
    assert (tmp_path / "a" / ".gitignore").read_text() == ".env\n"
    assert all(path.is_file() for paths in written for path in paths)
    assert len(written[0]) == 9


def test_nothing_is_written_where_anything_would_be_overwritten(tmp_path: Path) -> None:
    (tmp_path / "okrs.yaml").write_text("mine")
    (tmp_path / ".env").write_text("mine too")
    with pytest.raises(ConfigProblems) as caught:
        template.write(tmp_path)
    assert [problem.file for problem in caught.value.problems] == ["okrs.yaml", ".env"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "okrs.yaml"]


def test_other_sources_take_the_place_of_its_own(tmp_path: Path) -> None:
    template.write(tmp_path, sources="sources: {}\n")
    assert (tmp_path / "sources.yaml").read_text() == "sources: {}\n"
