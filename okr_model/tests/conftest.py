"""The template's three objectives in short, and a desk from which readings and check-ins are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from okr_model.evaluate import evaluate
from okr_model.exchange import CheckIn, Measured, PinnedBaseline, Reading, SourceOutcome
from okr_model.history import Known, Record
from okr_model.plan import Plan
from okr_model.questions import questions
from okr_model.readings import Provenance, judge
from okr_model.scorecard import KeyResultCard, Scorecard
from okr_model.windows import end_of, window_of

METRICS: dict[str, dict[str, Any]] = {
    "review_hours": {
        "unit": "hours",
        "better": "lower",
        "fact": "review",
        "measure": {"mean": {"hours": ["reported_at", "decided_at"]}},
        "on": "decided_at",
        "window": {"trailing": "7d"},
        "min_n": 30,
    },
    "ai_coverage": {
        "unit": "percent",
        "better": "higher",
        "fact": "review",
        "measure": {"share_distinct": {"of": "subject", "where": {"assisted": True}}},
        "on": "reported_at",
        "settle": "24h",
        "window": {"trailing": "7d"},
    },
    "trained": {
        "unit": "percent",
        "better": "higher",
        "fact": "member",
        "measure": {"share": {"where": {"trained": {"course": "g"}}, "of": {"where": {"active": True}}}},
        "window": "snapshot",
    },
    "fraud_share": {
        "unit": "percent",
        "better": "lower",
        "fact": "account",
        "measure": {"share": {"where": {"verdict": "fraud"}}},
        "on": "created_at",
        "mature": "30d",
        "window": {"trailing": "28d"},
    },
    "monitoring_speed": {
        "unit": "percent",
        "better": "higher",
        "fact": "transaction",
        "measure": {"within": {"limit": "2s", "from": "occurred_at", "to": "scored_at"}},
        "on": "occurred_at",
        "window": {"trailing": "7d"},
    },
    "monitoring_accuracy": {
        "unit": "percent",
        "better": "higher",
        "fact": "transaction",
        "measure": {"accuracy": {"predicted": "flagged", "actual": "fraud"}},
        "on": "occurred_at",
        "mature": "60d",
        "window": {"trailing": "28d"},
    },
    "audits": {
        "unit": "count",
        "better": "higher",
        "fact": "audit",
        "measure": "count",
        "on": "period",
        "window": {"calendar": "month"},
    },
    "resolved_48h": {
        "unit": "percent",
        "better": "higher",
        "fact": "ticket",
        "measure": {"within": {"limit": "48h", "from": "created_at", "to": "resolved_at"}},
        "on": "created_at",
        "window": {"trailing": "28d"},
    },
    "in_app_adoption": {
        "unit": "percent",
        "better": "higher",
        "fact": "ticket",
        "measure": {"share_distinct": {"of": "reporter", "where": {"channel": "in_app"}}},
        "on": "created_at",
        "window": {"trailing": "28d"},
    },
    "feedback_answers": {
        "unit": "count",
        "better": "higher",
        "fact": "feedback",
        "measure": "count",
        "on": "received_at",
        "window": "cycle_to_date",
    },
}
OBJECTIVES: list[dict[str, Any]] = [
    {
        "id": "moderation",
        "key_results": [
            {
                "id": "review-time",
                "metric": "review_hours",
                "target": {"decrease": {"from": 24, "to": 12}},
                "weight": 2,
            },
            {"id": "ai-coverage", "metric": "ai_coverage", "target": {"increase": {"from": 0, "to": 80}}},
            {
                "id": "trained",
                "metric": "trained",
                "target": {"increase": {"from": 0, "to": 100}},
                "pace": {"phased": {date(2026, 11, 1): 50, date(2026, 12, 1): 90}},
            },
        ],
    },
    {
        "id": "fraud",
        "key_results": [
            {
                "id": "fraud-accounts",
                "metric": "fraud_share",
                "target": {"change": {"by": "-30%", "baseline": {"previous": "cycle"}}},
            },
            {
                "id": "monitoring",
                "target": {
                    "all": [
                        {"milestone": "live"},
                        {"metric": "monitoring_speed", "maintain": {"at_least": 99, "every": "week"}},
                        {"metric": "monitoring_accuracy", "maintain": {"at_least": 95, "every": "month"}},
                    ]
                },
            },
            {
                "id": "audits",
                "metric": "audits",
                "target": {"cadence": {"times": 1, "every": "month", "grace": "5d"}},
            },
        ],
    },
    {
        "id": "reporting",
        "key_results": [
            {"id": "resolved-48h", "metric": "resolved_48h", "target": {"increase": {"from": 72, "to": 90}}},
            {
                "id": "in-app",
                "target": {
                    "all": [{"milestone": "launched"}, {"metric": "in_app_adoption", "increase": {"from": 0, "to": 75}}]
                },
                "pace": {"start": date(2026, 11, 1)},
            },
            {
                "id": "feedback",
                "target": {
                    "all": [
                        {"metric": "feedback_answers", "increase": {"from": 0, "to": 200}},
                        {"milestone": "findings-published"},
                    ]
                },
                "pace": {"step": date(2026, 12, 15)},
            },
        ],
    },
]
CYCLE: dict[str, Any] = {
    "id": "2026-Q4",
    "start": date(2026, 10, 1),
    "end": date(2027, 1, 1),
    "timezone": "Europe/Berlin",
}


def make_plan(objectives: list[dict[str, Any]], metrics: dict[str, dict[str, Any]] | None = None, **cycle: Any) -> Plan:
    """A plan; titles are the ids where none are given."""
    wanted = [
        {
            "title": each["id"],
            **each,
            "key_results": [{"title": result["id"], **result} for result in each["key_results"]],
        }
        for each in objectives
    ]
    named = {name: {"id": name, **body} for name, body in (METRICS if metrics is None else metrics).items()}
    return Plan.model_validate({"cycle": {**CYCLE, **cycle}, "objectives": wanted, "metrics": named})


@dataclass
class Desk:
    """One plan, and what has been read and said so far."""

    plan: Plan
    readings: list[Reading] = field(default_factory=list)
    check_ins: list[CheckIn] = field(default_factory=list)
    baselines: dict[str, PinnedBaseline] = field(default_factory=dict)
    outcomes: dict[str, SourceOutcome] = field(default_factory=dict)
    sources_of: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, metric: str, as_of: date, value: Any, period: str | None = None, **found: Any) -> Reading:
        """One reading taken as the nightly run would take it."""
        asked = [each for each in questions(self.plan, as_of) if (each.metric, each.period) == (metric, period)]
        assert asked, f"no question about {metric} {period} on {as_of}"
        definition = self.plan.metrics[metric]
        exact = None if value is None else Fraction(str(value))
        measured = Measured(value=exact, **{"n": 1000, **found})
        origin = Provenance(run_id="run", recorded_at=end_of(as_of, self.zone), definition=definition.definition_hash)
        reading = judge(asked[0], definition, measured, origin)
        self.readings.append(reading)
        return reading

    def read_every_day(self, metric: str, first: date, last: date, value: Any) -> None:
        """The same value on each day, both included. A callable gets the day."""
        day = first
        while day <= last:
            self.read(metric, day, value(day) if callable(value) else value)
            day += timedelta(days=1)

    def say(self, key_result: str, as_of: date, **what: Any) -> None:
        """A check-in."""
        when = end_of(as_of, self.zone)
        self.check_ins.append(CheckIn(key_result=key_result, as_of=as_of, recorded_at=when, **what))

    def scorecard(self, as_of: date, hours_later: float = 2) -> Scorecard:
        """Everything, evaluated a while after the day has ended."""
        now = end_of(as_of, self.zone) + round(hours_later * 3_600_000)
        return evaluate(
            self.plan,
            as_of,
            now,
            "run",
            self.readings,
            check_ins=self.check_ins,
            baselines=self.baselines,
            outcomes=self.outcomes,
            sources_of=self.sources_of,
        )

    def known(self, as_of: date, hours_later: float = 2) -> Known:
        """What is known as of a day, a while after it has ended."""
        record = Record(self.plan, self.readings, self.check_ins, self.baselines, self.sources_of)
        return record.at(as_of, end_of(as_of, self.zone) + round(hours_later * 3_600_000), self.outcomes)

    def card(self, as_of: date, key_result: str = "kr", hours_later: float = 2) -> KeyResultCard:
        """One key result of it."""
        cards = {card.id: card for card in self.scorecard(as_of, hours_later).cards()}
        return cards[key_result]

    @property
    def zone(self) -> Any:
        """The cycle's."""
        return self.plan.cycle.timezone

    def window(self, metric: str, as_of: date) -> Any:
        """The metric's own window."""
        return window_of(self.plan.metrics[metric], as_of, self.plan.cycle)


@pytest.fixture
def template() -> Desk:
    """The template's nine key results, with nothing read yet."""
    return Desk(make_plan(OBJECTIVES))


@pytest.fixture
def desk() -> Callable[..., Desk]:
    """A desk for one key result: `desk({"decrease": ...}, metric="review_hours")`."""

    def build(target: dict[str, Any], **rest: Any) -> Desk:
        cycle = rest.pop("cycle", {})
        metrics = rest.pop("metrics", None)
        result = {"id": "kr", "target": target, **rest}
        return Desk(make_plan([{"id": "objective", "key_results": [result]}], metrics, **cycle))

    return build


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    """`make_plan`."""
    return make_plan
