"""From parts to key results to objectives, and the same scorecard looked at later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from okr_model.exchange import SourceError, SourceOutcome
from okr_model.plan import Plan
from okr_model.rollup import rejudge
from okr_model.scorecard import WORST_FIRST, Range
from okr_model.windows import end_of

DAY = date(2026, 11, 22)
HOUR = 3_600_000
Build = Callable[..., Any]


@pytest.fixture
def both(desk: Build) -> Any:
    """A milestone and a share, both needed."""
    target = {"all": [{"milestone": "launched"}, {"metric": "in_app_adoption", "increase": {"from": 0, "to": 75}}]}
    return desk(target, pace={"start": date(2026, 11, 1)})


def test_the_worst_part_speaks_and_the_least_progress_counts(both: Any) -> None:
    both.read("in_app_adoption", DAY, 60)
    card = both.card(DAY)
    assert [part.status for part in card.parts] == ["Off Track", "On Track"]
    assert (card.status, card.progress, card.actual, card.unit) == ("Off Track", 0, 0, "")
    assert card.reason == "launched: not done, planned to be 36.1 % of the way by 22 Nov"
    both.say("kr", DAY, milestone="launched")
    card = both.card(DAY)
    assert (card.status, card.progress, card.actual, card.unit) == ("On Track", pytest.approx(0.8), 60, "percent")


def test_an_unknown_part_leaves_progress_open_up_to_the_least_known(both: Any) -> None:
    assert both.card(DAY).progress == 0  # nothing can be less than a milestone that is not done
    both.say("kr", DAY, milestone="launched")
    card = both.card(DAY)
    assert (card.status, card.progress, card.progress_range) == ("No Data", None, None)


def test_an_objective_has_a_range_where_one_is_unknown(template: Any) -> None:
    template.read("review_hours", DAY, 18)  # weight 2, half way
    template.read("ai_coverage", DAY, 100)  # beyond, so all of the way
    (moderation, *_) = template.scorecard(DAY).objectives
    assert moderation.progress == Range(low=0.5, high=0.75)
    assert moderation.status == "No Data"
    assert moderation.reason == "50 to 75 % of the way, 1 of 3 unknown; worst: trained (No Data)"


def test_an_objective_takes_its_worst_word(plan_of: Callable[..., Plan], template: Any) -> None:
    template.read("review_hours", DAY, 30)
    template.read("ai_coverage", DAY, 70)
    template.read("trained", DAY, 100)
    (moderation, *_) = template.scorecard(DAY).objectives
    assert (moderation.status, moderation.progress) == ("Off Track", Range(low=0.46875, high=0.46875))
    assert moderation.reason == "46.9 % of the way; worst: review-time (Off Track)"
    words = [card.status for card in moderation.key_results]
    assert min(words, key=WORST_FIRST.index) == moderation.status


def test_one_failing_source_leaves_the_others_alone(template: Any) -> None:
    for metric in ("review_hours", "ai_coverage", "resolved_48h"):
        template.read(metric, DAY, 15)
        template.sources_of[metric] = ("helpdesk",) if metric == "resolved_48h" else ("queue",)
    before = {card.id: card for card in template.scorecard(DAY).cards()}
    error = SourceError(kind="transient", message="503 after 4 tries")
    template.outcomes["helpdesk"] = SourceOutcome(name="helpdesk", state="failed", connector="zendesk 1", error=error)
    after = {card.id: card for card in template.scorecard(DAY).cards()}
    assert {name for name in after if after[name] != before[name]} == {"resolved-48h"}
    assert after["resolved-48h"].status == before["resolved-48h"].status
    assert after["resolved-48h"].notes == (
        "the last pull failed: helpdesk could not be reached (503); value of 22 Nov",
    )


@pytest.mark.parametrize("hours", [2, 49, 50, 50.5, 200])
def test_looking_again_later_says_what_evaluating_later_would_have(template: Any, hours: float) -> None:
    _read_all(template)
    again = rejudge(template.scorecard(DAY), end_of(DAY, template.zone) + round(hours * HOUR))
    later = template.scorecard(DAY, hours_later=hours)
    assert _words(again) == _words(later)
    assert [each.progress for each in again.objectives] == [each.progress for each in later.objectives]


def test_a_scheduler_that_died_does_not_stay_green(template: Any) -> None:
    _read_all(template)
    fresh = template.scorecard(DAY)
    assert rejudge(fresh, fresh.evaluated_at) == fresh
    again = rejudge(fresh, end_of(DAY, template.zone) + 75 * HOUR)
    cards = {card.id: card for card in again.cards()}
    assert cards["review-time"].status == "Stale"
    assert cards["review-time"].reason == "last value 15 h of 22 Nov, 3 days old; nothing newer was taken"
    assert cards["review-time"].progress == 0.75
    assert again.objectives[0].status == "Stale"
    assert cards["in-app"].status == "Off Track"  # its milestone is still not done


def _read_all(template: Any) -> None:
    for metric in ("review_hours", "ai_coverage", "trained", "resolved_48h", "in_app_adoption", "feedback_answers"):
        template.read(metric, DAY, 15)
    template.read("audits", DAY, 1, period="2026-10")
    template.read("monitoring_speed", DAY, 99, period="2026-W47")
    template.say("monitoring", DAY, milestone="live")


def _words(scorecard: Any) -> list[tuple[str, str]]:
    cards = [(card.id, card.status) for card in scorecard.cards()]
    return [*cards, *((each.id, each.status) for each in scorecard.objectives)]
