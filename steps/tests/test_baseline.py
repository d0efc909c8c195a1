"""What a change is measured against can be looked at, and said where it cannot be measured."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from steps.baseline import BaselineRefused, give, shown

OKRS = """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - id: desk
    title: Answer people in time
    key_results:
      - {id: faster, title: Faster, metric: hours, target: {change: {by: -30%, baseline: {start: 2026-09-01, end: 2026-10-01}}}}
      - {id: sooner, title: Sooner, metric: hours, target: {change: {by: -30%, baseline: {start: 2026-07-01, end: 2026-08-01}}}}
      - {id: fixed, title: Fixed, metric: hours, target: {change: {by: "-2 points", baseline: 20}}}
      - {id: plain, title: Plain, metric: hours, target: {decrease: {from: 24, to: 12}}}
"""  # noqa: E501 -- one line for each key result


@pytest.fixture
def changing(office: Any) -> Any:
    office.write("okrs.yaml", OKRS)
    return office


def sentences(workspace: Any) -> dict[str, str]:
    return {each.key_result: each.sentence for each in shown(workspace)}


def test_each_baseline_is_shown_with_its_window_or_with_what_is_missing(changing: Any) -> None:
    changing.sync("2026-10-10T02:00Z")
    assert sentences(changing.at("2026-10-10T03:00Z")) == {
        "faster": "14.5 h, measured over 1 to 30 Sep, n = 30",
        "sooner": "not known: 1 to 31 Jul, empty: no ticket that counts, 1 to 31 Jul; "
        "give a number with --value and --note",
        "fixed": "20, as okrs.yaml says",
    }


def test_a_baseline_inside_the_cycle_makes_a_provisional_target_until_it_is_over(changing: Any) -> None:
    inside = OKRS.replace("start: 2026-09-01, end: 2026-10-01", "start: 2026-10-01, end: 2026-10-15")
    changing.write("okrs.yaml", inside)

    def faster(now: str) -> Any:
        return next(card for card in changing.sync(now).scorecard.cards() if card.id == "faster")

    early = faster("2026-10-12T02:00Z")
    assert (early.start, early.progress, early.target_text) == (14.5, 0, "10.2 h (provisional)")
    assert "its baseline so far 14.5 h over 1 to 11 Oct, final on 15 Oct" in early.reason
    changing.ticket_a_day(date(2026, 10, 12), date(2026, 10, 14), 4)
    assert faster("2026-10-14T02:00Z").start == pytest.approx((11 * 14.5 + 2 * 4) / 13)
    pinned = faster("2026-10-15T02:00Z")
    assert pinned.start == pytest.approx((11 * 14.5 + 3 * 4) / 14)
    assert "provisional" not in pinned.reason + pinned.target_text


def test_a_persons_number_is_judged_with_and_never_overwritten(changing: Any) -> None:
    changing.sync("2026-10-10T02:00Z")
    given = give(changing.at("2026-10-10T03:00Z"), "sooner", "20.00", "the old desk's report")
    assert given.sentence == "20 h, given by a person: the old desk's report"
    report = changing.sync("2026-10-12T02:00Z")
    sooner = next(card for card in report.scorecard.cards() if card.id == "sooner")
    assert (sooner.start, sooner.target, sooner.progress) == (20, 14, pytest.approx(5.5 / 6))
    assert sentences(changing.at("2026-10-12T03:00Z"))["sooner"] == given.sentence


@pytest.mark.parametrize(
    ("name", "value", "note", "told"),
    [
        ("plain", "20", "x", "plain is not measured against a baseline of its own; those that are: faster, sooner"),
        ("fixed", "20", "x", "fixed is not measured"),
        (None, "20", "x", "needs the key result"),
        ("sooner", "20", None, "needs a --note"),
        ("sooner", "many", "x", "takes a number, not 'many'"),
        ("sooner", "0", "x", "leads nowhere"),
    ],
)
def test_what_cannot_be_a_baseline_is_refused(changing: Any, name: Any, value: str, note: Any, told: str) -> None:
    with pytest.raises(BaselineRefused, match=told):
        give(changing.at("2026-10-10T03:00Z"), name, value, note)
