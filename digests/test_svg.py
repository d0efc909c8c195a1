"""Charts of pages, with the numbers that real and unreal plans have."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest

from digests import svg
from okr_model.digest import Spark
from okr_model.graph import Graph, Mark
from okr_model.scorecard import Range

FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)


def graph(*values: float | None, target: float | None = None, unit: str = "hours", **more: object) -> Graph:
    days = tuple(FIRST + timedelta(days=place) for place in range(len(values)))
    spark = Spark(days=days, values=values, target=target, sentence="a <sentence>", unit=unit)
    return Graph(**{"spark": spark, "first": FIRST, "last": LAST, **more})  # type: ignore[arg-type]


def paths(drawn: str, kind: str) -> list[str]:
    return re.findall(rf'class="{kind}" d="([^"]+)"', drawn)


def spans(drawn: str, kind: str) -> list[str]:
    return re.findall(rf'<span class="{kind}[^"]*"[^>]*>([^<]*)</span>', drawn)


def test_a_day_without_a_value_is_a_gap_in_the_line() -> None:
    [course] = paths(svg.large(graph(10, 11, None, 13, 14, None, 16)), "course")
    assert course.count("M") == 3
    assert course.endswith("h0")  # the last day stands alone: a dot, not a line to it


def test_no_value_at_all_is_no_line_and_no_dot() -> None:
    drawn = svg.large(graph(None, None, None, target=12.0))
    assert (paths(drawn, "course"), paths(drawn, "last")) == ([], [])
    assert spans(drawn, "aim") == ["target 12 h"]


def test_the_forecast_opens_from_the_newest_value_to_the_end_of_the_cycle() -> None:
    drawn = svg.small(graph(24, 22, 20, target=12.0, forecast=Range(low=11, high=15)))
    [wedge], [last] = paths(drawn, "ahead"), paths(drawn, "last")
    assert wedge.startswith(last.removesuffix("h0"))
    assert "L1000 " in wedge


def test_a_forecast_far_beyond_the_course_does_not_flatten_it() -> None:
    plain, wild = (
        paths(svg.large(graph(10, 20, forecast=ahead)), "course")[0] for ahead in (None, Range(low=-900, high=900))
    )
    heights = [abs(int(a) - int(b)) for a, b in [re.findall(r" (\d+)", each) for each in (plain, wild)]]
    assert heights[1] > heights[0] / 3


def test_what_was_believed_before_is_hollow_and_what_was_said_is_marked() -> None:
    said = Mark(day=date(2026, 10, 2), text="2 Oct, Ana: <help>")
    drawn = svg.large(graph(10, 11, 12, before=((date(2026, 10, 2), 30.0),), marks=(said,)))
    assert len(paths(drawn, "ring")) == len(paths(drawn, "hole")) == 1
    assert "<title>2 Oct, Ana: &lt;help&gt;</title>" in drawn
    assert 'aria-label="a &lt;sentence&gt;; 1 day restated; 1 check-in, the newest on 2 Oct"' in drawn


@pytest.mark.parametrize(
    "values",
    [
        (5.0,),
        (5.0,) * 92,
        (0.0, 0.0),
        (-3.5, -1.25),
        (1e12, 2e12, 1.5e12),
        (1e-9, 3e-9),
        (0.1, 0.2, 0.30000000000000004),
    ],
    ids=["one", "92 alike", "zero", "negative", "huge", "tiny", "floats"],
)
@pytest.mark.parametrize("target", [None, 5.0, -1e9])
def test_every_shape_lies_inside_and_the_scale_goes_evenly(values: tuple[float, ...], target: float | None) -> None:
    unit = "requests per second and region"
    drawn = svg.large(graph(*values, target=target, unit=unit))
    assert all(0 <= int(each) <= 1000 for each in re.findall(r"[ML ](\d+)", "".join(paths(drawn, r"\w+"))))
    assert "nan" not in drawn
    ticks = [float(each.replace("−", "-").replace(",", "").removesuffix(unit)) for each in spans(drawn, "tick")]
    steps = {round(later - sooner, 12) for sooner, later in pairwise(ticks)}
    assert len(ticks) <= 5
    assert len(set(ticks)) == len(ticks)
    assert not steps or max(steps) <= 2.001 * min(steps)  # one is left out where the target's name stands


def test_the_days_below_do_not_run_into_each_other() -> None:
    for last in (
        FIRST,
        FIRST + timedelta(days=1),
        FIRST + timedelta(days=30),
        LAST,
        date(2027, 9, 30),
        date(2031, 1, 1),
    ):
        drawn = svg.small(graph(1, 2, last=last) if last > FIRST else graph(1, last=last))
        days = drawn.split('class="days"')[1]
        places = [0.0, *(float(each) for each in re.findall(r"left:([\d.]+)%", days)), 100.0]
        assert all(later - sooner >= 14 for sooner, later in pairwise(places))
