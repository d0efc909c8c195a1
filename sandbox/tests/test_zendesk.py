"""The helpdesk's traps are there."""

from typing import Any

import pytest
import requests

from sandbox.rhythm import SECOND, instant, iso_ms
from sandbox.running import ZENDESK_EMAIL, ZENDESK_TOKEN, Sandbox

EXPORT = "incremental/tickets/cursor.json"


def test_wrong_token_is_401_in_their_words(sandbox: Any) -> None:
    for user in (f"{ZENDESK_EMAIL}/token", ZENDESK_EMAIL):
        token = "wrong" if "/" in user else ZENDESK_TOKEN
        answer = requests.get(f"{sandbox.url}/zendesk/api/v2/{EXPORT}", auth=(user, token), timeout=20)
        assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})


def test_the_export_is_whole_and_goes_on_after_an_empty_page(clients: Any, sandbox: Any) -> None:
    pages = clients.ticket_pages(start_time=0, per_page=700)
    ids = [ticket["id"] for page in pages for ticket in page["tickets"]]
    assert sorted(ids) == [ticket["id"] for ticket in sandbox.truth()["tickets"]]
    empty = [page for page in pages if not page["tickets"]]
    assert len(empty) >= 4
    assert not any(page["end_of_stream"] for page in empty)
    assert all(page["after_cursor"] for page in pages)


def test_metric_sets_only_where_asked_for_and_never_on_deleted_tickets(clients: Any) -> None:
    page = clients.zendesk.get(EXPORT, {"start_time": 0, "include": "metric_sets"})
    for ticket in page["tickets"]:
        assert ("metric_set" in ticket) == (ticket["status"] != "deleted")
    following = clients.zendesk.get(EXPORT, {"cursor": page["after_cursor"]})
    assert not any("metric_set" in ticket for ticket in following["tickets"])


def test_start_time_compares_with_the_generated_timestamp(clients: Any) -> None:
    start = instant("2026-11-15") // SECOND
    rows = [ticket for page in clients.ticket_pages(start_time=start) for ticket in page["tickets"]]
    assert min(ticket["generated_timestamp"] for ticket in rows) >= start
    assert min(ticket["updated_at"] for ticket in rows) < "2026-11-10"


def test_an_open_again_ticket_keeps_its_last_solve_time(clients: Any) -> None:
    pages = clients.ticket_pages(start_time=0, include="metric_sets")
    again = [
        ticket
        for page in pages
        for ticket in page["tickets"]
        if ticket["status"] == "open" and ticket["metric_set"]["reopens"]
    ]
    assert again
    assert all(ticket["metric_set"]["solved_at"] for ticket in again)


def test_the_last_minute_is_not_exported_yet(own: Any) -> None:
    running, clients = own
    last = max(ticket["created"] for ticket in running.truth()["tickets"])
    for seconds, there in ((30, False), (61, True)):
        running.set_clock(iso_ms(last + seconds * SECOND))
        known = running.truth()["tickets"][-1]
        rows = clients.ticket_pages(start_time=last // SECOND - 3600)[-1]["tickets"]
        assert (known["id"] in {ticket["id"] for ticket in rows}) is there


def test_ratings_page_by_cursor_within_their_bounds(clients: Any, sandbox: Any) -> None:
    start, end = instant("2026-11-01") // SECOND, instant("2026-11-15") // SECOND
    query = {"start_time": start, "end_time": end, "page[size]": 40}
    rows: list[Any] = []
    while True:
        page = clients.zendesk.get("satisfaction_ratings", query)
        rows += page["satisfaction_ratings"]
        if not page["meta"]["has_more"]:
            break
        query["page[after]"] = page["meta"]["after_cursor"]
    truth = [r["id"] for r in sandbox.truth()["ratings"] if start * SECOND <= r["created"] < end * SECOND]
    assert [row["id"] for row in rows] == truth
    assert {row["score"] for row in rows} == {"offered", "good", "bad"}


@pytest.mark.parametrize("query", [{}, {"cursor": "rubbish"}, {"start_time": 0, "per_page": 1001}])
def test_bad_parameters_are_refused(clients: Any, query: dict[str, Any]) -> None:
    assert clients.zendesk.ask(EXPORT, **query).status_code == 400


def test_too_many_exports_a_minute_are_429_with_retry_after() -> None:
    with Sandbox("2026-11-22T23:00:00Z", exports_per_minute=2) as running:
        auth = (f"{ZENDESK_EMAIL}/token", ZENDESK_TOKEN)
        url = f"{running.url}/zendesk/api/v2/{EXPORT}?start_time=1795300000"
        answers = [requests.get(url, auth=auth, timeout=20) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
