"""What `okr sync` publishes: the pages of a desk whose facts, definitions and people change their minds."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from okr_model.site import KeyResultPage, Site
from steps.checkin import Said, check_in
from steps.publish import charts, latest_scorecard, publish_scorecard, site
from steps.sync import sync
from steps.tests.conftest import METRICS, OKRS, Office
from steps.wiring import Workspace

MONDAY, TUESDAY = "2026-11-16T08:00:00+00:00", "2026-11-17T08:00:00+00:00"


def made(workspace: Workspace) -> Site:
    return site(workspace, latest_scorecard(workspace))


def page(workspace: Workspace, key_result: str) -> KeyResultPage:
    return next(each for each in made(workspace).pages if each.card.id == key_result)


def written(office: Office, name: str) -> str:
    text = (office.folder / "out" / "scorecard" / name).read_text(encoding="utf-8")
    return re.sub(r"<style>.*?</style>", "", " ".join(text.split()))


def test_a_corrected_fact_restates_its_day_and_what_was_believed_is_drawn(office: Office) -> None:
    office.sync(MONDAY)
    created, _, category = office.tickets["mail-2026-11-14"]
    office.tickets["mail-2026-11-14"] = (created, 4, category)
    later = "2026-11-16T09:00:00+00:00"
    office.sync(later)
    found = page(office.at(later), "faster")
    graph = found.figures[0].graph
    assert graph is not None
    assert graph.before == ((date(2026, 11, 15), 14.5),)
    assert graph.spark.values[-1] == 13
    assert [belief.reading.value for belief in found.beliefs if belief.restated_at] == [14.5]
    assert "<s>14.5 h</s> until 16 Nov 09:00" in written(office, "kr/faster.html")


def test_the_chart_runs_to_the_end_of_the_cycle_with_its_plan_and_forecast(office: Office) -> None:
    office.sync(MONDAY)
    graph = page(office.at(MONDAY), "faster").figures[0].graph
    assert graph is not None
    assert (graph.spark.days[0], graph.spark.days[-1]) == (date(2026, 10, 1), date(2026, 11, 15))
    assert len(graph.spark.days) + len(graph.ahead) == 92
    assert graph.ahead[-1] == pytest.approx(12)
    assert graph.forecast is not None
    assert not graph.lags


def test_periods_show_their_value_and_those_to_come(office: Office) -> None:
    office.sync(MONDAY)
    [figure] = page(office.at(MONDAY), "steady").figures
    assert [(cell.label, cell.word) for cell in figure.cells] == [
        ("2026-10", "met"),
        ("2026-11", "running"),
        ("2026-12", "to come"),
    ]
    assert figure.cells[0].value == 14.5
    assert figure.cells[2].value is None


def test_a_period_that_has_ended_waits_for_late_news(office: Office) -> None:
    office.write(
        "metrics.yaml",
        METRICS.replace(
            "on: created_at,\n     window: {trailing: 7d}", "on: created_at,\n     mature: 30d, window: {trailing: 7d}"
        ),
    )
    office.sync(MONDAY)
    [figure] = page(office.at(MONDAY), "steady").figures
    assert [cell.word for cell in figure.cells] == ["waiting", "running", "to come"]
    assert "◔</span> waiting" in written(office, "kr/steady.html")


def test_what_people_say_of_a_number_without_a_metric_is_its_course(office: Office) -> None:
    work = office.at(MONDAY)
    check_in(work, Said("calls", value="10", as_of=date(2026, 10, 20), by="ana@example.org"))
    check_in(work, Said("calls", value="15", as_of=date(2026, 11, 10), note="slow", confidence=3))
    office.sync(MONDAY)
    found = page(office.at(MONDAY), "calls")
    graph = found.figures[0].graph
    assert graph is not None
    assert [value for value in graph.spark.values if value is not None] == [10, 15]
    assert graph.ahead[-1] == 40
    assert [mark.day for mark in graph.marks] == [date(2026, 10, 20), date(2026, 11, 10)]
    assert found.notes[0].note.texts == (("Note", "slow"), ("Value", "15"))
    assert "15</b>" in written(office, "kr/calls.html")
    work = office.at(MONDAY)
    mailed = charts(work, latest_scorecard(work), {}, date(2026, 11, 1))["calls"]
    assert mailed.sentence == "15 on 10 Nov; target 40"


def test_every_change_of_status_is_told_with_its_reason(office: Office) -> None:
    office.ticket_a_day(date(2026, 11, 1), date(2026, 11, 10), 40.0)
    office.sync(MONDAY)
    turns = page(office.at(MONDAY), "faster").turns
    assert [turn.status for turn in turns][-1] == "Too Early"
    assert turns[0].status == page(office.at(MONDAY), "faster").card.status
    assert all(turn.reason for turn in turns)
    assert all(newer.day > older.day and newer.status != older.status for newer, older in pairwise(turns))


def test_another_definition_is_said_and_its_numbers_are_not_drawn_on(office: Office) -> None:
    office.sync(MONDAY)
    office.write(
        "metrics.yaml",
        METRICS.replace(
            "[created_at, resolved_at]}}, on: created_at",
            "[created_at, resolved_at]}}, where: {category: mail}, on: created_at",
        ),
    )
    office.sync(TUESDAY)
    found = page(office.at(TUESDAY), "faster")
    assert any(remark.startswith("hours is measured another way since 17 Nov 08:00") for remark in found.remarks)
    assert "Hours is measured another way since 17 Nov" in written(office, "kr/faster.html")


def test_another_target_is_told_with_the_one_before(office: Office) -> None:
    office.sync(MONDAY)
    office.write("okrs.yaml", OKRS.replace("decrease: {from: 24, to: 12}", "decrease: {from: 24, to: 10}"))
    office.sync(TUESDAY)
    office.sync("2026-11-18T08:00:00+00:00")
    work = office.at("2026-11-18T08:00:00+00:00")
    assert page(work, "faster").remarks == ("the target changed, told first 17 Nov 08:00: now 10 h, was 12 h",)
    assert page(work, "solved").remarks == ()
    assert "was 12 h" in written(office, "kr/faster.html")


def test_a_guard_is_shown_with_its_number(office: Office) -> None:
    office.write(
        "okrs.yaml",
        OKRS.replace(
            "title: Faster, metric: hours,", "title: Faster, metric: hours, guard: [{metric: solved, at_least: 90}],"
        ),
    )
    office.sync(MONDAY)
    assert "guard: solved at least 90 %; now 100 %" in page(office.at(MONDAY), "faster").remarks


def test_a_source_that_broke_is_told_with_what_to_mend_and_what_stands_on_it(office: Office) -> None:
    office.sync(MONDAY)
    work = office.at(TUESDAY)
    (office.folder / "okr" / "tickets.csv").write_text("nonsense\n1\n")
    sync(work)
    [source] = made(work).sources
    assert source.broken
    assert source.last_ok == work.now - 86_400_000
    assert {card.id for card in source.stands_on_it} == {"faster", "solved", "steady"}
    assert source.mend
    assert "<b>For operations:</b>" in written(office, "index.html")


def test_a_key_result_that_left_the_plan_keeps_its_page(office: Office) -> None:
    office.sync(MONDAY)
    office.write("okrs.yaml", OKRS.replace("      - {id: launch, title: Launched, target: {milestone: live}}\n", ""))
    work = office.at(MONDAY)
    publish_scorecard(work, latest_scorecard(work))
    assert "no longer in okrs.yaml" in written(office, "kr/launch.html")


def test_a_day_before_the_cycle_and_one_after_it_have_pages_too(office: Office) -> None:
    for now in ("2026-09-20T08:00:00+00:00", "2027-01-10T08:00:00+00:00"):
        office.sync(now)
        assert "Faster" in written(office, "kr/faster.html")


def test_the_newest_edition_is_found_under_the_same_name(office: Office) -> None:
    office.sync(MONDAY)
    work = office.at(TUESDAY)
    index = publish_scorecard(work, latest_scorecard(work))
    assert index == Path(office.folder / "out" / "scorecard" / "index.html").absolute()
