"""The table of worked examples in docs/semantics.md, evaluated row by row."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

PAGE = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"
CYCLE_START = date(2026, 10, 1)


def rows() -> list[list[str]]:
    section = PAGE.read_text().partition("## Worked examples")[2]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


def parsed(text: str) -> Any:
    return YAML(typ="safe").load(text)


def metric_of(target: dict[str, Any], window: str) -> str | None:
    if window == "point" or "all" in target:
        return None
    if window == "month":
        return "audits"
    if "maintain" in target:
        return "monitoring_speed"
    return "ai_coverage" if "increase" in target else "review_hours"


def take(made: Any, metric: str, as_of: date, values: dict[Any, Any]) -> None:
    for key, value in values.items():
        if key == "every day to":
            made.read_every_day(metric, CYCLE_START, as_of, value)
        elif isinstance(key, date):
            made.read(metric, key, value)
        else:
            last = as_of if re.match(r"^\d{4}-\d{2}$", key) else date.fromisocalendar(int(key[:4]), int(key[6:]), 7)
            made.read(metric, last, value, period=key)


@pytest.mark.parametrize(("target", "window", "values", "as_of", "status", "progress"), rows())
def test_a_worked_example_holds(
    desk: Any, target: str, window: str, values: str, as_of: str, status: str, progress: str
) -> None:
    aim, day = parsed(target), date.fromisoformat(as_of)
    metric = metric_of(aim, window)
    manual = {"unit": "points", "better": "higher"} if window == "point" else {}
    made = desk(aim, **(manual if metric is None else {"metric": metric}))
    given = parsed(values)
    if window == "point":
        for said_on, said in given.items():
            made.say("kr", said_on, **({"milestone": said} if isinstance(said, str) else {"value": str(said)}))
    else:
        take(made, metric or "review_hours", day, given)
    card = made.card(day, hours_later=2.5)
    assert card.status == status, card.reason
    assert (card.progress is None) == (progress == "–")
    if card.progress is not None:
        assert card.progress == pytest.approx(float(progress), abs=0.0001)


def test_there_are_examples_of_every_kind() -> None:
    kinds = {next(iter(parsed(row[0]))) for row in rows()}
    assert kinds == {"increase", "decrease", "change", "maintain", "cadence", "milestone", "all"}
