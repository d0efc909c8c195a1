"""The numbers, worked out a second time from the stand-ins' raw truth by a script that knows nothing of the project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.place import MONDAY, SUNDAY, Place

SCRIPT = Path(__file__).with_name("recompute.py")


def recomputed(place: Place, as_of: str, now: str) -> dict[str, dict[str, float]]:
    command = [sys.executable, "-I", str(SCRIPT), place.sandbox.url, as_of, now]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


def assert_same(readings: dict[str, Any], wanted: dict[str, dict[str, float]]) -> None:
    assert set(readings) == set(wanted)
    for metric, numbers in wanted.items():
        reading = readings[metric]
        assert reading["state"] == "ok", (metric, reading["reason"])
        for name, value in numbers.items():
            assert reading[name] == pytest.approx(value, rel=1e-12), (metric, name)


def test_first_night_has_the_recomputed_numerators_and_denominators(synced: tuple[Place, Any]) -> None:
    place, report = synced
    assert_same(report["readings"], recomputed(place, "2026-11-21", SUNDAY))


def test_second_night_is_incremental_and_still_right(copied: Place, synced: tuple[Place, Any]) -> None:
    _, first = synced
    copied.sandbox.set_clock(MONDAY)
    second = copied.okr_json("sync", now=MONDAY)
    assert_same(second["readings"], recomputed(copied, "2026-11-22", MONDAY))
    for name in ("trust-queue", "helpdesk"):
        assert second["sources"][name]["requests"] * 3 < first["sources"][name]["requests"], name
