"""The payment processor's traps are there."""

import operator
from typing import Any

import requests

from sandbox.rhythm import DAY, SECOND, instant

NOW = instant("2026-11-22T23:00:00Z")


def test_wrong_key_is_401_in_their_words(sandbox: Any) -> None:
    answer = requests.get(sandbox.url + "/stripe/v1/charges", headers={"Authorization": "Bearer rk_no"}, timeout=20)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_lists_come_newest_first_ten_at_a_time(clients: Any) -> None:
    page = clients.stripe.get("charges")
    created = [charge["created"] for charge in page["data"]]
    assert len(created) == 10
    assert created == sorted(created, reverse=True)
    assert page["has_more"] is True
    assert page["url"] == "/v1/charges"


def test_bad_parameters_are_refused(clients: Any) -> None:
    for query in ({"limit": 101}, {"limit": "x"}, {"starting_after": "ch_none"}, {"created[after]": 1}):
        assert clients.stripe.ask("charges", **query).status_code == 400


def test_every_charge_once_over_the_pages(clients: Any, sandbox: Any) -> None:
    ids = [charge["id"] for charge in clients.stripe_rows("charges")]
    assert len(ids) == len(set(ids))
    assert set(ids) == {charge["id"] for charge in sandbox.truth()["charges"]}


def test_created_bounds(clients: Any) -> None:
    one = clients.stripe.get("charges")["data"][5]["created"]
    for bound, holds in (("gte", operator.ge), ("gt", operator.gt), ("lte", operator.le), ("lt", operator.lt)):
        found = [charge["created"] for charge in clients.stripe.get("charges", {f"created[{bound}]": one})["data"]]
        assert found
        assert all(holds(at, one) for at in found)
        assert (one in found) == ("e" in bound)


def test_only_open_reviews_are_listed_closed_ones_come_by_event_or_expansion(clients: Any) -> None:
    assert all(review["open"] for review in clients.stripe_rows("reviews"))
    closed = clients.stripe_rows("events", type="review.closed")
    assert closed
    assert all(not event["data"]["object"]["open"] for event in closed)
    charges = clients.stripe.get("charges", {"limit": 100, "expand[]": "data.review", "created[lt]": 1795000000})[
        "data"
    ]
    assert any(charge["review"] and charge["review"]["closed_reason"] for charge in charges)


def test_events_reach_thirty_days_back(clients: Any) -> None:
    created = [event["created"] * SECOND for event in clients.stripe_rows("events")]
    assert NOW - 30 * DAY < min(created) < NOW - 29 * DAY
    assert max(created) <= NOW


def test_a_dispute_arrives_late_and_changes_without_an_updated_field(own: Any) -> None:
    running, clients = own
    dispute = next(d for d in clients.stripe_rows("disputes") if d["status"] == "won")
    charge = next(row for row in clients.stripe_rows("charges") if row["id"] == dispute["charge"])
    assert charge["disputed"]
    assert "updated" not in charge
    running.set_clock("2026-08-20T00:00:00Z")
    earlier = {row["id"]: row for row in clients.stripe_rows("disputes")}
    assert len(earlier) > 50
    assert any(row["status"] != earlier[row["id"]]["status"] for row in _later(own, earlier))


def _later(own: Any, earlier: dict[str, Any]) -> list[Any]:
    running, clients = own
    running.set_clock("2026-11-22T23:00:00Z")
    return [row for row in clients.stripe_rows("disputes") if row["id"] in earlier]
