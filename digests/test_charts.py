"""Charts: unknown days are gaps, and the same course is the same picture."""

from __future__ import annotations

import struct
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from digests import charts
from okr_model.digest import Spark

FIRST = date(2026, 10, 1)


def spark(*values: float | None, target: float | None = None) -> Spark:
    days = tuple(FIRST + timedelta(days=place) for place in range(len(values)))
    return Spark(days=days, values=values, target=target, sentence="a course", unit="hours")


def test_a_png_of_twice_its_size() -> None:
    png = charts.sparkline(spark(1.0, 2.0, None, 4.0, target=5))
    assert struct.unpack(">II", png[16:24]) == (2 * charts.WIDTH, 2 * charts.HEIGHT)
    assert b"matplotlib" not in png.lower()


def test_the_same_bytes_each_time() -> None:
    one = spark(1.0, 2.0, None, 4.0, target=5)
    first = charts.sparkline(one)
    charts.sparkline.cache_clear()
    assert charts.sparkline(one) == first
    assert charts.sparkline(spark(1.0, 2.0, 3.0, 4.0, target=5)) != first


def test_a_day_without_a_value_is_a_gap_and_never_a_zero() -> None:
    one = spark(5.0, None, 6.0, 7.0, None)
    assert charts.runs(one) == [[(0, 5.0)], [(2, 6.0), (3, 7.0)]]
    assert charts.bounds(one) == (5.0, 7.0)


def test_courses_with_nothing_to_scale_by() -> None:
    for one in (spark(), spark(None, None), spark(0.0), spark(3.0, 3.0, target=3.0)):
        assert charts.sparkline(one).startswith(b"\x89PNG")


def test_nothing_is_drawn_with_before_it_is_needed() -> None:
    code = "import sys, digests.mail, digests.page, digests.channels; sys.exit('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 0
