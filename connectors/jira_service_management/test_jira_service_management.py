"""Jira: the literal answer, and a stand-in that gives ids alone, drops the last token and hides projects."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Page, Slice, Source, Ticket
from connectors.jira_service_management import CONNECTOR
from connectors.testing.server import Answering, Reply, Seen, Server, reply

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Serves = Callable[[dict[str, Answering]], Server]
Instants = Callable[[str], int]

FIXTURE = Path(__file__).parent / "fixtures" / "search_jql.json"
EMAIL, TOKEN = "ops@example.org", "jira-token"
REQUEST_TYPE, WAY_IN = "customfield_10010", "customfield_10060"


def literal() -> Any:
    return json.loads(FIXTURE.read_text())


def issue(id_: int, updated: int, **fields: Any) -> Any:
    one = literal()["issues"][0]
    return one | {"id": str(id_), "fields": one["fields"] | fields, "updated": updated}


class Jira:
    """Keeps issues as the vendor's enhanced search shows them; `updated` is beside the fields here."""

    def __init__(self, serves: Serves, issues: list[Any], *, page_size: int = 100) -> None:
        self.issues, self.page_size, self.projects = issues, page_size, {"SAFE"}
        self.expired: set[str] = set()
        self.server = serves(
            {
                "/rest/api/3/search/jql": self._authorized(self._search),
                "/rest/api/3/search": lambda seen: reply({"errorMessages": ["removed"]}, status=410),
                "/rest/api/3/project/SAFE": self._authorized(self._project),
                "/rest/api/3/field": self._authorized(lambda seen: reply([{"id": WAY_IN}, {"id": "created"}])),
            }
        )

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(seen.body) for seen in self.server.seen if seen.body]

    @staticmethod
    def _authorized(answer: Callable[[Seen], Reply]) -> Callable[[Seen], Reply]:
        expected = "Basic " + b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()
        return lambda seen: answer(seen) if seen.headers.get("Authorization") == expected else reply({}, status=401)

    def _project(self, seen: Seen) -> Reply:
        return reply({"id": "1", "key": "SAFE"} if self.projects else {}, status=200 if self.projects else 404)

    def _search(self, seen: Seen) -> Reply:
        body = json.loads(seen.body)
        asked = re.fullmatch(
            r'project in \("SAFE"\)(?: AND updated >= (\d+))? ORDER BY created ASC, key ASC', body["jql"]
        )
        token = body.get("nextPageToken")
        if asked is None or token in self.expired:
            return reply({"errorMessages": ["The JQL or the token is wrong"]}, status=400)
        since = int(asked[1] or 0)
        rows = [one for one in self.issues if one.get("updated", since) >= since] if self.projects else []
        first = int(token or 0)
        shown = [self._shown(one, body.get("fields", [])) for one in rows[first : first + self.page_size]]
        last = first + self.page_size >= len(rows)
        more = {"isLast": True} if last else {"isLast": False, "nextPageToken": str(first + self.page_size)}
        return reply({"issues": shown} | more)

    @staticmethod
    def _shown(one: Any, fields: list[str]) -> Any:
        asked = {name: value for name, value in one["fields"].items() if name in fields}
        return {"id": one["id"], "key": f"SAFE-{one['id']}"} | ({"fields": asked} if asked else {})


@pytest.fixture
def opens(opened: Opens) -> Opens:
    """Opens a Jira at a URL."""

    def at_url(url: str, **more: Any) -> Source:
        given = {"base_url": url, "email": EMAIL, "api_token": TOKEN, "projects": ["SAFE"]}
        return opened(CONNECTOR, given | {"user_report": {"label": "user_report"}} | more)

    return at_url


@pytest.fixture
def site(serving: Serves) -> Jira:
    """The literal issues."""
    return Jira(serving, literal()["issues"])


def test_literal_issues(site: Jira, opens: Opens, harvest: Harvests, instant: Instants, all_time: Slice) -> None:
    found = harvest(opens(site.server.url, channel_field=WAY_IN, in_app=["App"]).pull("ticket", all_time))
    assert found.facts["10201"] == Ticket(
        id="10201",
        created_at=instant("2026-11-16T09:12:44.318Z"),
        resolved_at=instant("2026-11-17T14:05:10Z"),
        category="user_report",
        channel="in_app",
        reporter="qm:7a1:ines",
    )
    anonymous = found.facts["10202"]
    assert (anonymous.resolved_at, anonymous.reporter, anonymous.category, anonymous.channel) == (None,) * 4
    assert found.facts["10203"].channel == "Web", "the first of several"


