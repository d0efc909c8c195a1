"""Freshdesk: the literal answers, and a stand-in that moves its rows, hides what is old and refuses page 301."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Feedback, Page, Slice, Source, Ticket
from connectors.freshdesk import CONNECTOR
from connectors.testing.server import Answering, Reply, Seen, Server, reply

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Serves = Callable[[dict[str, Answering]], Server]

FIXTURES = Path(__file__).parent / "fixtures"
KEY = "freshdesk-key"
NOW = datetime(2026, 11, 22, 23, tzinfo=UTC)


def literal(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def ticket(id_: int, updated: datetime, **more: Any) -> Any:
    made = {"id": id_, "created_at": text(updated - timedelta(hours=1)), "updated_at": text(updated), "source": 1}
    return literal("tickets")[0] | made | more


class Freshdesk:
    """Keeps tickets, the bin and ratings as the vendor's API shows them."""

    def __init__(self, serves: Serves, tickets: list[Any]) -> None:
        self.tickets, self.ratings = tickets, literal("satisfaction_ratings")
        self.before_answering: Callable[[int], None] = lambda number: None
        self.server = serves({"/api/v2/tickets": self._tickets, "/api/v2/surveys/satisfaction_ratings": self._ratings})

    @property
    def queries(self) -> list[dict[str, str]]:
        return [seen.query for seen in self.server.seen]

    def _tickets(self, seen: Seen) -> Reply:
        self.before_answering(len(self.server.seen))
        if seen.headers.get("Authorization") != "Basic " + b64encode(f"{KEY}:X".encode()).decode():
            return reply({"code": "invalid_credentials", "message": "You have to be logged in"}, status=401)
        query = seen.query
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", query.get("updated_since", text(NOW))):
            return reply({"description": "Validation failed"}, status=400)
        if int(query.get("page", 1)) > 300:
            message = "You cannot access tickets beyond the 300th page"
            return reply({"description": "Validation failed", "errors": [{"message": message}]}, status=400)
        since = datetime.fromisoformat(query.get("updated_since", text(NOW - timedelta(days=30))))
        chosen = query.get("filter")
        rows = [t for t in self.tickets if self._shown(t, chosen) and datetime.fromisoformat(t["updated_at"]) >= since]
        rows.sort(key=lambda t: (t["updated_at"], t["id"]))
        if query.get("include") != "stats":
            rows = [{name: value for name, value in t.items() if name != "stats"} for t in rows]
        return self._page(rows, seen)

    def _ratings(self, seen: Seen) -> Reply:
        since = datetime.fromisoformat(seen.query["created_since"])
        return self._page([r for r in self.ratings if datetime.fromisoformat(r["created_at"]) >= since], seen)

    @staticmethod
    def _shown(one: Any, chosen: str | None) -> bool:
        return bool(one.get(chosen)) if chosen else not (one.get("deleted") or one.get("spam"))

    def _page(self, rows: list[Any], seen: Seen) -> Reply:
        size, number = int(seen.query.get("per_page", 30)), int(seen.query.get("page", 1))
        more = f'<https://example.freshdesk.com{seen.path}?page={number + 1}>; rel="next"'  # whatever stands before it
        headers = {"Link": more} if len(rows) > number * size else {}
        return reply(rows[(number - 1) * size : number * size], headers=headers)


@pytest.fixture
def opens(opened: Opens) -> Opens:
    """Opens a Freshdesk at a URL."""

    def at_url(url: str, **more: Any) -> Source:
        return opened(CONNECTOR, {"base_url": url, "api_key": KEY, "user_report": {"tag": "user_report"}} | more)

    return at_url


def many(count: int, *, apart: timedelta) -> list[Any]:
    return [ticket(id_, NOW - timedelta(days=200) + id_ * apart) for id_ in range(1, count + 1)]


def test_literal_tickets(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Callable[[str], int], all_time: Slice
) -> None:
    desk = Freshdesk(serving, literal("tickets"))
    found = harvest(opens(desk.server.url, in_app=["widget"]).pull("ticket", all_time))
    assert found.facts["4101"] == Ticket(
        id="4101",
        created_at=instant("2026-11-16T09:12:44Z"),
        first_replied_at=instant("2026-11-16T14:12:44Z"),
        resolved_at=instant("2026-11-18T10:05:10Z"),
        reopened_at=instant("2026-11-17T20:00:00Z"),
        category="user_report",
        channel="in_app",
        reporter="82011",
    )
    assert found.facts["4102"].resolved_at == instant("2026-11-18T15:30:00Z"), "closed without having been resolved"
    assert found.facts["4104"].resolved_at is None, "open again, though the old time still stands there"
    assert (found.facts["4104"].channel, found.facts["4104"].category) == ("source_101", None)
    assert "4103" not in found.facts, "outbound"


