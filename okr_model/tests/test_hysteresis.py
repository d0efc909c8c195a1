"""Which word holds from day to day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_model.evaluate import judge_day
from okr_model.history import Record
from okr_model.hysteresis import Steady, steadied
from okr_model.scorecard import WORST_FIRST
from okr_model.windows import end_of

FIRST = date(2026, 10, 1)


def fold(words: list[str]) -> list[str]:
    steady, held = None, []
    for offset, word in enumerate(words):
        steady = steadied(steady, word, FIRST + timedelta(days=offset))
        held.append(steady.word)
    return held


@pytest.mark.parametrize(
    ("alone", "held"),
    [
        (["On Track", "At Risk", "On Track"], ["On Track", "On Track", "On Track"]),
        (["On Track", "At Risk", "At Risk"], ["On Track", "On Track", "At Risk"]),
        (["On Track", "Off Track"], ["On Track", "Off Track"]),
        (["Off Track", "At Risk", "Off Track"], ["Off Track", "Off Track", "Off Track"]),
        (["Off Track", "On Track", "At Risk"], ["Off Track", "Off Track", "At Risk"]),
        (["Off Track", "At Risk", "On Track"], ["Off Track", "Off Track", "On Track"]),
        (["At Risk", "On Track"], ["At Risk", "On Track"]),
        (["Off Track", "Complete"], ["Off Track", "Complete"]),
        (["On Track", "Stale", "At Risk"], ["On Track", "Stale", "At Risk"]),
    ],
)
def test_one_day_alone_moves_neither_down_from_on_track_nor_up_from_off_track(
    alone: list[str], held: list[str]
) -> None:
    assert fold(alone) == held


@given(st.lists(st.sampled_from(WORST_FIRST), min_size=2))
def test_a_word_that_two_days_gave_holds(words: list[str]) -> None:
    assert fold([*words, words[-1]])[-1] == words[-1]


@given(st.lists(st.sampled_from(WORST_FIRST), min_size=1))
def test_what_is_shown_was_given_that_day_or_held_the_day_before(words: list[str]) -> None:
    held = fold(words)
    assert held[0] == words[0]
    assert all(now in (word, before) for now, word, before in zip(held[1:], words[1:], held, strict=False))


def test_since_is_the_first_day_of_the_word_that_holds() -> None:
    first = steadied(None, "On Track", FIRST)
    held = steadied(first, "At Risk", FIRST + timedelta(days=1))
    assert held == Steady(word="On Track", since=FIRST, alone="At Risk")
    assert steadied(held, "At Risk", FIRST + timedelta(days=2)).since == FIRST + timedelta(days=2)


def test_a_day_held_back_says_what_it_was_by_itself(desk: Any) -> None:
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    day = date(2026, 11, 10)
    made.read("review_hours", day, "19.9")
    record = Record(made.plan, made.readings, (), {}, {})
    held = {"kr": Steady(word="On Track", since=FIRST, alone="On Track")}
    scorecard = judge_day(record.at(day, end_of(day, made.zone), {}), "run", held)
    card = scorecard.cards()[0]
    assert (card.status, card.since) == ("On Track", FIRST)
    assert card.reason.startswith("At Risk for one day, which counts from the second on: 19.9 h, planned")
    assert scorecard.steady["kr"].alone == "At Risk"


def test_a_day_folds_the_same_however_late_it_is_judged(desk: Any) -> None:
    made = desk({"milestone": "live"}, pace={"step": date(2026, 11, 1)})
    day = date(2026, 11, 10)
    made.say("kr", day + timedelta(days=1), milestone="live")
    record = Record(made.plan, (), made.check_ins, {}, {})
    night = end_of(day, made.zone)
    at_night, later = (judge_day(record.at(day, now, {}), "run", {}) for now in (night, night + 7_200_000))
    assert [each.cards()[0].status for each in (at_night, later)] == ["Off Track", "Complete"]
    assert at_night.steady == later.steady
