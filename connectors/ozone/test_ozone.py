"""Ozone: the literal answers, a whole pull, a second night, kills, and the traps of its lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Member, Page, Review, Signal, Slice, Source
from connectors.ozone import CONNECTOR
from sandbox.running import OZONE_PASSWORD, Sandbox

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

FIXTURES = Path(__file__).parent / "fixtures"
SUNDAY, MONDAY = "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"
DAY = 86_400_000


def literal(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def options(url: str, **more: Any) -> dict[str, Any]:
    return {"base_url": url, "password": OZONE_PASSWORD, "automation": ["automod"], **more}


@pytest.fixture
def queue(vendors: Sandbox, opened: Opens) -> Opens:
    """Opens the sandbox's Ozone."""
    return lambda **more: opened(CONNECTOR, options(vendors.url + "/ozone", **more))


@pytest.fixture
def fixture_server(prepared: Any) -> Any:
    """Answers each method with its literal answer, then with an empty page."""
    lists = {"queryReports": "reports", "queryActivities": "activities", "queryEvents": "events"}

    def answer(path: str, query: dict[str, str]) -> tuple[int, Any]:
        method = path.rpartition(".")[2]
        if "cursor" in query or query.get("status", "closed") != "closed":
            return 200, {lists.get(method, "members"): []}
        return 200, literal(method)

    prepared.respond = answer
    return prepared


def test_a_literal_report_is_a_review_without_its_folded_fields(
    fixture_server: Any, opened: Opens, harvest: Harvests, instant: Instants
) -> None:
    found = harvest(
        opened(CONNECTOR, options(fixture_server.url)).pull("review", Slice(start=None, end=instant(SUNDAY)))
    )
    assert found.facts["4712"] == Review(
        id="4712",
        reported_at=instant("2026-11-20T21:15:00.250Z"),
        subject="at://did:plc:alice/app.bsky.feed.post/3kaaaaaaaaa2a",
    )
    assert set(found.facts) == {"4712", "4711", "4699"}, "the muted report of an activity stays out"
    assert found.retracted == {"event:90210", "event:90205", "event:90100"}, "their names before the report API"


def test_literal_activities_and_events_are_signals(
    fixture_server: Any, opened: Opens, harvest: Harvests, instant: Instants
) -> None:
    found = harvest(
        opened(CONNECTOR, options(fixture_server.url)).pull("review", Slice(start=None, end=instant(SUNDAY)))
    )
    decision = Signal(
        kind="decision", id="activity:8103", ref="4712", at=instant("2026-11-21T10:00:00Z"), value="human"
    )
    assert found.signals["decision", "activity:8103"] == decision
    assessments = {signal.id: signal.ref for signal in found.signals.values() if signal.kind == "assessment"}
    assert assessments == {
        "event:90277": "at://did:plc:alice/app.bsky.feed.post/3kaaaaaaaaa2a",
        "event:90205": "did:plc:bob",
        "event:90150": "did:plc:bob",
        "event:90149": "did:plc:carol",
        "report:4711": "did:plc:bob",  # filed by a machine: an assessment by itself
    }


def test_literal_members_are_people_who_review(
    fixture_server: Any, opened: Opens, harvest: Harvests, instant: Instants
) -> None:
    source = opened(CONNECTOR, options(fixture_server.url))
    found = harvest(source.pull("member", Slice(start=None, end=instant(SUNDAY), everything=True)))
    assert "did:plc:verifier" not in found.facts
    assert found.facts["did:plc:moderator1"] == Member(
        id="did:plc:moderator1", active=True, joined_at=instant("2025-02-03T09:00:00Z")
    )


def test_of_a_member_the_lexicon_promises_a_did_and_a_role(prepared: Any, opened: Opens, harvest: Harvests) -> None:
    bare = {"did": "did:plc:x", "role": "tools.ozone.team.defs#roleTriage"}
    prepared.respond = lambda *_: (200, {"members": [bare]})
    source = opened(CONNECTOR, options(prepared.url, facts=["member"]))
    found = harvest(source.pull("member", Slice(start=None, end=1, everything=True))).facts
    assert found == {"did:plc:x": Member(id="did:plc:x", active=True)}


def test_service_accounts_are_not_members_and_decide_as_automation(
    fixture_server: Any, opened: Opens, harvest: Harvests, instant: Instants
) -> None:
    source = opened(CONNECTOR, options(fixture_server.url, automation=["did:plc:moderator1"]))
    members = harvest(source.pull("member", Slice(start=None, end=instant(SUNDAY), everything=True)))
    assert "did:plc:moderator1" not in members.facts
    reviews = harvest(source.pull("review", Slice(start=None, end=instant(SUNDAY))))
    assert reviews.signals["decision", "activity:8103"].value == "automation"
    assert "did:plc:moderator1" in [seen.query.get("createdBy") for seen in fixture_server.seen]


