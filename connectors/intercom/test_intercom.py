"""Intercom: the literal answer, and a stand-in whose dates know =, < and > alone and whose order means nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Feedback, Page, Slice, Source, Ticket
from connectors.intercom import CONNECTOR
from connectors.testing.server import Answering, Reply, Seen, Server, reply

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Serves = Callable[[dict[str, Answering]], Server]
Instants = Callable[[str], int]

FIXTURE = Path(__file__).parent / "fixtures" / "conversations_search.json"
TOKEN = "intercom-token"


def literal() -> Any:
    return json.loads(FIXTURE.read_text())


def conversation(id_: int, updated: int, **more: Any) -> Any:
    return literal()["conversations"][0] | {"id": str(id_), "created_at": updated - 60, "updated_at": updated} | more


class Intercom:
    """Keeps conversations as the vendor's search shows them, in no useful order."""

    def __init__(self, serves: Serves, conversations: list[Any], *, page_size: int = 150) -> None:
        self.conversations, self.page_size = conversations, page_size
        self.server = serves({"/conversations/search": self._search})

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(seen.body) for seen in self.server.seen]

    def _search(self, seen: Seen) -> Reply:
        if seen.headers.get("Authorization") != f"Bearer {TOKEN}":
            return reply(_errors("unauthorized", "Access Token Invalid"), status=401)
        body = json.loads(seen.body)
        if seen.method != "POST" or seen.headers.get("Intercom-Version") != "2.15" or "sort" in body:
            return reply(_errors("parameter_invalid", "?"), status=400)
        filters = body["query"]["value"]
        if any(one["operator"] not in ("=", "<", ">") for one in filters):
            return reply(_errors("parameter_invalid", "operator not supported for a date"), status=400)
        rows = [one for one in self.conversations if all(_matches(one, chosen) for chosen in filters)]
        rows.sort(key=lambda one: (int(one["id"]) * 7_919) % 101)
        return reply(self._page(rows, body["pagination"]))

    def _page(self, rows: list[Any], pagination: Any) -> Any:
        size = min(self.page_size, pagination.get("per_page", 20))
        first = int(pagination.get("starting_after") or 0)
        pages: dict[str, Any] = {"type": "pages", "page": first // size + 1, "per_page": size}
        if first + size < len(rows):
            pages["next"] = {"page": first // size + 2, "starting_after": str(first + size)}
        return {"type": "conversation.list", "conversations": rows[first : first + size], "pages": pages}


def _matches(one: Any, chosen: Any) -> bool:
    bound = int(chosen["value"])
    return bool(one[chosen["field"]] > bound if chosen["operator"] == ">" else one[chosen["field"]] < bound)


def _errors(code: str, message: str) -> Any:
    return {"type": "error.list", "request_id": "x", "errors": [{"code": code, "message": message}]}


@pytest.fixture
def opens(opened: Opens) -> Opens:
    """Opens an Intercom at a URL."""

    def at_url(url: str, **more: Any) -> Source:
        return opened(CONNECTOR, {"base_url": url, "access_token": TOKEN, "user_report": {"tag": "user_report"}} | more)

    return at_url


@pytest.fixture
def workspace(serving: Serves) -> Intercom:
    """The literal conversations."""
    return Intercom(serving, literal()["conversations"])


def test_literal_conversations(
    workspace: Intercom, opens: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    source = opens(workspace.server.url, in_app=["conversation"])
    found = harvest(source.pull("ticket", all_time))
    assert found.facts["9001"] == Ticket(
        id="9001",
        created_at=instant("2026-11-16T09:12:44Z"),
        first_replied_at=instant("2026-11-16T14:12:44Z"),
        resolved_at=instant("2026-11-17T14:05:10Z"),
        category="user_report",
        channel="in_app",
        reporter="6657a",
    )
    reopened = found.facts["9002"]
    assert (reopened.resolved_at, reopened.reporter, reopened.channel) == (None, None, "email")
    fresh = found.facts["9003"]
    assert (fresh.resolved_at, fresh.first_replied_at) == (None, None), "no statistics yet"
    assert "9004" not in found.facts, "sent out by the team"


def test_durations_in_office_hours_play_no_part(
    workspace: Intercom, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    before = harvest(opens(workspace.server.url).pull("ticket", all_time))
    for one in workspace.conversations:
        one["statistics"] = {
            name: value
            for name, value in (one["statistics"] or {}).items()
            if not name.startswith(("time_", "median_"))
        }
    assert harvest(opens(workspace.server.url).pull("ticket", all_time)) == before


def test_answers_alone_are_feedback(
    workspace: Intercom, opens: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    workspace.conversations[2]["conversation_rating"] = {"rating": 2, "created_at": 1795168600, "remark": "no"}
    found = harvest(opens(workspace.server.url).pull("feedback", all_time))
    assert found.facts == {
        "9001": Feedback(id="9001", received_at=instant("2026-11-17T14:06:40Z"), score=1.0),
        "9003": Feedback(id="9003", received_at=1795168600_000, score=0.25),
    }


@pytest.mark.parametrize(
    ("report", "ids"),
    [
        ({"field": "Topic", "value": "spam"}, {"9003"}),
        ({"field": "app_version", "value": "9.4"}, {"9001"}),
        ({"tag": "user_report", "field": "Topic", "value": "spam"}, set()),
        (None, set()),
    ],
)
def test_what_marks_a_user_report(
    workspace: Intercom, opens: Opens, harvest: Harvests, all_time: Slice, report: Any, ids: set[str]
) -> None:
    found = harvest(opens(workspace.server.url, user_report=report).pull("ticket", all_time))
    assert {name for name, fact in found.facts.items() if fact.category == "user_report"} == ids


def test_an_attribute_that_is_an_object_is_an_error_without_its_content(
    workspace: Intercom, opens: Opens, all_time: Slice
) -> None:
    workspace.conversations[0]["custom_attributes"]["Topic"] = {"secret": "word"}
    with pytest.raises(DataError, match="Topic") as raised:
        list(opens(workspace.server.url, channel_field="Topic").pull("ticket", all_time))
    assert "word" not in str(raised.value)


def test_the_bounds_of_a_slice_are_inside_the_search(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    """`>` and `<` leave out the second that they name."""
    first, last = instant("2026-11-20T00:00:00Z") // 1_000, instant("2026-11-21T00:00:00Z") // 1_000
    workspace = Intercom(serving, [conversation(n, at) for n, at in enumerate([first - 5, first, last, last + 5])])
    part = Slice(start=first * 1_000, end=last * 1_000)
    assert set(harvest(opens(workspace.server.url).pull("ticket", part)).facts) == {"1", "2"}


def test_a_sweep_comes_by_what_changes_while_it_runs(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    """Nothing would be left of a conversation that leaves the span by being changed: it would pass for deleted."""
    begun = instant("2026-11-22T23:00:00Z")
    workspace = Intercom(serving, [conversation(1, begun // 1_000 - 60), conversation(2, begun // 1_000 + 60)])
    source = opens(workspace.server.url)
    assert set(harvest(source.pull("ticket", Slice(start=0, end=begun))).facts) == {"1"}
    assert set(harvest(source.pull("ticket", Slice(start=0, end=begun, everything=True))).facts) == {"1", "2"}


def test_the_second_night_reads_what_changed(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    sunday = instant("2026-11-22T23:00:00Z")
    workspace = Intercom(serving, [conversation(n, sunday // 1_000 - 3_600 * n) for n in range(1, 400)])
    source = opens(workspace.server.url)
    lookback = source.supplies["ticket"].lookback
    assert lookback >= 3_600_000
    found = harvest(source.pull("ticket", Slice(start=sunday - 86_400_000 - lookback, end=sunday)))
    assert set(found.facts) == {str(n) for n in range(1, 27)}
    assert len(workspace.bodies) == 1


@pytest.mark.parametrize("fact", ["ticket", "feedback"])
def test_a_kill_behind_any_page_loses_nothing(
    serving: Serves,
    opens: Opens,
    harvest: Harvests,
    killed_everywhere: Callable[..., Iterator[Any]],
    all_time: Slice,
    fact: str,
) -> None:
    updated = all_time.end // 1_000 - 86_400
    workspace = Intercom(serving, [conversation(n, updated + n) for n in range(1, 12)], page_size=3)
    whole = harvest(opens(workspace.server.url).pull(fact, all_time))
    assert len(whole.facts) == 11
    tries = list(killed_everywhere(lambda: opens(workspace.server.url), fact, all_time))
    assert len(tries) == 4
    assert all(tried == whole for tried in tries)


def test_a_search_is_sent_again_after_a_failure(
    workspace: Intercom, opens: Opens, serving: Serves, all_time: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a POST, but changes nothing."""
    monkeypatch.setattr("connectors.web.time.sleep", lambda seconds: None)
    answers = iter([reply({}, status=502), reply(literal())])
    failing = serving({"/conversations/search": lambda seen: next(answers)})
    assert len(next(iter(opens(failing.url).pull("ticket", all_time))).facts) == 3


def test_the_same_page_again_is_an_error(serving: Serves, opens: Opens, all_time: Slice) -> None:
    page = literal()
    page["pages"]["next"] = {"page": 2, "starting_after": "again"}
    server = serving({"/conversations/search": reply(page)})
    with pytest.raises(DataError, match="circle"):
        list(opens(server.url).pull("ticket", all_time))


def test_a_page_before_the_last_must_name_the_next(serving: Serves, opens: Opens, all_time: Slice) -> None:
    pages = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 3, "next": None}
    server = serving({"/conversations/search": lambda _: reply({"conversations": [], "pages": pages})})
    with pytest.raises(DataError, match="page 1 of 3"):
        list(opens(server.url).pull("ticket", all_time))


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"created_at": "yesterday"}, "created_at"), ({"source": None}, "source"), ({"tags": []}, "tags")],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    workspace: Intercom, opens: Opens, all_time: Slice, fields: Any, path: str
) -> None:
    workspace.conversations[0] |= fields
    with pytest.raises(DataError, match=path):
        list(opens(workspace.server.url).pull("ticket", all_time))


def test_check_and_a_wrong_token(workspace: Intercom, opens: Opens, all_time: Slice) -> None:
    assert opens(workspace.server.url).check() == []
    [problem] = opens(workspace.server.url, access_token="wrong-horse").check()
    assert "may read conversations" in problem
    with pytest.raises(ConfigError) as raised:
        list(opens(workspace.server.url, access_token="wrong-horse").pull("ticket", all_time))
    assert "wrong-horse" not in str(raised.value)
    assert list(opens(workspace.server.url, facts=["ticket"]).supplies) == ["ticket"]


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, "https://api.intercom.io"),
        ({"region": "eu"}, "https://api.eu.intercom.io"),
        ({"base_url": "https://proxy.example.org"}, "https://proxy.example.org"),
    ],
)
def test_the_region_gives_the_address(given: Any, address: str) -> None:
    options: Any = CONNECTOR.options.model_validate({"access_token": "x", **given})
    assert options.address == address


@pytest.mark.parametrize("more", [{"region": "mars"}, {"user_report": {}}, {"facts": ["review"]}])
def test_options_that_cannot_be_right_are_refused(more: Any) -> None:
    with pytest.raises(ValidationError):
        CONNECTOR.options.model_validate({"access_token": "x", **more})
