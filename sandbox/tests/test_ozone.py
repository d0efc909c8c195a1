"""The moderation queue's traps are there."""

from collections import Counter
from typing import Any

import requests

from sandbox.rhythm import instant

REPORTS, ACTIVITIES = "tools.ozone.report.queryReports", "tools.ozone.report.queryActivities"
EVENTS, MEMBERS = "tools.ozone.moderation.queryEvents", "tools.ozone.team.listMembers"
STATUSES = ("open", "closed", "escalated", "queued", "assigned")
MASS_CLOSE = "2026-11-10T09:00:00.000Z"


def _ids(pages: list[list[Any]]) -> list[int]:
    return [row["id"] for page in pages for row in page]


def test_wrong_password_is_401_in_their_words(sandbox: Any) -> None:
    url = f"{sandbox.url}/ozone/xrpc/{MEMBERS}"
    for auth in (None, ("admin", "wrong")):
        answer = requests.get(url, auth=auth, timeout=20)
        assert (answer.status_code, answer.json()["error"]) == (401, "AuthenticationRequired")


def test_status_is_required_one_at_a_time_and_limits_are_kept(clients: Any) -> None:
    for query in ({}, {"status": "resolved"}, {"status": "open", "limit": 101}, {"status": "open", "limit": 0}):
        answer = clients.ozone.ask(REPORTS, **query)
        assert (answer.status_code, answer.json()["error"]) == (400, "InvalidRequest")


def test_all_statuses_together_are_the_unmuted_reports(clients: Any, sandbox: Any) -> None:
    truth = sandbox.truth()["reports"]
    seen = [i for s in STATUSES for i in _ids(clients.ozone_pages(REPORTS, "reports", status=s, limit=100))]
    assert sorted(seen) == [report["id"] for report in truth if not report["muted"]]
    muted = [
        i for s in STATUSES for i in _ids(clients.ozone_pages(REPORTS, "reports", status=s, limit=100, isMuted="true"))
    ]
    assert sorted(muted) == [report["id"] for report in truth if report["muted"]]


def test_reports_have_no_close_time_and_come_newest_first(clients: Any) -> None:
    page = clients.ozone.get(REPORTS, {"status": "closed"})
    assert len(page["reports"]) == 50
    assert all("closedAt" not in report for report in page["reports"])
    created = [report["createdAt"] for report in page["reports"]]
    assert created == sorted(created, reverse=True)


def test_reported_after_is_strict_created_after_is_not(clients: Any) -> None:
    raid = "2026-11-05T18:30:00.000Z"
    after = clients.ozone_pages(REPORTS, "reports", status="closed", reportedAfter=raid, limit=100)
    assert raid not in {row["createdAt"] for page in after for row in page}
    at = clients.ozone_pages(ACTIVITIES, "activities", createdAfter=MASS_CLOSE, createdBefore=MASS_CLOSE, limit=100)
    assert len(_ids(at)) > 100
    assert {row["createdAt"] for page in at for row in page} == {MASS_CLOSE}


def test_ascending_pages_lose_reports_of_one_instant_and_descending_ones_do_not(clients: Any) -> None:
    def pull(direction: str) -> list[int]:
        window = {"reportedAfter": "2026-11-05T00:00:00Z", "reportedBefore": "2026-11-06T00:00:00Z"}
        return _ids(
            clients.ozone_pages(REPORTS, "reports", status="closed", sortDirection=direction, limit=100, **window)
        )

    down, up = pull("desc"), pull("asc")
    assert len(down) == len(set(down)) > 200
    assert set(up) < set(down)


def test_activities_give_a_cursor_with_every_page_but_the_empty_one(clients: Any) -> None:
    window = {"createdAfter": "2026-11-20T00:00:00Z", "limit": 100, "activityTypes": "closeActivity"}
    pages = clients.ozone_pages(ACTIVITIES, "activities", **window)
    assert pages[-1] == []
    assert len(pages) > 2
    assert {row["activity"]["$type"] for page in pages for row in page} == {"tools.ozone.report.defs#closeActivity"}
    reports = clients.ozone.get(REPORTS, {"status": "assigned", "limit": 100})
    assert "cursor" not in reports


def test_activities_agree_with_the_truth(clients: Any, sandbox: Any) -> None:
    start = instant("2026-10-20")
    pages = clients.ozone_pages(ACTIVITIES, "activities", createdAfter="2026-10-20T00:00:00Z", limit=100)
    seen = Counter(row["activity"]["$type"].split("#")[1].removesuffix("Activity") for page in pages for row in page)
    assert seen == Counter(a["kind"] for a in sandbox.truth()["activities"] if a["at"] >= start)
    assert len(_ids(pages)) == len(set(_ids(pages)))


def test_events_take_qualified_types_and_tools(clients: Any, sandbox: Any) -> None:
    assert clients.ozone.get(EVENTS, {"types": "modEventTag"})["events"] == []
    tags = clients.ozone.get(EVENTS, {"types": "tools.ozone.moderation.defs#modEventTag", "modTool": "automod"})
    assert {event["event"]["$type"] for event in tags["events"]} == {"tools.ozone.moderation.defs#modEventTag"}
    pages = clients.ozone_pages(EVENTS, "events", modTool="automod", limit=100)
    assert len(_ids(pages)) == len(sandbox.truth()["assessments"])


def test_members(clients: Any) -> None:
    pages = clients.ozone_pages(MEMBERS, "members", limit=30)
    assert [len(page) for page in pages] == [30, 11]
    assert sum(member["disabled"] for page in pages for member in page) == 2
