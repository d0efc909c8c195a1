"""Scorecards, check-ins, baselines, definitions."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from ledger.baselines import baselines, pin
from ledger.checkins import add_check_in, check_ins
from ledger.definitions import definition, store_definitions
from ledger.scorecards import days, drop_scorecards, save_scorecard, scorecard
from okr_model.exchange import CheckIn, PinnedBaseline, Span
from okr_model.scorecard import CycleCard, KeyResultCard, ObjectiveCard, Scorecard

CYCLE = CycleCard(id="2026-Q4", start=date(2026, 10, 1), end=date(2027, 1, 1), timezone="Europe/Berlin", state="open")


def card(day: int, status: str = "On Track", at: int = 0, run_id: str = "r1") -> Scorecard:
    one = KeyResultCard(id="review-time", title="Review time", objective="moderation", status=status, reason="why")
    objective = ObjectiveCard(id="moderation", title="Moderation", status=status, reason="why", key_results=(one,))
    return Scorecard(as_of=date(2026, 11, day), evaluated_at=at, run_id=run_id, cycle=CYCLE, objectives=(objective,))


def test_without_scorecards_there_is_none(engine: Engine) -> None:
    assert scorecard(engine) is None
    assert days(engine, "2026-Q4") == []


def test_the_newest_day_or_the_one_asked_for(engine: Engine) -> None:
    for day in (22, 20, 21):
        save_scorecard(engine, card(day), recorded_at=day)
    assert scorecard(engine) == card(22)
    assert scorecard(engine, date(2026, 11, 20)) == card(20)
    assert scorecard(engine, date(2026, 11, 19)) is None
    assert [day.day for day in days(engine, "2026-Q4")] == [20, 21, 22]
    assert days(engine, "2027-Q1") == []


def test_a_run_on_the_same_day_replaces_it_and_keeps_what_was_believed(engine: Engine) -> None:
    save_scorecard(engine, card(22), recorded_at=100)
    save_scorecard(engine, card(22, "At Risk"), recorded_at=200)
    assert scorecard(engine) == card(22, "At Risk")
    assert scorecard(engine, known_at=199) == card(22)
    assert scorecard(engine, known_at=99) is None
    assert len(days(engine, "2026-Q4")) == 1


def test_the_same_again_adds_nothing(engine: Engine) -> None:
    save_scorecard(engine, card(22), recorded_at=100)
    save_scorecard(engine, card(22, at=7, run_id="r2"), recorded_at=200)
    assert scorecard(engine) == card(22)


def test_they_can_be_dropped(engine: Engine) -> None:
    save_scorecard(engine, card(22), recorded_at=100)
    drop_scorecards(engine)
    assert scorecard(engine) is None
    assert scorecard(engine, known_at=100) is None


def test_check_ins_come_by_day_for_the_key_results_and_days_asked_for(engine: Engine) -> None:
    made = [
        CheckIn(key_result="audits", as_of=date(2026, 11, 3), recorded_at=30, note="late \x00 one", confidence=7),
        CheckIn(key_result="audits", as_of=date(2026, 11, 1), recorded_at=40, override="On Track"),
        CheckIn(key_result="trained", as_of=date(2026, 11, 2), recorded_at=20, value="0"),
    ]
    for each in made:
        add_check_in(engine, each)
    assert check_ins(engine) == [made[1], made[2], made[0]]
    assert check_ins(engine, key_results=["audits"]) == [made[1], made[0]]
    assert check_ins(engine, first=date(2026, 11, 2), last=date(2026, 11, 2)) == [made[2]]
    assert check_ins(engine, known_at=30) == [made[2], made[0]]
    assert check_ins(engine, key_results=[]) == []


def test_the_newest_baseline_of_each_key_result_counts(engine: Engine) -> None:
    def pinned(key_result: str, exact: str, at: int) -> PinnedBaseline:
        window = Span(start=0, end=9)
        return PinnedBaseline(
            key_result=key_result, metric="m", window=window, exact=exact, n=5, definition="d", recorded_at=at
        )

    assert baselines(engine) == {}
    for each in (pinned("a", "1/3", 1), pinned("b", "1/2", 2), pinned("a", "1/4", 3), pinned("a", "1/4", 4)):
        pin(engine, each)
    assert baselines(engine) == {"a": pinned("a", "1/4", 3), "b": pinned("b", "1/2", 2)}


def test_definitions_are_kept_once(engine: Engine) -> None:
    store_definitions(engine, {}, at=1)
    store_definitions(engine, {"h1": '{"a": 1}'}, at=1)
    store_definitions(engine, {"h1": "other", "h2": "{}"}, at=2)
    assert definition(engine, "h1") == '{"a": 1}'
    assert definition(engine, "h2") == "{}"
    assert definition(engine, "h3") is None
