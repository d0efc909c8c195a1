"""What is asked as of a day, what covers it, and how far back a first pull reaches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from okr_model.baselines import to_pin
from okr_model.exchange import Coverage, Question
from okr_model.plan import Plan
from okr_model.questions import facts_of, needed_from, questions
from okr_model.readings import covered
from okr_model.windows import end_of, midnight

DAY = date(2026, 11, 22)


def _asked(plan: Plan, as_of: date, metric: str) -> dict[str | None, Question]:
    return {each.period: each for each in questions(plan, as_of) if each.metric == metric}


def test_every_metric_is_asked_for_its_own_window_once(template: Any) -> None:
    own = [each.metric for each in questions(template.plan, DAY) if each.period is None]
    assert own == list(template.plan.metrics)


def test_maintain_asks_for_each_ended_week_and_the_running_one(template: Any) -> None:
    asked = _asked(template.plan, date(2026, 10, 14), "monitoring_speed")
    zone = template.zone
    assert list(asked) == [None, "2026-W40", "2026-W41", "2026-W42"]
    assert asked["2026-W40"].window.start == midnight(date(2026, 9, 28), zone)
    assert asked["2026-W42"].window.end == end_of(date(2026, 10, 14), zone)
    assert {each.known_to for each in asked.values()} == {end_of(date(2026, 10, 14), zone)}


def test_a_period_that_must_mature_is_asked_for_only_then(template: Any) -> None:
    assert list(_asked(template.plan, date(2026, 12, 29), "monitoring_accuracy")) == [None]
    assert list(_asked(template.plan, date(2026, 12, 30), "monitoring_accuracy")) == [None, "2026-10"]


def test_a_cadence_knows_no_more_than_its_grace_allows(template: Any) -> None:
    asked, zone = _asked(template.plan, DAY, "audits"), template.zone
    assert asked["2026-10"].known_to == midnight(date(2026, 11, 6), zone)
    assert asked["2026-11"].known_to == end_of(DAY, zone) == asked["2026-11"].window.end
    assert "2026-12" not in asked


def test_a_baseline_is_asked_for_once_it_is_mature(template: Any) -> None:
    label, zone = "baseline 2026-07-01/2026-10-01", template.zone
    assert label not in _asked(template.plan, date(2026, 10, 29), "fraud_share")
    question = _asked(template.plan, date(2026, 10, 30), "fraud_share")[label]
    assert question.window.start == midnight(date(2026, 7, 1), zone)
    assert question.window.end == midnight(date(2026, 10, 1), zone)


def test_what_is_mature_of_a_baseline_is_asked_for_until_all_of_it_is(template: Any) -> None:
    label, zone = "provisional baseline 2026-07-01/2026-10-01", template.zone
    question = _asked(template.plan, date(2026, 10, 15), "fraud_share")[label]
    assert question.window.start == midnight(date(2026, 7, 1), zone)
    assert question.window.end == midnight(date(2026, 9, 16), zone)
    assert label not in _asked(template.plan, date(2026, 10, 30), "fraud_share")


def test_a_baseline_of_what_has_a_limit_waits_until_its_last_rows_can_be_judged(desk: Callable[..., Any]) -> None:
    made = desk({"change": {"by": "+5 points", "baseline": {"previous": "cycle"}}}, metric="resolved_48h")
    label = "baseline 2026-07-01/2026-10-01"
    assert label not in _asked(made.plan, date(2026, 10, 1), "resolved_48h")
    assert label in _asked(made.plan, date(2026, 10, 2), "resolved_48h")


def test_a_baseline_is_kept_once_it_is_ok_and_only_once(template: Any) -> None:
    label = "baseline 2026-07-01/2026-10-01"
    template.read("fraud_share", DAY, None, period=label)
    assert to_pin(template.plan, template.readings, {}, 7) == []
    template.read("fraud_share", DAY, "1.9", period=label)
    (kept,) = to_pin(template.plan, template.readings, {}, 7)
    assert (kept.key_result, kept.exact, kept.recorded_at) == ("fraud-accounts", "19/10", 7)
    assert to_pin(template.plan, template.readings, {"fraud-accounts": kept}, 8) == []


def test_a_cycle_that_is_no_whole_months_has_a_baseline_of_as_many_days(desk: Callable[..., Any]) -> None:
    made = desk(
        {"change": {"by": "-30%", "baseline": {"previous": "cycle"}}},
        metric="review_hours",
        cycle={"start": date(2026, 10, 5), "end": date(2026, 10, 19)},
    )
    assert "baseline 2026-09-21/2026-10-05" in _asked(made.plan, DAY, "review_hours")


def test_a_first_pull_reaches_back_to_the_earliest_need(template: Any) -> None:
    plan, zone = template.plan, template.zone
    assert needed_from(plan, "account") == midnight(date(2026, 7, 1), zone)  # the baseline
    assert needed_from(plan, "review") == midnight(date(2026, 9, 24), zone)  # 7 days and a day of settling
    assert needed_from(plan, "transaction") == midnight(date(2026, 7, 6), zone)  # 28 days, 60 days old
    assert needed_from(plan, "member") is None
    assert needed_from(plan, "training") is None
    assert needed_from(plan, "audit") == midnight(date(2026, 10, 1), zone)
    assert needed_from(plan, "feedback") == midnight(date(2026, 10, 1), zone)


def test_who_is_trained_needs_two_facts(template: Any) -> None:
    assert facts_of(template.plan.metrics["trained"]) == ("member", "training")
    assert facts_of(template.plan.metrics["audits"]) == ("audit",)


def test_every_source_of_every_fact_must_reach_over_the_window(template: Any) -> None:
    metric, question = template.plan.metrics["trained"], _asked(template.plan, DAY, "trained")[None]
    night = question.known_to
    members = Coverage(source="roster", fact="member", start=None, complete_to=night)
    courses = Coverage(source="lms", fact="training", start=None, complete_to=night)
    pairs = [("roster", "member"), ("lms", "training"), ("queue", "review")]
    assert covered(question, metric, pairs, [members, courses]) is None
    assert covered(question, metric, pairs, [members]) == "lms has not supplied any training facts yet"
    assert covered(question, metric, pairs[:1], [members]) == "no source supplies training facts"
    short = Coverage(source="lms", fact="training", start=None, complete_to=night - 1)
    assert covered(question, metric, pairs, [members, short]) == "lms is complete to 22 Nov 23:59, not to 23 Nov 00:00"
    late = Coverage(source="roster", fact="member", start=0, complete_to=night)
    assert "from the first one on" in (covered(question, metric, pairs, [late, courses]) or "")


def test_outcomes_learnt_after_the_window_must_be_covered_too(template: Any) -> None:
    metric, question = template.plan.metrics["fraud_share"], _asked(template.plan, DAY, "fraud_share")[None]
    reach = Coverage(source="w", fact="account", start=question.window.start, complete_to=question.window.end)
    assert "not to 23 Nov 00:00" in (covered(question, metric, [("w", "account")], [reach]) or "")


def test_a_query_at_the_source_needs_no_coverage(plan_of: Callable[..., Plan]) -> None:
    metric = {"unit": "seconds", "better": "lower", "source": "prom", "query": "x", "window": {"trailing": "7d"}}
    target = {"decrease": {"from": 3, "to": 1}}
    plan = plan_of([{"id": "o", "key_results": [{"id": "k", "metric": "q", "target": target}]}], {"q": metric})
    assert covered(questions(plan, DAY)[0], plan.metrics["q"], [], []) is None