def test_a_queue_s_name_and_a_muted_reporter_s_event(
    prepared: Any, opened: Opens, harvest: Harvests, instant: Instants
) -> None:
    report = {
        "id": 1,
        "subject": {"subject": "did:plc:x"},
        "createdAt": "2026-11-20T00:00:00Z",
        "queue": {"name": "spam"},
    }
    event = {
        "id": 2,
        "event": {"$type": "tools.ozone.moderation.defs#modEventReport", "isReporterMuted": True},
        "subject": {"did": "did:plc:x"},
        "createdBy": "did:plc:automod",
        "createdAt": "2026-11-20T00:00:00Z",
        "modTool": {"name": "automod"},
    }
    pages = {
        "queryReports": {"reports": [report]},
        "queryActivities": {"activities": []},
        "queryEvents": {"events": [event]},
    }
    prepared.respond = lambda path, query: (
        200,
        {"events": []} if "cursor" in query else pages[path.rpartition(".")[2]],
    )
    found = harvest(opened(CONNECTOR, options(prepared.url)).pull("review", Slice(start=None, end=instant(SUNDAY))))
    assert found.facts["1"].queue == "spam"
    assert found.signals == {}


def test_a_whole_pull_knows_what_the_queue_knows(
    vendors: Sandbox, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    found = harvest(queue().pull("review", Slice(start=None, end=instant(SUNDAY))))
    truth = vendors.truth()
    reports = {str(report["id"]): report for report in truth["reports"] if not report["muted"]}
    assert {name: (fact.reported_at, fact.subject) for name, fact in found.facts.items()} == {
        name: (report["reported"], report["subject"]) for name, report in reports.items()
    }
    decisions = sorted((s.ref, s.at, s.value) for s in found.signals.values() if s.kind == "decision")
    assert decisions == sorted(
        (str(a["report"]), a["at"], "automation" if a["automated"] else "human")
        for a in truth["activities"]
        if a["kind"] == "close" and str(a["report"]) in reports
    )
    assessed = {(s.ref, s.at) for s in found.signals.values() if s.kind == "assessment"}
    assert assessed == {(a["subject"], a["at"]) for a in truth["assessments"]}


def test_the_second_night_brings_the_decision_on_an_old_report_with_its_row(
    vendors: Sandbox, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    vendors.set_clock(MONDAY)
    start = instant(SUNDAY) - queue().supplies["review"].lookback
    found = harvest(queue().pull("review", Slice(start=start, end=instant(MONDAY))))
    old = [fact for fact in found.facts.values() if fact.reported_at < start]
    assert old, "a report older than the slice was decided in it"
    decided = {s.ref for s in found.signals.values() if s.kind == "decision"}
    assert {fact.id for fact in old} <= decided
    new = {str(r["id"]) for r in vendors.truth()["reports"] if not r["muted"] and r["reported"] >= start}
    assert new <= set(found.facts)


def test_bounds_of_a_slice_are_start_inclusive_and_end_exclusive(
    vendors: Sandbox, queue: Opens, harvest: Harvests
) -> None:
    report = next(r for r in vendors.truth()["reports"] if not r["muted"])
    reported = report["reported"]
    starting = harvest(queue().pull("review", Slice(start=reported, end=reported + 1)))
    ending = harvest(queue().pull("review", Slice(start=reported - 1, end=reported)))
    assert (str(report["id"]) in starting.facts, str(report["id"]) in ending.facts) == (True, False)


def test_a_kill_behind_any_page_loses_nothing(
    queue: Opens, harvest: Harvests, killed_everywhere: Kills, instant: Instants
) -> None:
    part = Slice(start=instant("2026-11-19T00:00:00Z"), end=instant(SUNDAY))
    whole = harvest(queue().pull("review", part))
    tries = list(killed_everywhere(queue, "review", part))
    assert len(tries) > 10
    assert all(harvested == whole for harvested in tries)


def test_what_is_new_since_a_kill_does_not_push_older_pages_out(
    vendors: Sandbox, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    part = Slice(start=instant("2026-11-10T00:00:00Z"), end=instant(SUNDAY))
    pulling = queue().pull("review", part)
    first = [next(pulling) for _ in range(6)]
    vendors.set_clock(MONDAY)
    rest = queue().pull("review", Slice(start=part.start, end=part.end, position=first[-1].position))
    found = harvest([*first, *rest])
    end = instant(SUNDAY)
    reports = [r for r in vendors.truth(SUNDAY)["reports"] if not r["muted"] and part.start <= r["reported"] < end]
    assert {str(r["id"]) for r in reports} <= set(found.facts)


def test_reports_that_move_on_while_they_are_read_are_not_missed(
    vendors: Sandbox, queue: Opens, instant: Instants
) -> None:
    """The clock runs on by two hours a page: hundreds of reports change their list meanwhile."""
    start, end = instant("2026-11-13T00:00:00Z"), instant("2026-11-15T00:00:00Z")
    seen: set[str] = set()
    clock = end
    vendors.set_clock(_iso(clock))
    for page in queue().pull("review", Slice(start=start, end=end)):
        seen.update(fact.id for fact in page.facts)
        clock += DAY // 12
        vendors.set_clock(_iso(clock))
    wanted = {str(r["id"]) for r in vendors.truth()["reports"] if not r["muted"] and start <= r["reported"] < end}
    assert wanted - seen == set()


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat()


def test_many_decisions_of_one_instant_are_all_read(
    vendors: Sandbox, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    """A clean-up closes more reports at once than a page holds."""
    clean_up = instant("2026-11-10T09:00:00Z")
    closed = [a for a in vendors.truth()["activities"] if a["kind"] == "close" and a["at"] == clean_up]
    muted = {r["id"] for r in vendors.truth()["reports"] if r["muted"]}
    found = harvest(queue().pull("review", Slice(start=clean_up, end=clean_up + 1)))
    decisions = [s.ref for s in found.signals.values() if s.kind == "decision"]
    assert len(closed) > 100
    assert sorted(decisions) == sorted(str(a["report"]) for a in closed if a["report"] not in muted)


def test_the_cursor_of_the_last_page_of_activities_leads_to_an_empty_page(
    fixture_server: Any, opened: Opens, instant: Instants
) -> None:
    list(opened(CONNECTOR, options(fixture_server.url)).pull("review", Slice(start=None, end=instant(SUNDAY))))
    asked = [seen.query for seen in fixture_server.seen if seen.path.endswith("queryActivities")]
    activities = [query for query in asked if query["limit"] == "100"]
    assert [query.get("cursor") for query in activities] == [None, "1795255199999::8101"]


def test_a_cursor_that_does_not_move_is_an_error(prepared: Any, opened: Opens, instant: Instants) -> None:
    prepared.respond = lambda path, query: (200, {"reports": [], "cursor": "2026-11-19T08:02:11.407Z::1"})
    with pytest.raises(DataError):
        list(opened(CONNECTOR, options(prepared.url)).pull("review", Slice(start=None, end=instant(SUNDAY))))


def test_where_there_is_no_ozone_at_all_the_mend_is_named(prepared: Any, opened: Opens, instant: Instants) -> None:
    with pytest.raises(ConfigError, match="check base_url"):
        list(opened(CONNECTOR, options(prepared.url)).pull("review", Slice(start=None, end=instant(SUNDAY))))


def test_a_wrong_password_is_a_configuration_error_without_the_password(queue: Opens, instant: Instants) -> None:
    with pytest.raises(ConfigError) as raised:
        list(queue(password="wrong-horse").pull("review", Slice(start=None, end=instant(SUNDAY))))
    assert "wrong-horse" not in str(raised.value)


@pytest.mark.parametrize(
    ("break_it", "path"),
    [
        (lambda report: report.pop("createdAt"), "$.reports"),
        (lambda report: report.update(createdAt="2026-11-20T00:00:00"), "createdAt"),
        (lambda report: report.update(id="4712"), "id"),
    ],
)
def test_a_broken_schema_is_a_data_error_that_names_the_place(
    prepared: Any, opened: Opens, instant: Instants, break_it: Any, path: str
) -> None:
    body = literal("queryReports")
    break_it(body["reports"][0])
    prepared.respond = lambda *_: (200, body)
    with pytest.raises(DataError, match="reports") as raised:
        list(opened(CONNECTOR, options(prepared.url)).pull("review", Slice(start=None, end=instant(SUNDAY))))
    assert path in str(raised.value)
    assert "alice" not in str(raised.value)


def test_check_reads_one_thing_per_permission(vendors: Sandbox, queue: Opens, prepared: Any, opened: Opens) -> None:
    before = vendors.served()["by_source"]["ozone"]
    assert queue().check() == []
    assert vendors.served()["by_source"]["ozone"] - before == 4
    assert len(queue(password="no").check()) == 4
    prepared.respond = lambda path, query: (
        (403, {}) if "team" in path else (200, {"reports": [], "activities": [], "events": []})
    )
    [problem] = opened(CONNECTOR, options(prepared.url)).check()
    assert "team members" in problem


def test_facts_limit_what_is_supplied_and_asked_for(vendors: Sandbox, queue: Opens) -> None:
    before = vendors.served()["by_source"]["ozone"]
    source = queue(facts=["member"], automation=None)
    assert list(source.supplies) == ["member"]
    assert source.check() == []
    assert vendors.served()["by_source"]["ozone"] - before == 1


def test_automation_left_out_is_refused_where_reviews_are_supplied() -> None:
    with pytest.raises(ValidationError, match="automation is missing"):
        CONNECTOR.options.model_validate({"base_url": "https://ozone.example.org", "password": "x"})