def test_literal_ratings(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Callable[[str], int], all_time: Slice
) -> None:
    desk = Freshdesk(serving, [])
    desk.ratings[1]["ratings"]["default_question"] = 7
    found = harvest(opens(desk.server.url).pull("feedback", all_time))
    assert found.facts["71"] == Feedback(id="71", received_at=instant("2026-11-18T16:00:00Z"), score=1.0)
    assert found.facts["72"].score is None, "an answer, though not one of the seven"
    assert found.facts["73"].score == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("report", "ids"),
    [
        ({"type": "Report"}, {"4104"}),
        ({"tag": "user_report", "type": "Problem"}, {"4101"}),
        ({"field": "cf_topic", "value": "spam"}, {"4104"}),
        ({"tag": "user_report", "field": "cf_topic", "value": "spam"}, set()),
        (None, set()),
    ],
)
def test_what_marks_a_user_report(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice, report: Any, ids: set[str]
) -> None:
    desk = Freshdesk(serving, literal("tickets"))
    found = harvest(opens(desk.server.url, user_report=report).pull("ticket", all_time))
    assert {name for name, fact in found.facts.items() if fact.category == "user_report"} == ids


def test_the_channel_may_stand_in_a_custom_field(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    desk = Freshdesk(serving, literal("tickets"))
    found = harvest(opens(desk.server.url, channel_field="cf_app", in_app=["ios"]).pull("ticket", all_time))
    assert {name: fact.channel for name, fact in found.facts.items()} == {
        "4101": "in_app",
        "4102": None,
        "4104": "android",
    }


def test_a_custom_field_that_does_not_exist_is_an_error(serving: Serves, opens: Opens, all_time: Slice) -> None:
    desk = Freshdesk(serving, literal("tickets"))
    with pytest.raises(DataError, match="cf_typo"):
        list(opens(desk.server.url, channel_field="cf_typo").pull("ticket", all_time))


def test_tickets_older_than_thirty_days_come_too(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    desk = Freshdesk(serving, many(250, apart=timedelta(minutes=5)))
    found = harvest(opens(desk.server.url).pull("ticket", all_time))
    assert len(found.facts) == 250
    assert all("updated_since" in query for query in desk.queries)
    assert {query["include"] for query in desk.queries if "filter" not in query} == {"stats"}


def test_nothing_is_lost_where_tickets_change_while_they_are_read(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    """With page numbers, each ticket that moves to the end of the list would push another off the next page."""
    desk = Freshdesk(serving, many(450, apart=timedelta(seconds=30)))

    def touch(number: int) -> None:
        if number < 5:
            desk.tickets[number]["updated_at"] = text(NOW - timedelta(seconds=60 - number))

    desk.before_answering = touch
    assert len(harvest(opens(desk.server.url).pull("ticket", all_time)).facts) == 450


def test_more_than_three_hundred_pages_are_read_without_asking_for_page_301(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.freshdesk.source._PER_PAGE", 2)
    desk = Freshdesk(serving, many(700, apart=timedelta(seconds=20)))
    assert len(harvest(opens(desk.server.url).pull("ticket", all_time)).facts) == 700
    assert max(int(query["page"]) for query in desk.queries) < 300


def test_many_tickets_changed_in_one_second_are_paged_by_number(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    desk = Freshdesk(serving, many(350, apart=timedelta(0)))
    assert len(harvest(opens(desk.server.url).pull("ticket", all_time)).facts) == 350


def test_past_the_last_page_of_one_second_there_is_an_error_not_a_gap(
    serving: Serves, opens: Opens, all_time: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.freshdesk.source._PER_PAGE", 1)
    monkeypatch.setattr("connectors.freshdesk.source._LAST_PAGE", 3)
    desk = Freshdesk(serving, many(5, apart=timedelta(0)))
    with pytest.raises(DataError, match="one second"):
        list(opens(desk.server.url).pull("ticket", all_time))


def test_deleted_and_spam_are_retracted_however_old(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Callable[[str], int]
) -> None:
    old = NOW - timedelta(days=25)
    desk = Freshdesk(serving, [ticket(1, old, deleted=True), ticket(2, old, spam=True), ticket(3, NOW)])
    part = Slice(start=instant("2026-11-21T23:00:00Z"), end=instant("2026-11-22T23:00:00Z"))
    found = harvest(opens(desk.server.url).pull("ticket", part))
    assert (found.retracted, set(found.facts)) == ({"1", "2"}, {"3"})


def test_the_second_night_reads_what_changed(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Callable[[str], int]
) -> None:
    desk = Freshdesk(serving, [*many(500, apart=timedelta(seconds=30)), ticket(900, NOW)])
    source = opens(desk.server.url)
    start = instant("2026-11-21T23:00:00Z") - source.supplies["ticket"].lookback
    found = harvest(source.pull("ticket", Slice(start=start, end=instant("2026-11-22T23:00:00Z"))))
    assert set(found.facts) == {"900"}
    assert len(desk.queries) == 3, "tickets, deleted, spam"


@pytest.mark.parametrize("fact", ["ticket", "feedback"])
def test_a_kill_behind_any_page_loses_nothing(
    serving: Serves,
    opens: Opens,
    harvest: Harvests,
    killed_everywhere: Callable[..., Iterator[Any]],
    all_time: Slice,
    monkeypatch: pytest.MonkeyPatch,
    fact: str,
) -> None:
    monkeypatch.setattr("connectors.freshdesk.source._PER_PAGE", 2)
    desk = Freshdesk(serving, [*many(9, apart=timedelta(seconds=3)), *literal("tickets"), ticket(77, NOW, spam=True)])
    whole = harvest(opens(desk.server.url).pull(fact, all_time))
    tries = list(killed_everywhere(lambda: opens(desk.server.url), fact, all_time))
    assert len(tries) > 1
    assert all(tried == whole for tried in tries)


def test_the_same_page_for_every_number_is_an_error(serving: Serves, opens: Opens, all_time: Slice) -> None:
    rows = many(3, apart=timedelta(minutes=1))
    server = serving({"/api/v2/tickets": lambda seen: reply(rows, headers={"Link": '</x>; rel="next"'})})
    with pytest.raises(DataError, match="same page"):
        list(opens(server.url).pull("ticket", all_time))


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"created_at": "yesterday"}, "created_at"), ({"stats": None}, "stats"), ({"tags": "user_report"}, "tags")],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    serving: Serves, opens: Opens, all_time: Slice, fields: Any, path: str
) -> None:
    desk = Freshdesk(serving, [ticket(1, NOW)])
    desk.tickets[0] |= fields
    with pytest.raises(DataError, match=path):
        list(opens(desk.server.url).pull("ticket", all_time))


def test_a_wrong_key_is_a_configuration_error_without_the_key(serving: Serves, opens: Opens, all_time: Slice) -> None:
    desk = Freshdesk(serving, [])
    with pytest.raises(ConfigError) as raised:
        list(opens(desk.server.url, api_key="wrong-horse").pull("ticket", all_time))
    assert "wrong-horse" not in str(raised.value)


def test_check_reads_one_thing_per_permission(serving: Serves, opens: Opens) -> None:
    desk = Freshdesk(serving, literal("tickets"))
    assert opens(desk.server.url).check() == []
    assert len(desk.queries) == 2
    [problem] = opens(desk.server.url, api_key="no").check()
    assert "view all tickets" in problem
    assert list(opens(desk.server.url, facts=["feedback"]).supplies) == ["feedback"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, "domain is missing"),
        ({"domain": "a.evil/"}, "domain"),
        ({"domain": "a", "facts": ["review"]}, "facts"),
        ({"domain": "a", "user_report": {}}, "marks nothing: give tag or type"),
        ({"domain": "a", "user_report": {"field": "cf_x"}}, "go together"),
    ],
)
def test_options_that_cannot_be_right_are_refused(more: Any, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        CONNECTOR.options.model_validate({"api_key": "x", **more})


def test_the_domain_gives_the_address() -> None:
    given: Any = CONNECTOR.options.model_validate({"domain": "example", "api_key": "x"})
    assert given.address == "https://example.freshdesk.com"
