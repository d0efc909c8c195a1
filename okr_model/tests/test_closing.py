"""How cycles end: scores, words, what is waited for, and what a person settles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_model.closing import close, close_provisionally, closed_scorecard, score_of, score_text, waiting, word_of
from okr_model.exchange import Outcome
from okr_model.targets import Maintain
from okr_model.windows import end_of

NEW_YEAR = date(2027, 1, 1)
LAST = date(2026, 12, 31)
LABEL = "final 2026-Q4"
Build = Callable[..., Any]


def ended(desk: Any, as_of: date = NEW_YEAR, dropped: tuple[str, ...] = ()) -> Outcome:
    (outcome,) = close(desk.known(as_of), end_of(as_of, desk.zone), dropped).outcomes
    return outcome


@pytest.mark.parametrize(
    ("value", "word", "score"),
    [("12", "Achieved", "1"), ("9", "Achieved", "1"), ("15.6", "Partial", "7/10"), ("15.61", "Missed", "839/1200")],
)
def test_the_word_is_that_of_the_final_reading_inclusive_and_exact(
    desk: Build, value: str, word: str, score: str
) -> None:
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    made.read("review_hours", LAST, value, LABEL)
    outcome = ended(made)
    assert (outcome.word, outcome.exact) == (word, score)
    assert f"score {score_text(Fraction(score))}; " in outcome.reason
    assert waiting(made.known(NEW_YEAR)) == []


def test_a_reading_that_looks_past_the_end_is_not_the_final_one(desk: Build) -> None:
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    made.read("review_hours", date(2027, 1, 3), 9)
    (waits,) = waiting(made.known(date(2027, 1, 3)))
    assert waits.missing == "no final reading was taken"
    assert waits.until == end_of(date(2027, 1, 3), made.zone)  # three days of grace
    assert (ended(made).word, ended(made).score) == ("Not Measured", None)


def test_a_delayed_final_reading_is_waited_for_until_it_is_mature_and_the_grace_is_over(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 10}}, metric="slow", metrics={"slow": {**SLOW}})
    (waits,) = waiting(made.known(NEW_YEAR))
    assert waits.missing == "its final reading can be taken from 31 Jan on"
    assert waits.until == end_of(date(2027, 2, 2), made.zone)
    assert made.known(date(2027, 1, 29)).night < waits.until
    made.read("slow", date(2027, 1, 30), 10, LABEL)
    assert waiting(made.known(date(2027, 1, 30))) == []
    assert ended(made, date(2027, 1, 30)).word == "Achieved"


SLOW: dict[str, Any] = {
    "unit": "percent",
    "better": "higher",
    "fact": "account",
    "measure": {"share": {"where": {"verdict": "fraud"}}},
    "on": "created_at",
    "mature": "30d",
    "window": {"trailing": "28d"},
}


def test_a_final_reading_that_is_too_small_is_not_measured_and_says_why(desk: Build) -> None:
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    made.read("review_hours", LAST, 30, LABEL, n=12)
    outcome = ended(made)
    assert outcome.word == "Not Measured"
    assert outcome.reason == "no final reading: too_few: 12 of the 30 needed"


def test_a_provisional_end_goes_by_the_last_reading_inside_the_cycle(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 10}}, metric="slow", metrics={"slow": {**SLOW}})
    made.read_every_day("slow", date(2026, 12, 1), date(2027, 1, 2), 8)
    closed = close_provisionally(made.known(NEW_YEAR), 0)
    assert closed.provisional
    assert closed.outcomes[0].word == "Partial"
    assert closed.outcomes[0].reason.startswith("provisional, score 0.80; ")


@pytest.mark.parametrize(
    ("as_of", "word"), [(date(2026, 12, 20), "Achieved"), (date(2026, 11, 30), "Not Measured"), (None, "Not Measured")]
)
def test_a_value_that_people_said_is_final_if_it_was_fresh_at_the_end(
    desk: Build, as_of: date | None, word: str
) -> None:
    made = desk({"increase": {"from": 0, "to": 10}}, unit="count", better="higher")
    if as_of is not None:
        made.say("kr", as_of, value="10")
    assert ended(made).word == word


def test_what_is_said_of_a_day_after_the_end_does_not_count(desk: Build) -> None:
    made = desk({"milestone": "live"})
    made.say("kr", NEW_YEAR, milestone="live")
    assert ended(made, date(2027, 1, 2)).word == "Missed"
    made.say("kr", LAST, milestone="live")
    assert ended(made, date(2027, 1, 2)).word == "Achieved"


def months(desk: Build, *values: Any, **target: Any) -> Any:
    made = desk({"maintain": {"at_least": 99, "every": "month", **target}}, metric="monitoring_speed")
    for (label, last), value in zip(MONTHS, values, strict=True):
        if value is not None:
            made.read("monitoring_speed", last, value, label)
    return made


MONTHS = (("2026-10", date(2026, 10, 31)), ("2026-11", date(2026, 11, 30)), ("2026-12", LAST))


def test_an_unknown_period_waits_for_a_person_who_settles_it(desk: Build) -> None:
    made = months(desk, 100, None, 100)
    (waits,) = waiting(made.known(NEW_YEAR))
    assert waits.missing == "2026-11 unknown; `okr checkin` settles it"
    assert ended(made).word == "Not Measured"
    made.say("kr", date(2026, 12, 3), period="2026-11", settled="missed")
    assert (ended(made).word, ended(made).exact) == ("Missed", "2/3")
    made.say("kr", date(2026, 12, 4), period="2026-11", settled="met")
    assert (ended(made).word, waiting(made.known(NEW_YEAR))) == ("Achieved", [])


def test_a_person_does_not_settle_what_was_measured(desk: Build) -> None:
    made = months(desk, 100, 98, 100)
    made.say("kr", date(2026, 12, 3), period="2026-11", settled="met")
    assert ended(made).exact == "2/3"


def test_missed_for_certain_is_missed_whatever_the_unknown_would_say(desk: Build) -> None:
    made = months(desk, 98, None, 97)
    outcome = ended(made)
    assert (outcome.word, outcome.score) == ("Missed", None)
    assert outcome.reason.startswith("score at most 0.33; ")


def test_misses_that_are_allowed_reach_the_target(desk: Build) -> None:
    assert ended(months(desk, 100, 98, 100, allow=1)).exact == "1"


def test_all_takes_its_smallest_part_and_names_it(desk: Build) -> None:
    parts = [{"milestone": "live"}, {"metric": "review_hours", "decrease": {"from": 24, "to": 12}}]
    made = desk({"all": parts})
    made.say("kr", date(2026, 11, 1), milestone="live")
    made.read("review_hours", LAST, 14, LABEL)
    outcome = ended(made)
    assert outcome.exact == "5/6"
    assert outcome.reason == "score 0.83; review_hours: 14 h, target 12 h; covers 25 to 31 Dec"


def test_a_guard_that_is_broken_at_the_end_is_told_and_takes_nothing_from_the_word(desk: Build) -> None:
    guard = [{"metric": "ai_coverage", "at_least": 50}, {"metric": "resolved_48h", "at_least": 80}]
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours", guard=guard)
    made.read("review_hours", LAST, 12, LABEL)
    made.read("ai_coverage", LAST, 49)
    made.read("ai_coverage", NEW_YEAR, 90)  # which speaks for a day after the end
    made.read("resolved_48h", LAST, 80)
    outcome = ended(made)
    assert outcome.word == "Achieved"
    assert outcome.reason == "score 1.00; 12 h, target 12 h; covers 25 to 31 Dec; guard ai_coverage is 49 %, below 50"


def test_what_was_dropped_is_dropped_and_waits_for_nothing(desk: Build) -> None:
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    assert ended(made, dropped=("kr",)).word == "Dropped"
    assert waiting(made.known(NEW_YEAR), ("kr",)) == []


def test_the_closed_scorecard_shows_words_and_scores_and_never_goes_stale(template: Any) -> None:
    template.read("review_hours", LAST, 14, LABEL)
    template.say("review-time", date(2026, 12, 20), override="On Track", override_until=NEW_YEAR, note="trust me")
    closed = close(template.known(NEW_YEAR), 0, ("ai-coverage",))
    scorecard = closed_scorecard(template.scorecard(NEW_YEAR), closed)
    words = {card.id: card.status for card in scorecard.cards()}
    assert scorecard.cycle.state == "closed"
    assert (words["review-time"], words["ai-coverage"], words["trained"]) == ("Partial", "Dropped", "Not Measured")
    moderation = scorecard.objectives[0]
    assert moderation.status == "Not Measured"
    assert moderation.reason == "55.6 to 88.9 % of the way, 1 of 2 unknown; worst: trained (Not Measured)"
    unknown = next(card for card in scorecard.cards() if card.id == "trained")
    assert (unknown.actual, unknown.progress, unknown.fresh_until) == (None, None, None)


@given(st.fractions(0, 1))
def test_a_score_never_reads_as_another_word_than_its_own(score: Fraction) -> None:
    assert word_of(Fraction(score_text(score))) == word_of(score)


@given(st.lists(st.sampled_from([97, 98, 99, 100, None]), min_size=3, max_size=3), st.integers(0, 3))
def test_unknown_periods_never_change_a_word_that_stands(values: list[Any], allow: int) -> None:
    part = Maintain.model_validate({"at_least": 99, "every": "month", "allow": allow})
    good, bad = sum(value in (99, 100) for value in values), sum(value in (97, 98) for value in values)
    worst, best = score_of(part, good, 3 - good), score_of(part, 3 - bad, bad)
    assert 0 <= worst <= best <= 1
    for met in range(4 - good - bad):
        assert worst <= score_of(part, good + met, 3 - good - met) <= best
