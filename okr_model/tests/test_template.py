"""The template's nine key results on made-up readings of 22 November."""

from __future__ import annotations

from datetime import date
from typing import Any

from okr_model.baselines import baseline_window, measured_changes
from okr_model.exchange import PinnedBaseline

DAY = date(2026, 11, 22)


def _fill(template: Any) -> None:
    read = template.read
    read("review_hours", DAY, "20.5", n=8211)
    read("ai_coverage", DAY, "58.1", numerator=7512, denominator=12930, n=12930)
    template.read_every_day("trained", date(2026, 11, 15), DAY, 100)
    read("fraud_share", DAY, "1.5")
    for week in range(40, 47):
        read("monitoring_speed", DAY, "99.5", period=f"2026-W{week}")
    read("monitoring_speed", DAY, "99.6")
    read("monitoring_speed", DAY, "99.6", period="2026-W47")
    read("monitoring_accuracy", DAY, "96.1")
    read("audits", DAY, 1, period="2026-10")
    read("audits", DAY, 0, period="2026-11")
    read("resolved_48h", DAY, "83.5")
    read("in_app_adoption", DAY, "48.2", n=1904)
    read("feedback_answers", DAY, 35)
    template.say("monitoring", date(2026, 10, 9), milestone="live")
    template.say("in-app", date(2026, 11, 2), milestone="launched")
    (_, _, baseline, metric) = measured_changes(template.plan)[0]
    template.baselines["fraud-accounts"] = PinnedBaseline(
        key_result="fraud-accounts",
        metric="fraud_share",
        window=baseline_window(baseline, template.plan.cycle),
        exact="2",
        n=5000,
        definition=metric.definition_hash,
        recorded_at=0,
    )


def test_each_of_the_nine_has_a_value_or_a_reason(template: Any) -> None:
    _fill(template)
    scorecard = template.scorecard(DAY)
    cards = {card.id: card for card in scorecard.cards()}
    assert {name: card.status for name, card in cards.items()} == {
        "review-time": "Off Track",
        "ai-coverage": "On Track",
        "trained": "Complete",
        "fraud-accounts": "On Track",
        "monitoring": "Too Early",
        "audits": "On Track",
        "resolved-48h": "On Track",
        "in-app": "On Track",
        "feedback": "Too Early",
    }
    assert all(card.reason for card in cards.values())