def test_a_request_that_is_opened_again_is_not_resolved(
    site: Jira, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    source = opens(site.server.url)
    assert harvest(source.pull("ticket", all_time)).facts["10201"].resolved_at
    site.issues[0]["fields"]["resolutiondate"] = None
    assert harvest(source.pull("ticket", all_time)).facts["10201"].resolved_at is None


@pytest.mark.parametrize(
    ("report", "ids"),
    [
        ({"issue_type": "Report"}, {"10202"}),
        ({"field": REQUEST_TYPE, "value": "Report a user"}, {"10201"}),
        ({"field": WAY_IN, "value": "App"}, {"10201", "10203"}),
        ({"label": "lang_de", "field": WAY_IN, "value": "Web"}, {"10203"}),
        (None, set()),
    ],
)
def test_what_marks_a_user_report(
    site: Jira, opens: Opens, harvest: Harvests, all_time: Slice, report: Any, ids: set[str]
) -> None:
    found = harvest(opens(site.server.url, user_report=report).pull("ticket", all_time))
    assert {name for name, fact in found.facts.items() if fact.category == "user_report"} == ids


def test_fields_are_asked_for_and_no_more(site: Jira, opens: Opens, all_time: Slice) -> None:
    list(opens(site.server.url, channel_field=WAY_IN).pull("ticket", all_time))
    [body] = site.bodies
    assert sorted(body["fields"]) == ["created", WAY_IN, "issuetype", "labels", "reporter", "resolutiondate"]


def test_ids_without_fields_are_an_error(serving: Serves, opens: Opens, all_time: Slice) -> None:
    server = serving({"/rest/api/3/search/jql": lambda seen: reply({"issues": [{"id": "1"}], "isLast": True})})
    with pytest.raises(DataError, match="fields"):
        list(opens(server.url).pull("ticket", all_time))


def test_the_second_night_reads_what_changed_by_an_absolute_instant(
    serving: Serves, opens: Opens, harvest: Harvests, instant: Instants
) -> None:
    sunday = instant("2026-11-22T23:00:00Z")
    site = Jira(serving, [issue(n, sunday - n * 3_600_000) for n in range(1, 90)])
    source = opens(site.server.url)
    start = sunday - 86_400_000 - source.supplies["ticket"].lookback
    assert len(harvest(source.pull("ticket", Slice(start=start, end=sunday))).facts) == 26
    assert f"updated >= {start}" in site.bodies[0]["jql"]


def test_a_kill_behind_any_page_loses_nothing(
    serving: Serves, opens: Opens, harvest: Harvests, killed_everywhere: Callable[..., Iterator[Any]], all_time: Slice
) -> None:
    site = Jira(serving, [issue(n, n) for n in range(11)], page_size=3)
    whole = harvest(opens(site.server.url).pull("ticket", all_time))
    assert len(whole.facts) == 11
    tries = list(killed_everywhere(lambda: opens(site.server.url), "ticket", all_time))
    assert len(tries) == 4
    assert all(tried == whole for tried in tries)


def test_a_token_that_has_ended_begins_the_slice_anew(
    serving: Serves, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    site = Jira(serving, [issue(n, n) for n in range(11)], page_size=3)
    site.expired = {"old"}
    resumed = Slice(start=all_time.start, end=all_time.end, position="issues|old")
    assert len(harvest(opens(site.server.url).pull("ticket", resumed)).facts) == 11
    site.expired = {"3"}
    with pytest.raises(DataError, match="does not accept"):
        list(opens(site.server.url).pull("ticket", all_time))


def test_one_of_several_projects_that_cannot_be_seen_is_an_error(
    serving: Serves, opens: Opens, all_time: Slice
) -> None:
    issues = [one | {"key": f"SAFE-{one['id']}"} for one in literal()["issues"]]
    server = serving({"/rest/api/3/search/jql": reply({"issues": issues, "isLast": True})})
    assert list(opens(server.url).pull("ticket", all_time))
    with pytest.raises(ConfigError, match="project/GONE"):
        list(opens(server.url, projects=["GONE", "SAFE"]).pull("ticket", all_time))


def test_a_project_that_cannot_be_seen_any_more_is_not_taken_for_deleted(
    serving: Serves, opens: Opens, all_time: Slice
) -> None:
    """A sweep retracts what it does not come by: it may not come to an end without a project's issues."""
    site = Jira(serving, literal()["issues"])
    source = opens(site.server.url)
    assert source.supplies["ticket"].vanishing
    sweep = Slice(start=all_time.start, end=all_time.end, everything=True)
    assert list(source.pull("ticket", sweep))
    site.projects = set()
    with pytest.raises(ConfigError, match="SAFE"):
        list(source.pull("ticket", sweep))
    assert site.server.seen[-1].path == "/rest/api/3/project/SAFE"


def test_no_issues_are_none_only_where_the_project_can_be_seen(
    site: Jira, opens: Opens, harvest: Harvests, all_time: Slice
) -> None:
    site.issues = []
    assert harvest(opens(site.server.url).pull("ticket", all_time)).facts == {}
    site.projects = set()
    with pytest.raises(ConfigError, match="project/SAFE"):
        list(opens(site.server.url).pull("ticket", all_time))


@pytest.mark.parametrize(
    ("more", "word"),
    [({"isLast": False}, "no nextPageToken"), ({"isLast": False, "nextPageToken": "again"}, "circle")],
)
def test_pages_without_an_end_are_an_error(
    serving: Serves, opens: Opens, all_time: Slice, more: Any, word: str
) -> None:
    server = serving({"/rest/api/3/search/jql": lambda seen: reply(literal() | more)})
    with pytest.raises(DataError, match=word):
        list(opens(server.url).pull("ticket", all_time))


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"created": "yesterday"}, "created"), ({"labels": None}, "labels"), ({WAY_IN: {"value": 3}}, WAY_IN)],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    site: Jira, opens: Opens, all_time: Slice, fields: Any, path: str
) -> None:
    site.issues[0]["fields"] |= fields
    with pytest.raises(DataError, match=path):
        list(opens(site.server.url, channel_field=WAY_IN).pull("ticket", all_time))


