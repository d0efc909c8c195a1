"""One status after the other, at its edges, with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from okr_model.baselines import baseline_window, measured_changes
from okr_model.exchange import PinnedBaseline, SourceError, SourceOutcome
from okr_model.progress import Way

DAY = date(2026, 11, 22)
WAY = {"decrease": {"from": 24, "to": 12}}
Build = Callable[..., Any]


@pytest.fixture
def review(desk: Build) -> Any:
    """24 to 12 hours over a trailing week."""
    return desk(WAY, metric="review_hours")


@given(
    st.fractions(-1000, 1000),
    st.fractions(-1000, 1000).filter(bool),
    st.fractions(-1000, 1000),
)
def test_progress_is_exact_and_turns_back(start: Fraction, length: Fraction, value: Fraction) -> None:
    way = Way(start, start + length)
    assert way.value(way.progress(value)) == value
    assert way.met(value) == (way.progress(value) >= 1)
    assert [way.progress(way.start), way.progress(way.end)] == [Fraction(0), Fraction(1)]


def test_before_the_start_it_is_not_started(review: Any) -> None:
    review.read("review_hours", date(2026, 9, 29), 20)
    card = review.card(date(2026, 9, 29))
    assert (card.status, card.reason, card.fresh_until) == ("Not Started", "the cycle starts on 1 Oct", None)


def test_after_the_end_it_is_closing(review: Any) -> None:
    review.read_every_day("review_hours", date(2026, 12, 20), date(2027, 1, 1), 11)
    assert review.card(date(2026, 12, 31)).status == "Complete"
    card = review.card(date(2027, 1, 1))
    assert (card.status, card.actual) == ("Closing", 11)
    assert review.scorecard(date(2027, 1, 1)).cycle.state == "closing"
    assert card.reason == ("final once the cycle is closed, which waits until 4 Jan at most; the cycle ended on 31 Dec")
    review.read("review_hours", date(2026, 12, 31), 11, period="final 2026-Q4")
    assert review.card(date(2027, 1, 1)).reason.startswith("its final reading is in, and counts once the cycle is")


def test_closing_says_what_is_waited_for_and_until_when(desk: Build) -> None:
    made = desk({"change": {"by": "-30%", "baseline": 2}}, **FRAUD)
    assert made.card(date(2027, 1, 1)).reason == ("final on 31 Jan: 30 days for verdicts; the cycle ended on 31 Dec")
    parts = [{"milestone": "live"}, {"metric": "fraud_share", "change": {"by": "-30%", "baseline": 2}}]
    both = desk({"all": parts}).card(date(2027, 1, 1))
    assert "live: final once the cycle is closed" in both.reason
    assert "fraud_share: final on 31 Jan: 30 days for verdicts" in both.reason


def test_a_value_is_shown_on_its_side_of_what_its_word_takes(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 100}}, unit="points", better="higher", pace={"step": date(2026, 11, 1)})
    made.say("kr", DAY, value="89.9999")
    assert made.card(DAY).status == "At Risk"
    assert made.card(DAY).reason.startswith("89.9999 points, planned 100 points")


def test_without_any_value_there_is_no_data(review: Any) -> None:
    assert review.card(DAY).reason == "no value so far; no reading has been taken"
    review.read("review_hours", DAY, 19, n=12)
    card = review.card(DAY)
    assert (card.status, card.actual, card.progress, card.expected) == ("No Data", None, None, None)
    assert card.reason == "no value so far; there is not enough yet: 12 of the 30 needed"


def test_a_reading_of_a_later_day_or_of_another_definition_is_not_looked_at(review: Any) -> None:
    review.read("review_hours", DAY + timedelta(days=1), 19)
    assert review.card(DAY).status == "No Data"
    changed = review.plan.metrics["review_hours"].model_copy(update={"min_n": 31})
    review.plan = review.plan.model_copy(update={"metrics": {**review.plan.metrics, "review_hours": changed}})
    assert review.card(DAY + timedelta(days=1)).status == "No Data"


def test_fifty_hours_without_a_value_is_the_last_moment_before_stale(review: Any) -> None:
    review.read("review_hours", date(2026, 11, 20), "19.6")
    assert review.card(DAY, hours_later=2).status != "Stale"
    card = review.card(DAY, hours_later=2.001)
    assert card.status == "Stale"
    assert card.reason == "last value 19.6 h of 20 Nov, 2 days old; nothing newer was taken"
    assert card.actual == 19.6


def test_a_broken_guard_is_not_too_early_to_be_told(desk: Build) -> None:
    made, early = desk(WAY, metric="review_hours", guard=[{"metric": "ai_coverage", "at_least": 50}]), date(2026, 10, 4)
    made.read("review_hours", early, 23)
    made.read("ai_coverage", early, 49)
    card = made.card(early)
    assert (card.status, card.reason.split(": ")[0]) == (
        "At Risk",
        "guard ai_coverage is 49 %, below 50; without that Too Early",
    )


def test_a_guard_that_nobody_can_see_is_told(desk: Build) -> None:
    made = desk(WAY, metric="review_hours", guard=[{"metric": "ai_coverage", "at_least": 50}])
    made.read("review_hours", DAY, 13)
    assert made.card(DAY).notes == ("guard ai_coverage has no value so far",)
    made.read("ai_coverage", DAY - timedelta(days=4), 80)
    assert made.card(DAY).status == "On Track"
    assert made.card(DAY).notes == ("guard ai_coverage is not known since 18 Nov",)
    made.read("ai_coverage", DAY - timedelta(days=1), 80)
    assert made.card(DAY).notes == ()


def test_stale_says_whether_the_source_is_broken_or_there_is_not_enough(review: Any) -> None:
    review.read("review_hours", date(2026, 11, 17), "19.6")
    review.read("review_hours", DAY, "19", n=3)
    assert review.card(DAY).reason.endswith("5 days old; there is not enough yet: 3 of the 30 needed")
    assert review.card(DAY).notes == ()  # it has been said
    review.sources_of["review_hours"] = ("queue",)
    error = SourceError(kind="config", message="401, key refused")
    review.outcomes["queue"] = SourceOutcome(name="queue", state="failed", connector="ozone 1", error=error)
    assert review.card(DAY).reason.endswith("the source is broken: queue refused our key (401)")
    assert review.card(DAY).sources == ("queue",)


def test_a_failed_attempt_adds_a_line_and_hides_no_status(review: Any) -> None:
    review.read("review_hours", date(2026, 11, 21), "16")
    review.read("review_hours", DAY, None)
    card = review.card(DAY)
    assert (card.status, card.actual, card.as_of) == ("On Track", 16, date(2026, 11, 21))
    assert card.notes == (
        "22 Nov has no value of its own, empty: no review that counts, 16 to 22 Nov; value of 21 Nov",
    )


def test_a_later_failure_of_the_same_day_takes_nothing_back_but_a_correction_does(review: Any) -> None:
    first = review.read("review_hours", DAY, "16")
    again = {"state": "none", "exact": None, "value": None, "recorded_at": first.recorded_at + 1}
    review.readings.append(replace(first, reason="source_error: queue: 503", **again))
    assert review.card(DAY).actual == 16
    review.readings.append(replace(first, exact="17", value=17.0, recorded_at=first.recorded_at + 2))
    assert review.card(DAY).actual == 17


def test_complete_takes_a_whole_window_of_days_at_the_target(review: Any) -> None:
    review.read_every_day("review_hours", date(2026, 11, 17), DAY, 12)
    card = review.card(DAY)
    assert card.status == "On Track"
    assert "not yet held long enough" in card.reason
    review.read("review_hours", date(2026, 11, 16), 12)
    assert review.card(DAY).status == "Complete"
    assert review.card(DAY).reason == "12 h, held since 16 Nov; covers 16 to 22 Nov"


def test_a_day_above_the_target_breaks_the_run_and_an_unknown_day_does_not(review: Any) -> None:
    review.read_every_day("review_hours", date(2026, 11, 10), DAY, 12)
    review.readings = [each for each in review.readings if each.as_of != date(2026, 11, 18)]
    review.read("review_hours", date(2026, 11, 18), None)
    assert review.card(DAY).status == "Complete"
    review.readings = [each for each in review.readings if each.as_of != date(2026, 11, 20)]
    review.read("review_hours", date(2026, 11, 20), "12.000001")
    assert review.card(DAY).status == "On Track"


def test_complete_needs_half_of_the_window_inside_the_cycle(desk: Build) -> None:
    made = desk({"increase": {"from": 72, "to": 90, "hold": "1d"}}, metric="resolved_48h")
    made.read_every_day("resolved_48h", date(2026, 10, 1), date(2026, 10, 20), 90)
    assert made.card(date(2026, 10, 13)).status != "Complete"
    assert made.card(date(2026, 10, 14)).status == "Complete"


def test_a_value_just_short_of_the_target_is_not_shown_as_the_target(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 80}}, metric="ai_coverage")
    made.read_every_day("ai_coverage", date(2026, 11, 1), DAY, "79.96")
    card = made.card(DAY)
    assert card.status == "On Track"
    assert card.reason.startswith("79.96 %, planned ")


def test_too_early_says_from_when_it_is_judged(review: Any) -> None:
    review.read("review_hours", date(2026, 10, 8), 24)
    card = review.card(date(2026, 10, 8))
    assert card.status == "Too Early"
    assert "judged from 13 Oct on" in card.reason
    review.read("review_hours", date(2026, 10, 13), 24)
    assert review.card(date(2026, 10, 12)).status == "Stale"
    assert review.card(date(2026, 10, 13)).status in ("At Risk", "Off Track")


def _half_way(desk: Build, progress: Fraction) -> Any:
    """A manual key result whose plan asks for exactly one half on 15 November."""
    made = desk({"increase": {"from": 0, "to": 1}}, unit="share", better="higher", cycle={"timezone": "UTC"})
    made.say("kr", date(2026, 11, 15), value=str(float(progress)))
    return made.card(date(2026, 11, 15))


@pytest.mark.parametrize(
    ("progress", "status"),
    [("0.45", "On Track"), ("0.4499", "At Risk"), ("0.3", "At Risk"), ("0.2999", "Off Track"), ("0.5", "On Track")],
)
def test_the_edges_of_pace_are_inclusive(desk: Build, progress: str, status: str) -> None:
    card = _half_way(desk, Fraction(progress))
    assert card.expected == 0.5
    assert card.status == status


def test_a_small_gap_is_forgiven_where_little_is_expected(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 92}}, unit="count", better="higher", cycle={"timezone": "UTC"})
    made.say("kr", date(2026, 10, 23), value="18.4")  # expected 23/92 = 0.25, gap exactly 0.05
    assert made.card(date(2026, 10, 23)).status == "On Track"
    made.say("kr", date(2026, 10, 23), value="13.8")  # gap exactly 0.10
    assert made.card(date(2026, 10, 23)).status == "At Risk"
    made.say("kr", date(2026, 10, 23), value="13.7")
    assert made.card(date(2026, 10, 23)).status == "Off Track"


def test_off_track_says_what_was_planned_and_what_it_takes(review: Any) -> None:
    review.read("review_hours", DAY, "25.5")
    card = review.card(DAY)
    assert card.status == "Off Track"
    assert card.reason == "25.5 h, planned 17.3 h; worse than the start of 24 h; covers 16 to 22 Nov"
    assert card.needs == "19.4 h or less by 29 Nov for At Risk"
    assert card.progress == -0.125
    assert card.planned == pytest.approx(17.29, abs=0.01)


def test_a_ratio_too_small_to_tell_says_so(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 80}}, metric="ai_coverage")
    made.read("ai_coverage", DAY, "73.3", numerator=Fraction(22), denominator=Fraction(30), n=30)
    assert "not distinguishable from the target (n = 30)" in made.card(DAY).reason


def test_a_change_is_measured_from_its_kept_baseline(desk: Build) -> None:
    made = desk({"change": {"by": "-30%", "baseline": {"start": date(2026, 7, 1), "end": date(2026, 10, 1)}}}, **FRAUD)
    made.read("fraud_share", DAY, "1.7")
    card = made.card(DAY)
    assert (card.status, card.progress) == ("No Data", None)
    assert card.reason == "baseline not yet known: fraud_share, 1 Jul to 30 Sep, has not been measured"
    made.baselines["kr"] = _pinned(made, "2")
    card = made.card(DAY)
    assert (card.start, card.target, card.progress, card.status) == (2, 1.4, 0.5, "On Track")


FRAUD = {"metric": "fraud_share"}


def _pinned(made: Any, exact: str) -> PinnedBaseline:
    _, _, baseline, metric = measured_changes(made.plan)[0]
    return PinnedBaseline(
        key_result="kr",
        metric=metric.id,
        window=baseline_window(baseline, made.plan.cycle),
        exact=exact,
        n=9,
        definition=metric.definition_hash,
        recorded_at=0,
    )


def test_a_baseline_that_is_not_mature_yet_makes_it_too_early(desk: Build) -> None:
    made = desk({"change": {"by": "-30%", "baseline": {"previous": "cycle"}}}, **FRAUD)
    made.read("fraud_share", date(2026, 10, 20), "1.7")
    card = made.card(date(2026, 10, 20))
    assert card.status == "Too Early"
    assert card.reason == "baseline not yet known: fraud_share, 1 Jul to 30 Sep, is mature on 31 Oct"


def test_until_its_baseline_is_all_known_a_target_is_provisional(desk: Build) -> None:
    baseline = {"start": date(2026, 10, 1), "end": date(2026, 11, 1)}
    made = desk({"change": {"by": "-30%", "baseline": baseline}}, metric="review_hours")
    day, end = date(2026, 10, 25), date(2026, 10, 31)
    made.read("review_hours", day, 20, period="provisional baseline 2026-10-01/2026-11-01")
    made.read("review_hours", day, 17)
    card = made.card(day)
    assert (card.status, card.start, card.target, card.progress) == ("On Track", 20, 14, 0.5)
    assert card.target_text == "14 h (provisional)"
    assert "the target is provisional, its baseline so far 20 h over 1 to 25 Oct, final on 1 Nov" in card.reason
    made.readings.clear()
    made.read("review_hours", day, 20, period="provisional baseline 2026-10-01/2026-11-01")
    made.read_every_day("review_hours", date(2026, 10, 10), day, 13)
    assert (made.card(day).status, "not yet final" in made.card(day).reason) == ("On Track", True)
    made.read("review_hours", end, 12)  # from that night on only the whole of it counts
    assert made.card(end).reason == "baseline not yet known: review_hours, 1 to 31 Oct, has not been measured"


def test_a_baseline_that_cannot_be_measured_asks_for_a_number(desk: Build) -> None:
    made = desk({"change": {"by": "-30%", "baseline": {"previous": "cycle"}}}, **FRAUD)
    made.read("fraud_share", DAY, "1.7")
    made.read("fraud_share", DAY, None, period="baseline 2026-07-01/2026-10-01")
    card = made.card(DAY)
    assert card.status == "No Data"
    assert card.reason.endswith("set `baseline` to a number")
    made.baselines["kr"] = _pinned(made, "0")
    assert made.card(DAY).reason == "no target: -30% of a baseline of 0 %; set `baseline` to a number above 0"


def test_a_change_in_points_from_a_given_number(desk: Build) -> None:
    made = desk({"change": {"by": "-5 points", "baseline": 20}}, **FRAUD)
    made.read("fraud_share", DAY, 16)
    assert (made.card(DAY).target, made.card(DAY).progress) == (15, 0.8)


def test_a_manual_key_result_goes_stale_when_nobody_checks_in(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 10}}, unit="count", better="higher")
    assert made.card(DAY).reason == "no value so far; nobody has checked in a value"
    made.say("kr", date(2026, 11, 1), value="4")
    assert made.card(date(2026, 11, 18), hours_later=0).status == "On Track"
    card = made.card(date(2026, 11, 18), hours_later=1)
    assert card.status == "Stale"
    assert card.reason == "last value 4 of 1 Nov, 17 days old; nobody has checked in a newer value"


def test_a_manual_target_is_complete_once_it_has_stood_for_a_week(desk: Build) -> None:
    made = desk({"increase": {"from": 0, "to": 10}}, unit="count", better="higher")
    made.say("kr", date(2026, 11, 10), value="10")
    assert made.card(date(2026, 11, 15)).status == "On Track"
    assert made.card(date(2026, 11, 16)).status == "Complete"


def test_a_milestone_is_done_when_someone_says_so(desk: Build) -> None:
    made = desk({"milestone": "live"}, pace={"step": date(2026, 11, 20)})
    assert made.card(date(2026, 11, 19)).status == "Too Early"
    card = made.card(date(2026, 11, 20))
    assert (card.status, card.progress, card.actual) == ("Off Track", 0, 0)
    assert card.reason == "not done, planned to be 100 % of the way by 20 Nov"
    made.say("kr", DAY, milestone="other")
    assert made.card(DAY).status == "Off Track"
    made.say("kr", DAY, milestone="live")
    assert (made.card(DAY).status, made.card(DAY).reason) == ("Complete", "done, said on 22 Nov")
    eve = DAY - timedelta(days=1)
    assert made.card(eve, hours_later=2).status == "Complete", "what is said today counts today"
    assert made.card(eve, hours_later=0).status == "Off Track", "but a day judged as of its end knows nothing of it"


def test_a_milestone_can_be_said_by_a_metric(desk: Build) -> None:
    made = desk({"milestone": "first answer", "metric": "feedback_answers"})
    made.read("feedback_answers", DAY, 0)
    assert (made.card(DAY).status, made.card(DAY).progress) == ("Off Track", 0)
    made.read("feedback_answers", DAY + timedelta(days=1), 1)
    assert made.card(DAY + timedelta(days=1)).status == "Complete"


def test_a_broken_guard_caps_the_status(desk: Build) -> None:
    made = desk(WAY, metric="review_hours", guard=[{"metric": "ai_coverage", "at_least": 50}])
    made.read("review_hours", DAY, 13)
    made.read("ai_coverage", DAY, 50)
    assert made.card(DAY).status == "On Track"
    made.read("ai_coverage", DAY + timedelta(days=1), "49.96")
    made.read("review_hours", DAY + timedelta(days=1), 13)
    card = made.card(DAY + timedelta(days=1))
    assert card.status == "At Risk"
    assert card.reason.startswith("guard ai_coverage is 49.96 %, below 50; without that On Track: 13 h")
