from __future__ import annotations

from typing import Any

from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen
from connectors.zendesk import CONNECTOR

SETTINGS = {"email": "ops@example.org", "api_token": "hush-hush-token"}


class TestTickets(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "ticket", "/api/v2/incremental/tickets/cursor.json", "tickets", "created_at"
    settings = SETTINGS
    others = {"/api/v2/satisfaction_ratings.json": {"satisfaction_ratings": [], "meta": {"has_more": False}}}

    def record(self, number: int, at: int) -> Any:
        metrics = {"solved_at": None, "reply_time_in_minutes": {"calendar": None}}
        known = {"id": number, "created_at": iso(at), "status": "open", "requester_id": 7, "tags": []}
        return known | {"via": {"channel": "email"}, "metric_set": metrics}

    def page(self, records: list[Any], following: str | None) -> Any:
        return {"tickets": records, "end_of_stream": following is None, "after_cursor": following}

    def since(self, seen: Seen) -> int | None:
        start = seen.query.get("start_time")
        return None if start is None else int(start) * 1_000


class TestRatings(Conformance):
    connector = CONNECTOR
    fact, path, records, required = (
        "feedback",
        "/api/v2/satisfaction_ratings.json",
        "satisfaction_ratings",
        "created_at",
    )
    settings = SETTINGS
    others = {"/api/v2/incremental/tickets/cursor.json": {"tickets": [], "end_of_stream": True, "after_cursor": None}}

    def record(self, number: int, at: int) -> Any:
        return {"id": number, "score": "good", "created_at": iso(at)}

    def page(self, records: list[Any], following: str | None) -> Any:
        return {"satisfaction_ratings": records, "meta": {"has_more": following is not None, "after_cursor": following}}

    def asked(self, seen: Seen) -> str | None:
        return seen.query.get("page[after]")

    def since(self, seen: Seen) -> int | None:
        start = seen.query.get("start_time")
        return None if start is None else int(start) * 1_000
