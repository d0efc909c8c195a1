"""The stand-ins answer in the shape of the literal responses that the connectors' tests read too.

Those were written by hand from the vendors' documentation, so that a stand-in and a connector cannot agree on a shape
of their own making.
"""

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

CONNECTORS = Path(__file__).parents[2] / "connectors"
_KINDS = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    type(None): "null",
    dict: "object",
    list: "array",
}

CASES = [
    ("ozone", "queryReports", ["tools.ozone.report.queryReports?status=closed&limit=100"]),
    ("ozone", "queryActivities", ["tools.ozone.report.queryActivities?limit=100"]),
    ("ozone", "queryEvents", ["tools.ozone.moderation.queryEvents?limit=100&modTool=automod"]),
    ("ozone", "listMembers", ["tools.ozone.team.listMembers?limit=20"]),
    ("stripe", "charges", [f"charges?limit=100&created[lt]={at}" for at in (1783000000, 1787000000, 1795000000)]),
    ("stripe", "disputes", ["disputes?limit=100"]),
    ("stripe", "early_fraud_warnings", ["radar/early_fraud_warnings?limit=100"]),
    ("stripe", "reviews", ["reviews?limit=100"]),
    ("stripe", "events_review_closed", ["events?limit=100&type=review.closed"]),
    (
        "zendesk",
        "tickets_cursor",
        ["incremental/tickets/cursor.json?start_time=1795000000&include=metric_sets"],
    ),
    ("zendesk", "satisfaction_ratings", ["satisfaction_ratings.json?page[size]=100"]),
]


class Shape:
    """What stands at each path of some JSON values."""

    def __init__(self, *values: Any) -> None:
        self.kinds: defaultdict[str, set[str]] = defaultdict(set)
        self._times: Counter[str] = Counter()
        self._parents: dict[str, str] = {}
        for value in values:
            self._walk(value, "")

    def always(self) -> dict[str, str]:
        """Keys that every object in their place has, each with that place."""
        return {
            path: parent
            for path, parent in self._parents.items()
            if self._times[path] == self._times[f"{parent} object"] and self.kinds[parent] <= {"object", "null"}
        }

    def _walk(self, value: Any, path: str) -> None:
        kind = _KINDS[type(value)]
        self.kinds[path].add(kind)
        self._times[path] += 1
        self._times[f"{path} {kind}"] += 1
        if isinstance(value, dict):
            for key, inner in value.items():
                self._parents[f"{path}.{key}"] = path
                self._walk(inner, f"{path}.{key}")
        elif isinstance(value, list):
            for inner in value:
                self._walk(inner, f"{path}[]")


@pytest.mark.parametrize(("vendor", "name", "paths"), CASES, ids=[case[1] for case in CASES])
def test_same_keys_and_types(clients: Any, vendor: str, name: str, paths: list[str]) -> None:
    literal = Shape(json.loads((CONNECTORS / vendor / "fixtures" / f"{name}.json").read_text(encoding="utf-8")))
    served = Shape(*(getattr(clients, vendor).get(path) for path in paths))
    assert set(served.kinds) <= set(literal.kinds), "the sandbox invents keys"
    for path, kinds in served.kinds.items():
        assert kinds <= literal.kinds[path], f"{name}{path} is of another type"
    wanted = {path for path, parent in literal.always().items() if "object" in served.kinds.get(parent, ())}
    assert wanted <= set(served.always()), "the sandbox leaves out keys"


def test_every_literal_response_is_compared() -> None:
    """Two show a special page of an endpoint that is compared under its plain name."""
    special = {"tickets_cursor_empty_page", "charges_with_review"}
    names = {path.stem for vendor in {case[0] for case in CASES} for path in (CONNECTORS / vendor).glob("fixtures/*")}
    assert special | {case[1] for case in CASES} <= names


def test_special_pages(clients: Any) -> None:
    literal = json.loads((CONNECTORS / "zendesk/fixtures/tickets_cursor_empty_page.json").read_text(encoding="utf-8"))
    empty = next(page for page in clients.ticket_pages(start_time=0) if not page["tickets"])
    assert set(empty) == set(literal)
    assert empty["end_of_stream"] is literal["end_of_stream"] is False
    literal = json.loads((CONNECTORS / "stripe/fixtures/charges_with_review.json").read_text(encoding="utf-8"))
    charges = clients.stripe.get("charges", {"limit": 100, "expand[]": "data.review", "created[lt]": 1790000000})
    review = next(charge["review"] for charge in charges["data"] if charge["review"])
    assert set(review) == set(literal["data"][0]["review"])