def test_check_says_what_is_missing(site: Jira, opens: Opens, all_time: Slice) -> None:
    assert opens(site.server.url, channel_field=WAY_IN).check() == []
    [problem] = opens(site.server.url, channel_field="customfield_1").check()
    assert "no customfield_1" in problem
    assert len(opens(site.server.url, api_token="wrong").check()) == 2
    [problem] = opens(site.server.url, projects=["SAFE", "NOPE"], facts=["ticket"]).check()[:1]
    assert "NOPE" in problem


def test_a_wrong_token_is_a_configuration_error_without_the_token(site: Jira, opens: Opens, all_time: Slice) -> None:
    with pytest.raises(ConfigError) as raised:
        list(opens(site.server.url, api_token="wrong-horse").pull("ticket", all_time))
    assert "wrong-horse" not in str(raised.value)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"projects": ["A1"]}, "site is missing"),
        ({"site": "a.evil/", "projects": ["A1"]}, "site"),
        ({"site": "a"}, "projects"),
        ({"site": "a", "projects": ['A" OR project = "B']}, "projects"),
        ({"site": "a", "projects": ["A1"], "channel_field": "labels"}, "channel_field"),
        ({"site": "a", "projects": ["A1"], "user_report": {}}, "label or issue_type"),
        ({"site": "a", "projects": ["A1"], "facts": ["feedback"]}, "facts"),
    ],
)
def test_options_that_cannot_be_right_are_refused(more: Any, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        CONNECTOR.options.model_validate({"email": EMAIL, "api_token": "x", **more})


def test_the_site_gives_the_address() -> None:
    given = {"site": "example", "email": EMAIL, "api_token": "x", "projects": ["SAFE"]}
    options: Any = CONNECTOR.options.model_validate(given)
    assert options.address == "https://example.atlassian.net"
    assert datetime.fromisoformat(literal()["issues"][0]["fields"]["created"]).tzinfo, "an offset without a colon"
