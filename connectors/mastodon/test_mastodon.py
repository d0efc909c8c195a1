"""Mastodon: the literal answers, and a stand-in with its paging, its hidden resolved reports and its re-openings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Page, Review, Slice, Source
from connectors.mastodon import CONNECTOR
from connectors.testing.server import Reply, Seen, Server, reply, serve

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

FIXTURES = Path(__file__).parent / "fixtures"
PATH = "/api/v1/admin/reports"
SUNDAY, MONDAY = "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"
DAY = 86_400_000
TOKEN = "m4stodon"


def literal(name: str) -> Any:
    return json.loads((FIXTURES / f"reports_{name}.json").read_text())


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Instance:
    """A server with reports: newest id first, unresolved ones alone unless asked, the next page in the Link header."""

    page: int = 5
    reports: dict[int, dict[str, Any]] = field(default_factory=dict)
    server: Server | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    def add(self, number: int, created: int, decided: int | None = None, domain: str | None = None) -> None:
        self.reports[number] = literal("unresolved")[0] | {"id": str(number), "created_at": iso(created)}
        self.reports[number]["account"] = {"id": "7", "domain": domain}
        self.decide(number, decided)

    def decide(self, number: int, decided: int | None) -> None:
        taken = None if decided is None else iso(decided)
        self.reports[number] |= {"action_taken": decided is not None, "action_taken_at": taken}

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("Authorization") != f"Bearer {TOKEN}":
            return reply({"error": "The access token is invalid"}, status=401)
        self.asked.append(seen.query)
        resolved = seen.query.get("resolved") == "true"
        below = int(seen.query.get("max_id", 1 << 62))
        listed = sorted(
            (n for n, r in self.reports.items() if r["action_taken"] == resolved and n < below), reverse=True
        )
        rows = listed[: min(self.page, int(seen.query["limit"]))]
        headers = {"X-RateLimit-Remaining": "299", "X-RateLimit-Reset": "2026-11-22T23:05:00.000000Z"}
        if len(rows) == self.page:
            assert self.server is not None
            following = self.server.url + PATH + "?" + urlencode(seen.query | {"max_id": rows[-1]})
            headers["Link"] = f'<{following}>; rel="next", <{self.server.url}{PATH}?min_id={rows[0]}>; rel="prev"'
        return reply([self.reports[number] for number in rows], headers=headers)


@pytest.fixture
def instance(instant: Instants) -> Iterator[Instance]:
    """40 reports, one every three days up to Sunday; every third is still open, every fourth from elsewhere."""
    made = Instance()
    for number in range(1, 41):
        created = instant(SUNDAY) - (41 - number) * 3 * DAY
        made.add(number, created, created + DAY if number % 3 else None, None if number % 4 else "other.example")
    with serve({PATH: made.answer}) as server:
        made.server = server
        yield made


@pytest.fixture
def queue(instance: Instance, opened: Opens) -> Opens:
    """Opens it."""
    assert instance.server is not None
    url = instance.server.url
    return lambda **more: opened(CONNECTOR, {"base_url": url, "access_token": TOKEN, **more})


@pytest.fixture
def literally(opened: Opens, scripted: Any) -> Opens:
    """Opens a server that answers with these unresolved and resolved reports."""

    def opens(unresolved: Any, resolved: Any, **more: Any) -> Source:
        url = scripted({PATH: lambda seen: reply(resolved if "resolved" in seen.query else unresolved)})
        return opened(CONNECTOR, {"base_url": url, "access_token": TOKEN, **more})

    return opens


@pytest.fixture
def all_time(instant: Instants) -> Slice:
    return Slice(start=None, end=instant(SUNDAY))


def test_literal_reports_are_reviews(literally: Opens, harvest: Harvests, instant: Instants, all_time: Slice) -> None:
    found = harvest(literally(literal("unresolved"), literal("resolved")).pull("review", all_time))
    assert found.facts == {
        "1043": Review(id="1043", reported_at=instant("2026-11-22T10:15:30.120Z"), queue="spam", subject="109822"),
        "1041": Review(
            id="1041", reported_at=instant("2026-11-20T08:00:00Z"), queue="remote_violation", subject="109822"
        ),
        "1042": Review(
            id="1042",
            reported_at=instant("2026-11-21T21:00:00Z"),
            decided_at=instant("2026-11-22T09:00:00.500Z"),
            decided_by="human",
            queue="other",
            subject="110004",
        ),
    }


def test_reports_by_other_servers_can_be_left_out(literally: Opens, harvest: Harvests, all_time: Slice) -> None:
    found = harvest(literally(literal("unresolved"), [], remote="exclude").pull("review", all_time))
    assert set(found.facts) == {"1043"}


def test_a_whole_pull_has_resolved_reports_too(
    instance: Instance, queue: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    found = harvest(queue().pull("review", all_time))
    assert {(name, review.reported_at, review.decided_at) for name, review in found.facts.items()} == {
        (name, instant(r["created_at"]), r["action_taken_at"] and instant(r["action_taken_at"]))
        for name, r in ((str(number), r) for number, r in instance.reports.items())
    }


def test_the_second_night_reads_down_to_max_age_and_sees_what_happened_to_old_reports(
    instance: Instance, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    instance.decide(30, instant(MONDAY) - DAY // 2)  # open for 33 days
    instance.decide(29, None)  # re-opened
    instance.add(41, instant(MONDAY) - 1)
    night = Slice(start=instant(SUNDAY), end=instant(MONDAY))
    found = harvest(queue(max_age="45d").pull("review", night))
    assert found.facts["30"].decided_at == instant(MONDAY) - DAY // 2
    assert (found.facts["29"].decided_at, found.facts["29"].decided_by) == (None, None)
    assert "41" in found.facts
    assert not {"1", "2", "4"} & set(found.facts), "not the whole history"
    assert set(map(str, range(26, 42))) <= set(found.facts), "everything up to 45 days old"


def test_a_report_that_changes_lists_while_they_are_read_is_not_lost(
    instance: Instance, queue: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    pages = queue().pull("review", all_time)
    taken = [next(pages)]
    instance.decide(3, instant(SUNDAY) - 2)  # behind the first page of unresolved ones
    instance.decide(38, None)  # before it
    found = harvest([*taken, *pages])
    assert len(found.facts) == 40
    assert found.facts["3"].decided_at == instant(SUNDAY) - 2
    assert found.facts["38"].decided_at is None


def test_what_comes_after_the_slice_s_end_is_left_to_the_next(
    instance: Instance, queue: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    instance.add(41, instant(SUNDAY))
    assert "41" not in harvest(queue().pull("review", all_time)).facts
    assert "41" in harvest(queue().pull("review", Slice(start=instant(SUNDAY), end=instant(MONDAY)))).facts


def test_an_empty_page_with_a_next_link_goes_on(opened: Opens, harvest: Harvests, all_time: Slice) -> None:
    further = reply([], headers={"Link": f'<{PATH}?max_id=9>; rel="next"'})
    with serve({PATH: [further, reply(literal("unresolved")), reply([])]}) as server:
        source = opened(CONNECTOR, {"base_url": server.url, "access_token": TOKEN})
        assert set(harvest(source.pull("review", all_time)).facts) == {"1043", "1041"}


def test_a_kill_behind_any_page_loses_nothing(
    queue: Opens, harvest: Harvests, killed_everywhere: Kills, all_time: Slice
) -> None:
    whole = harvest(queue().pull("review", all_time))
    tries = list(killed_everywhere(queue, "review", all_time))
    assert len(tries) > 5
    assert all(harvested == whole for harvested in tries)


def test_a_server_that_ignores_the_filter_is_found_out(literally: Opens, all_time: Slice) -> None:
    with pytest.raises(DataError, match="resolved"):
        list(literally(literal("unresolved"), literal("unresolved")).pull("review", all_time))


@pytest.mark.parametrize(
    "fields", [{"created_at": "yesterday"}, {"account": {"id": "1"}}, {"action_taken_at": "2026-11-22"}, {"id": None}]
)
def test_a_broken_schema_is_a_data_error_that_holds_no_content(
    literally: Opens, all_time: Slice, fields: dict[str, Any]
) -> None:
    with pytest.raises(DataError) as raised:
        list(literally([literal("unresolved")[0] | fields], []).pull("review", all_time))
    assert next(iter(fields)) in str(raised.value)
    assert "followers" not in str(raised.value)


def test_a_wrong_token_is_a_configuration_error_without_the_token(queue: Opens, all_time: Slice) -> None:
    with pytest.raises(ConfigError) as raised:
        list(queue(access_token="wrong-horse").pull("review", all_time))
    assert "wrong-horse" not in str(raised.value)


def test_check_says_what_is_needed(instance: Instance, queue: Opens) -> None:
    assert queue().check() == []
    assert len(instance.asked) == 1
    [problem] = queue(access_token="no").check()
    assert "admin:read:reports" in problem


def test_facts_limit_what_is_supplied(queue: Opens) -> None:
    assert list(queue().supplies) == ["review"]
    assert queue().supplies["review"].vanishing, "reports go with deleted accounts, and nothing tells"
    assert list(queue(facts=[]).supplies) == []


@pytest.mark.parametrize("more", [{"facts": ["ticket"]}, {"max_age": "long"}, {"remote": "some"}])
def test_options_that_cannot_be_right_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(more))):
        CONNECTOR.options.model_validate({"base_url": "https://x.example", "access_token": "x", **more})
