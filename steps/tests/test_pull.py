"""One source's pull, over a real HTTP server: what came of it, and what is kept for the next one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors import waiting
from connectors.testing.server import Seen, reply, serve
from ledger import pulls
from ledger.database import LedgerError, begin
from okr_model.exchange import SourceOutcome
from steps.pull import pull_source
from steps.tests.conftest import Office
from steps.wiring import Workspace

NOW = "2026-11-20T04:00:00Z"
DAY = 86_400_000
CURSOR: dict[str, Any] = {
    "records": "items",
    "page": {"kind": "cursor", "from": "next", "param": "after"},
    "fields": {"id": "id", "created_at": "made"},
    "cursor": {"field": "made", "order": "newest_first"},
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "pause", lambda _seconds: None)


def page(*numbers: int, following: str | None = None) -> Any:
    return reply({"items": [{"id": n, "made": f"2026-11-{20 - n:02d}T00:00:00Z"} for n in numbers], "next": following})


def opened(office: Office, url: str, *streams: dict[str, Any]) -> Workspace:
    source = {"connector": "rest", "base_url": url, "streams": [CURSOR | stream for stream in streams]}
    office.write("sources.yaml", json.dumps({"sources": {"desk": source}}))
    return office.at(NOW)


def after(workspace: Workspace, days: int) -> SourceOutcome:
    return pull_source(replace(workspace, now=workspace.now + days * DAY), "desk", f"night {days}")


def test_a_token_that_has_lapsed_is_given_up_for_the_slices_start(office: Office) -> None:
    failing = True

    def items(seen: Seen) -> Any:
        if "after" not in seen.query:
            return page(1, 2, following="fresh" if not failing else "old")
        if failing:
            return reply(status=401)
        return page(3) if seen.query["after"] == "fresh" else reply({"why": "cursor has expired"}, status=400)

    with serve({"/items": items}) as server:
        workspace = opened(office, server.url, {"fact": "ticket", "path": "/items"})
        first = after(workspace, 0)
        assert (first.state, first.complete_to) == ("failed", None)
        failing = False
        second = after(workspace, 0)
    assert (second.state, second.complete_to) == ("ok", workspace.now)
    assert second.facts["ticket"].stored == 1


def test_one_fact_that_fails_leaves_the_others_of_its_source_alone(office: Office) -> None:
    fields = {"id": "id", "received_at": "made"}
    streams = ({"fact": "ticket", "path": "/gone"}, {"fact": "feedback", "path": "/items", "fields": fields})
    with serve({"/items": page(1)}) as server:
        workspace = opened(office, server.url, *streams)
        outcome = after(workspace, 0)
    assert outcome.error is not None
    assert "/gone answered 404" in outcome.error.message
    assert outcome.facts["feedback"].stored == 1
    assert [each.fact for each in pulls.coverages(workspace.engine)] == ["feedback"]
    assert outcome.complete_to is None, "its earliest fact is complete for nothing"


def test_a_text_that_no_ledger_keeps_is_told_of_in_a_sentence(office: Office) -> None:
    item = {"id": "1\0", "made": "2026-11-19T00:00:00Z"}
    with serve({"/items": reply({"items": [item], "next": None})}) as server:
        outcome = after(opened(office, server.url, {"fact": "ticket", "path": "/items"}), 0)
    assert outcome.error is not None
    told = "`id` of a ticket holds a NUL character, which no ledger keeps: take it out at the source"
    assert (outcome.error.kind, outcome.error.message) == ("data", told)


def test_a_sweep_that_fails_is_told_of_and_leaves_the_coverage_where_the_pull_moved_it(office: Office) -> None:
    asked: list[str] = []

    def items(seen: Seen) -> Any:
        asked.append(seen.query.get("after", ""))
        if "after" not in seen.query:
            return page(1, 9, following="old")  # behind it are the records from before the last pull
        return page(10) if sound else reply(status=403)

    sound = True
    with serve({"/items": items}) as server:
        workspace = opened(office, server.url, {"fact": "ticket", "path": "/items"})
        assert after(workspace, 0).state == "ok"
        sound = False
        failed = after(workspace, 7)
        assert failed.error is not None
        assert failed.error.message.startswith("its weekly sweep for deleted rows failed: http")
        assert failed.complete_to == workspace.now + 7 * DAY
        sound = True
        asked.clear()
        assert after(workspace, 8).state == "ok"
    assert asked == ["", "old"], "the pull, then the sweep from where it was"


def test_a_deleted_row_is_retracted_within_a_week_unless_the_list_drops_old_ones(office: Office) -> None:
    held = [1, 2]
    with serve({"/items": lambda _seen: page(*held)}) as server:
        for sweep, retracted in ((True, 1), (False, 0)):
            cursor = CURSOR["cursor"] | {"sweep": sweep}
            path = f"/items?{sweep}"
            workspace = opened(office, server.url, {"fact": "ticket", "path": path, "cursor": cursor})
            held = [1, 2]
            after(workspace, 10 * (not sweep))
            held = [1]
            assert after(workspace, 6 + 10 * (not sweep)).facts["ticket"].retracted == 0
            assert after(workspace, 7 + 10 * (not sweep)).facts["ticket"].retracted == retracted


def test_a_full_disk_is_not_blamed_on_the_source(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve({"/items": page(1)}) as server:
        workspace = opened(office, server.url, {"fact": "ticket", "path": "/items"})
        with begin(workspace.engine) as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql("DROP TABLE fact_ticket")
        with pytest.raises(LedgerError, match="could not keep a page"):
            after(workspace, 0)
