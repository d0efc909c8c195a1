"""What `okr check` has to say about plans that cannot work as they are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from okr_model.doubts import doubts, small_baselines
from okr_model.exchange import PinnedBaseline, Span


def test_the_template_s_own_doubts_are_told(template: Any) -> None:
    told = doubts(template.plan)
    (long,) = [each for each in told if each.startswith("resolved-48h")]
    assert long == (
        "resolved-48h: resolved_48h looks back 28 days, more than a tenth of the cycle's 92: what changes shows late, "
        "and its first readings speak of the time before the cycle"
    )
    (late,) = [each for each in told if "monitoring_accuracy has to mature" in each]
    assert late.startswith("monitoring: 2026-11 and 2026-12 of 3 months can be judged only after the cycle's end, ")
    assert any(each.startswith("the first pull of account facts must reach back to ") for each in told)
    assert not any(each.startswith("review-time") for each in told)


def test_a_baseline_on_too_few_rows_is_told_with_the_rows_it_takes(template: Any) -> None:
    def told(n: int) -> list[str]:
        pinned = PinnedBaseline(
            "fraud-accounts", "fraud_share", Span(start=0, end=1), exact="2", n=n, definition="", recorded_at=0
        )
        return list(small_baselines(template.plan, {"fraud-accounts": pinned}))

    # Two shares of 2 % and 1.4 %: 7.8489 * (0.0196 + 0.013804) / 0.006 ** 2 = 7,282.9.
    assert told(7_283) == []
    (small,) = told(1_000)
    assert small.startswith("fraud-accounts: its baseline of 2 % stands on 1,000 rows; ")
    assert small.endswith("to tell -30% from no change takes 7,283 on either side")


def test_a_plan_without_a_doubt_has_none(desk: Callable[..., Any]) -> None:
    assert doubts(desk({"milestone": "live"}, metrics={}).plan) == []
