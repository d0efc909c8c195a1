"""Why a number moved is told from the facts, where they still say what was told then."""

from __future__ import annotations

from datetime import date
from typing import Any

from steps.explain import explain
from steps.movement import movers


def test_the_category_that_got_slower_is_named(office: Any) -> None:
    okrs = office.folder / "okr" / "okrs.yaml"
    okrs.write_text(okrs.read_text().replace("decrease: {from: 24, to: 12}", "decrease: {from: 12.5, to: 2}"))
    office.ticket_a_day(date(2026, 9, 1), date(2026, 10, 31), 8, "calls")
    first = office.sync("2026-10-10T02:00Z").scorecard
    office.ticket_a_day(date(2026, 10, 10), date(2026, 10, 31), 10, "calls")
    office.ticket_a_day(date(2026, 10, 10), date(2026, 10, 31), 14, "mail")
    second = office.sync("2026-10-17T02:00Z").scorecard
    assert [card.actual for card in (first.cards()[0], second.cards()[0])] == [11.25, 12]
    workspace = office.at("2026-10-17T03:00Z")
    told = explain(workspace, "faster", None).paragraphs[-1]
    assert told.heading == "Why it moved, by category"
    assert told.lines[0] == "since 9 Oct: up 0.8 h: 1 h from the calls category, partly offset by the rest"
    assert told.lines[1].startswith("the calls category: +1 h (+1 h by its own rate")
    assert movers(workspace, second, first)["faster"] == told.lines[0].removeprefix("since 9 Oct: ")


def test_where_the_facts_have_changed_since_nothing_is_told(office: Any) -> None:
    office.ticket_a_day(date(2026, 9, 1), date(2026, 10, 31), 8, "calls")
    first = office.sync("2026-10-10T02:00Z").scorecard
    office.ticket_a_day(date(2026, 10, 5), date(2026, 10, 31), 10, "calls")
    second = office.sync("2026-10-17T02:00Z").scorecard
    assert movers(office.at("2026-10-17T03:00Z"), second, first) == {}
