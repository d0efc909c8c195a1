"""An Ozone of before March 2026: reports are events on subjects, and so are decisions; against a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from connectors.api import ConfigError, Page, Review, Signal, Slice, Source
from connectors.ozone import CONNECTOR
from connectors.testing.declared import iso
from connectors.testing.server import Reply, Seen, reply, serve

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

SUNDAY = "2026-11-22T23:00:00Z"
HOUR, DAY = 3_600_000, 86_400_000
DEFS = "tools.ozone.moderation.defs#modEvent"
POST, ALICE = "at://did:plc:alice/app.bsky.feed.post/3kaaaaaaaaa2a", "did:plc:alice"
ANA, AUTOMOD = "did:plc:ana", "did:plc:automod"


class Older:
    """Events newest first, two a page, both bounds inclusive, a cursor behind each page that is not empty."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.tools = True
        self.status = 501

    def add(self, kind: str, at: int, subject: str = POST, by: str = ANA, tool: str | None = None, **more: Any) -> None:
        about = {"did": subject} if subject.startswith("did:") else {"uri": subject, "cid": "bafyreia"}
        event = {"id": len(self.events) + 1, "event": {"$type": DEFS + kind, **more}, "subject": about}
        event |= {"subjectBlobCids": [], "createdBy": by, "createdAt": iso(at)}
        self.events.append(event | ({"modTool": {"name": tool}} if tool else {}))

    def answer(self, seen: Seen) -> Reply:
        if seen.path.endswith("report.queryReports") and self.status == 200:
            return reply({"reports": []})
        if not seen.path.endswith("moderation.queryEvents"):
            return reply(
                {"error": "MethodNotImplemented", "message": "Method Not Implemented"},
                status=self.status if self.status != 200 else 501,
            )
        asked = seen.query
        types, tools = seen.every("types"), seen.every("modTool")
        found = [
            event
            for event in self.events
            if event["event"]["$type"] in types
            and asked.get("createdBy", event["createdBy"]) == event["createdBy"]
            and asked.get("createdAfter", "") <= event["createdAt"] <= asked["createdBefore"]
            and (not tools or not self.tools or event.get("modTool", {}).get("name") in tools)
        ]
        found.sort(key=lambda event: (event["createdAt"], event["id"]), reverse=True)
        if "cursor" in asked:
            last = int(asked["cursor"].rpartition("::")[2])
            found = found[[event["id"] for event in found].index(last) + 1 :]
        page = found[:2]
        return reply({"events": page} | ({"cursor": f"ms::{page[-1]['id']}"} if page else {}))


@pytest.fixture
def older() -> Iterator[Any]:
    made: Any = Older()
    paths = ("report.queryReports", "report.queryActivities", "moderation.queryEvents", "team.listMembers")
    with serve({f"/xrpc/tools.ozone.{path}": made.answer for path in paths}) as server:
        made.url = server.url
        yield made


@pytest.fixture
def queue(older: Any, opened: Opens) -> Opens:
    """Opens it."""
    plain = {"base_url": older.url, "password": "x", "facts": ["review"]}
    return lambda **more: opened(CONNECTOR, {**plain, "automation": ["automod", AUTOMOD], **more})


@pytest.fixture
def all_time(instant: Instants) -> Slice:
    return Slice(start=None, end=instant(SUNDAY))


@pytest.mark.parametrize("status", [404, 501, 200])  # 200: it has reports, and no activities yet
def test_reports_and_decisions_come_from_events(
    older: Any, queue: Opens, harvest: Harvests, instant: Instants, all_time: Slice, status: int
) -> None:
    older.status = status
    start = instant(SUNDAY) - 5 * DAY
    older.add("Report", start, by="did:plc:reader", reportType="com.atproto.moderation.defs#reasonSpam")
    older.add("Report", start + HOUR, subject=ALICE, by="did:plc:reader")
    older.add("Report", start + HOUR, by="did:plc:muted", isReporterMuted=True)
    older.add("Acknowledge", start + 2 * HOUR)
    older.add("Takedown", start + 3 * HOUR, subject=ALICE, by=AUTOMOD)
    older.add("Comment", start + 4 * HOUR)
    older.add("Escalate", start + 4 * HOUR)
    found = harvest(queue().pull("review", all_time))
    assert found.facts == {
        "event:1": Review(id="event:1", reported_at=start, subject=POST),
        "event:2": Review(id="event:2", reported_at=start + HOUR, subject=ALICE),
    }
    assert set(found.signals.values()) == {
        Signal(kind="settlement", id="event:4", ref=POST, at=start + 2 * HOUR, value="human"),
        Signal(kind="settlement", id="event:5", ref=ALICE, at=start + 3 * HOUR, value="automation"),
    }


def test_a_machine_s_label_assesses_and_a_person_s_decides(
    older: Any, queue: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    at = instant(SUNDAY) - DAY
    older.add("Label", at, by=AUTOMOD, createLabelVals=["spam"], negateLabelVals=[])
    older.add("Label", at + 1, by="did:plc:other-service", tool="automod", createLabelVals=["spam"], negateLabelVals=[])
    older.add("Label", at + 2, tool="ozone/workspace", createLabelVals=["spam"], negateLabelVals=[])
    found = harvest(queue().pull("review", all_time))
    assert sorted((kind, id_) for kind, id_ in found.signals) == [
        ("assessment", "event:1"),
        ("assessment", "event:2"),
        ("settlement", "event:3"),
    ]


def test_a_kill_behind_any_page_loses_nothing(
    older: Any, queue: Opens, harvest: Harvests, killed_everywhere: Kills, instant: Instants, all_time: Slice
) -> None:
    for number in range(9):
        older.add("Report", instant(SUNDAY) - (20 - number) * HOUR)
        older.add("Acknowledge", instant(SUNDAY) - (20 - number) * HOUR)
    whole = harvest(queue().pull("review", all_time))
    assert len(whole.facts) == 9
    tries = list(killed_everywhere(queue, "review", all_time))
    assert len(tries) > 8
    assert all(harvested == whole for harvested in tries)


def test_one_that_knows_no_tools_is_not_taken_at_its_word(older: Any, queue: Opens, all_time: Slice) -> None:
    """It ignores the filter and lists people's events too: each would be a machine's assessment."""
    older.tools = False
    older.add("Report", all_time.end - DAY)
    with pytest.raises(ConfigError, match="too old to tell which tool"):
        list(queue(automation=["automod"]).pull("review", all_time))


def test_check_needs_its_events_alone(queue: Opens) -> None:
    assert queue().check() == []
