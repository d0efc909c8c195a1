"""Request Tracker: the literal answer, and a stand-in that keeps what an RT 5.0.3 was seen to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Page, Slice, Source, Ticket
from connectors.rt import CONNECTOR
from connectors.testing.server import Answering, Reply, Seen, Server, reply

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Serves = Callable[[dict[str, Answering]], Server]
Instants = Callable[[str], int]

FIXTURE = Path(__file__).parent / "fixtures" / "tickets.json"
TOKEN = "1-27-rt-token"


def literal() -> list[Any]:
    items: list[Any] = json.loads(FIXTURE.read_text())["items"]
    return items


def ticket(id_: int, updated: str = "2026-11-20T10:00:00Z", **more: Any) -> Any:
    return literal()[0] | {"id": str(id_), "EffectiveId": str(id_), "LastUpdated": updated} | more


class Tracker:
    """Keeps tickets and deletions. `total_known`: whether the account's searches are counted in the database."""

    def __init__(self, serves: Serves, tickets: list[Any], *, page_size: int = 100) -> None:
        self.tickets, self.page_size, self.deletions = tickets, page_size, list[Any]()
        self.total_known, self.pages_promised, self.clamps = True, True, True
        self.zone = timedelta(0)
        queues = {f"/REST/2.0/queue/{name}": self._queue for name in ("Reports", "O%27Brien%20%5C%20Safety", "Hidden")}
        self.server = serves(
            {"/REST/2.0/tickets": self._tickets, "/REST/2.0/transactions": self._transactions, **queues}
        )

    @property
    def queries(self) -> list[dict[str, str]]:
        return [seen.query for seen in self.server.seen if seen.path.endswith("/tickets")]

    def _queue(self, seen: Seen) -> Reply:
        name = unquote(seen.path.rsplit("/", 1)[1])
        return reply({"message": "Forbidden"}, status=403) if name == "Hidden" else reply({"id": 3, "Name": name})

    def _tickets(self, seen: Seen) -> Reply:
        query = seen.query
        shown = ["id", "type", "_url", *query.get("fields", "").split(",")]
        rows = [{name: one[name] for name in shown if name in one} for one in self.tickets if self._has(one, query)]
        if "fields[Queue]" not in query:
            rows = [row | {"Queue": {"id": "3", "type": "queue"}} for row in rows]
        return self._page(rows, seen, known=self.total_known)

    def _transactions(self, seen: Seen) -> Reply:
        return self._page([one for one in self.deletions if self._has(one, seen.query)], seen, known=False)

    def _has(self, one: Any, query: dict[str, str]) -> bool:
        text = query["query"]
        above = re.search(r"\bid > (\d+)$", text)
        queues = [re.sub(r"\\(.)", r"\1", name) for name in re.findall(r"Queue = '((?:[^'\\]|\\.)*)'", text)]
        since = re.search(r"(?:LastUpdated|Created) >= '([^']+)'", text)
        changed = one.get("LastUpdated") or one["Created"]
        return (
            int(one["id"]) > int(above[1] if above else 0)
            and (not queues or one["Queue"]["Name"] in queues)
            and (since is None or datetime.fromisoformat(changed) >= self._read(since[1]))
        )

    def _read(self, text: str) -> datetime:
        """In the account's time zone, whatever the text may say of zones."""
        return datetime.fromisoformat(text[:19] + "Z") - self.zone

    def _page(self, rows: list[Any], seen: Seen, *, known: bool) -> Reply:
        if seen.headers.get("Authorization") != f"token {TOKEN}":
            return reply({"message": "Unauthorized"}, status=401)
        size = min(int(seen.query.get("per_page", 20)), self.page_size)
        last, number = max(1, -(-len(rows) // size)), int(seen.query.get("page", 1))
        if self.clamps:
            number = min(number, last)
        page: dict[str, Any] = {"items": rows[(number - 1) * size : number * size], "page": number, "per_page": size}
        page |= {"count": len(page["items"]), "total": len(rows) if known else None, "pages": last if known else None}
        if number < last and (known or (self.pages_promised and seen.path.endswith("/tickets"))):
            page["next_page"] = f"https://elsewhere.example.org{seen.path}?page={number + 1}"
        return reply(page)


@pytest.fixture
def opens(opened: Opens) -> Opens:
    """Opens a Request Tracker at a URL."""

    def at_url(url: str, **more: Any) -> Source:
        return opened(CONNECTOR, {"base_url": url, "token": TOKEN, "user_report": {"queue": "Reports"}} | more)

    return at_url


@pytest.fixture
def tracker(serving: Serves) -> Tracker:
    """The literal tickets."""
    return Tracker(serving, literal())


def test_literal_tickets(tracker: Tracker, opens: Opens, harvest: Harvests, instant: Instants, all_time: Slice) -> None:
    found = harvest(opens(tracker.server.url, channel_field="Way in", in_app=["app"]).pull("ticket", all_time))
    assert found.facts["1"] == Ticket(
        id="1",
        created_at=instant("2026-11-16T09:12:44Z"),
        resolved_at=instant("2026-11-17T14:05:10Z"),
        category="user_report",
        channel="in_app",
        reporter="ines@example.org",
    )
    reopened = found.facts["2"]
    assert (reopened.resolved_at, reopened.channel, reopened.reporter) == (None, None, None)
    assert found.facts["4"].resolved_at is None, "1970 is never"
    assert set(found.facts) == {"1", "2", "4"}
    assert found.retracted == {"5", "6"}, "rejected; merged into another"


@pytest.mark.parametrize(
    ("report", "ids"),
    [
        ({"queue": "O'Brien \\ Safety"}, {"4"}),
        ({"field": "Topic", "value": "scam"}, {"1"}),
        ({"queue": "Reports", "field": "Way in", "value": "web"}, set()),
        (None, set()),
    ],
)
def test_what_marks_a_user_report(
    tracker: Tracker, opens: Opens, harvest: Harvests, all_time: Slice, report: Any, ids: set[str]
) -> None:
    found = harvest(opens(tracker.server.url, user_report=report).pull("ticket", all_time))
    assert {name for name, fact in found.facts.items() if fact.category == "user_report"} == ids


def test_statuses_of_a_lifecycle_of_one_s_own(
    tracker: Tracker, opens: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    tracker.tickets[0]["Status"] = "answered"
    source = opens(tracker.server.url, resolved_statuses=["answered"])
    assert harvest(source.pull("ticket", all_time)).facts["1"].resolved_at == instant("2026-11-17T14:05:10Z")
    assert harvest(opens(tracker.server.url).pull("ticket", all_time)).facts["1"].resolved_at is None


def test_queues_are_quoted(tracker: Tracker, opens: Opens, harvest: Harvests, all_time: Slice) -> None:
    found = harvest(opens(tracker.server.url, queues=["O'Brien \\ Safety", "Reports"]).pull("ticket", all_time))
    assert set(found.facts) == {"1", "2", "4"}
    [query] = tracker.queries
    assert r"(Queue = 'O\'Brien \\ Safety' OR Queue = 'Reports')" in query["query"]


@pytest.mark.parametrize(
    "missing",
    [
        [],
        *combinations(["total_known", "pages_promised", "clamps"], 1),
        *combinations(["total_known", "pages_promised", "clamps"], 2),
    ],
)
def test_all_pages_are_read_whatever_is_told_of_them(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice, missing: Iterable[str]
) -> None:
    """Without a total, RT 5.0 names no next page; behind the end, some give the last one again."""
    tracker = Tracker(serving, [ticket(n) for n in range(1, 8)], page_size=3)
    for trait in missing:
        setattr(tracker, trait, False)
    assert len(harvest(opens(tracker.server.url).pull("ticket", all_time)).facts) == 7
    assert len(tracker.queries) <= 4


def test_links_to_the_address_that_rt_takes_for_its_own_are_not_followed(
    serving: Serves, opens: Opens, all_time: Slice
) -> None:
    tracker = Tracker(serving, [ticket(n) for n in range(1, 8)], page_size=3)
    list(opens(tracker.server.url).pull("ticket", all_time))
    assert [query["query"].rpartition(" ")[2] for query in tracker.queries] == ["0", "3", "6"]


@pytest.mark.parametrize("comes", [True, False])
def test_tickets_that_come_into_the_list_or_leave_it_meanwhile_push_none_out(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice, comes: Any
) -> None:
    """With numbered pages, the last ticket of one page would come again, or the first of the next one be left out."""
    tracker = Tracker(serving, [ticket(n) for n in range(3, 12)], page_size=3)
    pages = opens(tracker.server.url).pull("ticket", all_time)
    first = next(pages)
    if comes:
        tracker.tickets.insert(0, ticket(1))
    else:
        del tracker.tickets[0]
    assert set(harvest([first, *pages]).facts) == {str(n) for n in range(3, 12)}


def test_a_page_of_which_the_account_may_see_nothing_is_not_the_end(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    tracker = Tracker(serving, [ticket(n) for n in range(1, 6)], page_size=2)
    hidden = {"1", "2", "3", "4"}

    def seen_through_rights(seen: Seen) -> Reply:
        page = json.loads(tracker._tickets(seen).body)
        return reply(page | {"total": None, "items": [one for one in page["items"] if one["id"] not in hidden]})

    server = serving({"/REST/2.0/tickets": seen_through_rights})
    assert set(harvest(opens(server.url).pull("ticket", all_time)).facts) == {"5"}


@pytest.mark.parametrize("hours", [-12, -5, 0, 14])
def test_the_second_night_reads_what_changed_in_whatever_zone_the_account_is(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants, hours: int
) -> None:
    tracker = Tracker(serving, [ticket(1, "2026-11-20T10:00:00Z"), ticket(2, "2026-11-22T10:00:01Z")])
    tracker.zone = timedelta(hours=hours)
    part = Slice(start=instant("2026-11-22T10:00:00Z"), end=instant("2026-11-22T23:00:00Z"))
    assert set(harvest(opens(tracker.server.url).pull("ticket", part)).facts) == {"2"}


def test_deleted_tickets_are_retracted_and_restored_ones_are_not(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    """No search for tickets shows deleted ones: the changes of status do."""
    tracker = Tracker(serving, [ticket(9, "2026-11-22T12:00:00Z")], page_size=2)
    tracker.deletions = [
        {"id": str(n), "type": "transaction", "ObjectId": gone, "Created": "2026-11-22T11:00:00Z"}
        for n, gone in [(61, "3"), (62, "4"), (63, "9")]
    ]
    part = Slice(start=instant("2026-11-21T23:00:00Z"), end=instant("2026-11-22T23:00:00Z"))
    merged = "fsck.com-rt://example.org/ticket/9"
    tracker.deletions += [
        {"id": str(n), "ObjectId": one, "NewValue": merged, "Created": "2026-11-22T11:30:00Z"}
        for n, one in [(64, "5"), (65, "9")]
    ]
    pages = list(opens(tracker.server.url).pull("ticket", part))
    assert harvest(pages).retracted == {"3", "4", "5", "9"}
    assert [fact.id for fact in pages[-1].facts] == ["9"], "the last word on a ticket that came back"


def test_moves_are_asked_for_where_not_every_queue_is_read(
    tracker: Tracker, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    """Queue 1 is no ticket: one whose number is that of the queue it moved to has left all the same."""
    part = Slice(start=instant("2026-11-21T23:00:00Z"), end=instant("2026-11-22T23:00:00Z"))
    moved = {"id": "61", "ObjectId": "1", "NewValue": "1", "Created": "2026-11-22T11:00:00Z"}
    tracker.deletions = [moved]
    assert harvest(opens(tracker.server.url, queues=["Reports"]).pull("ticket", part)).retracted == {"1"}
    harvest(opens(tracker.server.url).pull("ticket", part))
    asked = [seen.query["query"] for seen in tracker.server.seen if seen.path.endswith("/transactions")]
    assert ("'Queue'" in asked[0], "'Queue'" in asked[-1]) == (True, False)


def test_an_rt_without_a_list_of_transactions_is_read_all_the_same(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    tracker = Tracker(serving, [ticket(9, "2026-11-22T12:00:00Z")])
    server = serving({"/REST/2.0/tickets": tracker._tickets})
    part = Slice(start=instant("2026-11-21T23:00:00Z"), end=instant("2026-11-22T23:00:00Z"))
    assert set(harvest(opens(server.url).pull("ticket", part)).facts) == {"9"}


def test_a_kill_behind_any_page_loses_nothing(
    serving: Serves, opens: Opens, harvest: Harvests, killed_everywhere: Callable[..., Iterator[Any]], instant: Instants
) -> None:
    tracker = Tracker(serving, [ticket(n) for n in range(1, 12)], page_size=3)
    tracker.deletions = [
        {"id": str(n), "ObjectId": str(50 + n), "Created": "2026-11-20T11:00:00Z"} for n in range(1, 8)
    ]
    part = Slice(start=instant("2026-11-20T00:00:00Z"), end=instant("2026-11-22T23:00:00Z"))
    whole = harvest(opens(tracker.server.url).pull("ticket", part))
    assert (len(whole.facts), len(whole.retracted)) == (11, 7)
    tries = list(killed_everywhere(lambda: opens(tracker.server.url), "ticket", part))
    assert len(tries) > 4
    assert all(tried == whole for tried in tries)


def test_a_resumed_pull_misses_nothing_where_tickets_left_the_list_meanwhile(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    tracker = Tracker(serving, [ticket(n) for n in range(1, 8)], page_size=3)
    first = next(iter(opens(tracker.server.url).pull("ticket", all_time)))
    del tracker.tickets[:2]
    resumed = Slice(start=all_time.start, end=all_time.end, position=first.position)
    assert set(harvest(opens(tracker.server.url).pull("ticket", resumed)).facts) == {"4", "5", "6", "7"}


def test_no_tickets_are_none_only_where_the_queue_can_be_seen(
    tracker: Tracker, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    tracker.tickets = []
    assert harvest(opens(tracker.server.url, queues=["Reports"]).pull("ticket", all_time)).facts == {}
    for name in ("Hidden", "Nowhere"):
        with pytest.raises(ConfigError, match=name):
            list(opens(tracker.server.url, queues=[name]).pull("ticket", all_time))


def test_custom_fields_that_may_not_be_seen_are_no_empty_ones(
    tracker: Tracker, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    tracker.tickets = [one | {"CustomFields": ""} for one in tracker.tickets]
    assert len(harvest(opens(tracker.server.url).pull("ticket", all_time)).facts) == 3
    with pytest.raises(ConfigError, match="SeeCustomField"):
        list(opens(tracker.server.url, channel_field="Way in").pull("ticket", all_time))


def test_the_same_page_for_every_number_is_an_error(serving: Serves, opens: Opens, all_time: Slice) -> None:
    def again(seen: Seen) -> Reply:
        return reply({"items": literal(), "page": int(seen.query["page"]), "total": 99, "next_page": "more"})

    server = serving({"/REST/2.0/tickets": again})
    with pytest.raises(DataError, match="came before"):
        list(opens(server.url).pull("ticket", all_time))


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"Created": "yesterday"}, "Created"), ({"Queue": "Reports"}, "Queue"), ({"Status": None}, "Status")],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    tracker: Tracker, opens: Opens, all_time: Slice, fields: Any, path: str
) -> None:
    tracker.tickets[0] |= fields
    with pytest.raises(DataError, match=path):
        list(opens(tracker.server.url).pull("ticket", all_time))


def test_check_says_what_is_missing(tracker: Tracker, opens: Opens) -> None:
    assert opens(tracker.server.url, queues=["Reports"]).check() == []
    [problem] = opens(tracker.server.url, queues=["Hidden"]).check()
    assert "SeeQueue in Hidden" in problem
    [problem] = opens(tracker.server.url, token="no").check()
    assert "ShowTicket" in problem


def test_a_wrong_token_is_a_configuration_error_without_the_token(
    tracker: Tracker, opens: Opens, all_time: Slice
) -> None:
    with pytest.raises(ConfigError) as raised:
        list(opens(tracker.server.url, token="wrong-horse").pull("ticket", all_time))
    assert "wrong-horse" not in str(raised.value)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, "base_url"),
        ({"base_url": "rt.example.org"}, "base_url"),
        ({"base_url": "https://rt.example.org", "user_report": {}}, "give queue, or field and value"),
        ({"base_url": "https://rt.example.org", "resolved_statuses": []}, "resolved_statuses"),
        ({"base_url": "https://rt.example.org", "facts": ["feedback"]}, "facts"),
    ],
)
def test_options_that_cannot_be_right_are_refused(more: Any, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        CONNECTOR.options.model_validate({"token": "x", **more})
