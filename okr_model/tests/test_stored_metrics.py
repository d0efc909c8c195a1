"""A definition that was stored is read back as what it was."""

from __future__ import annotations

from typing import Any

import pytest

from okr_model.metrics import Metric
from okr_model.tests.conftest import METRICS

MORE: dict[str, dict[str, Any]] = {
    "quantile": {
        "fact": "review",
        "measure": {"quantile": {"q": 0.9, "of": {"minutes": ["reported_at", "decided_at"]}}},
        "on": "decided_at",
        "where": {"queue": ["a", "b"], "assisted": True, "subject": "present", "decision": "absent"},
        "window": {"calendar": "month"},
        "guard": {"at_most": 9.5},
    },
    "scores": {
        "fact": "feedback",
        "measure": {"latest": "score"},
        "on": "received_at",
        "where": {"score": {"at_least": 2, "at_most": 4.5}},
        "window": {"trailing": "2w"},
        "settle": "36h",
    },
    "within": {
        "fact": "ticket",
        "measure": {
            "within": {"limit": "2d", "from": "created_at", "to": "resolved_at", "of": {"where": {"channel": "in_app"}}}
        },
        "on": "created_at",
        "window": {"trailing": "7d"},
    },
    "query": {"source": "w", "query": "select 1 as value", "window": "snapshot", "min_n": 3},
}


@pytest.mark.parametrize("name", [*METRICS, *MORE])
def test_it_is_the_same(name: str) -> None:
    body = {"unit": "percent", "better": "higher"} | {**METRICS, **MORE}[name]
    metric = Metric.model_validate({"id": name, **body})
    again = Metric.stored(metric.model_dump_json())
    assert again == metric
    assert again.definition_hash == metric.definition_hash


def test_people_cannot_write_the_stored_form() -> None:
    body = METRICS["audits"] | {"id": "m", "measure": {"kind": "count"}}
    with pytest.raises(ValueError, match="unknown measure 'kind'"):
        Metric.model_validate(body)
