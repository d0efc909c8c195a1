from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.freshdesk import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen, reply
from connectors.testing.vendor import Paging

NEXT = {"Link": '<https://example.freshdesk.com/api/v2/tickets?page=2>; rel="next"'}
RATINGS = "/api/v2/surveys/satisfaction_ratings"
SETTINGS = {"api_key": "hush-hush-key"}


def millis(text: str | None) -> int | None:
    return None if text is None else int(datetime.fromisoformat(text).timestamp() * 1_000)


class TestTickets(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "ticket", "/api/v2/tickets", "", "created_at"
    settings = SETTINGS
    others = {"/api/v2/tickets": [], RATINGS: []}
    paging: Paging = "page"

    def lists(self, seen: Seen) -> bool:
        return seen.path == self.path and "filter" not in seen.query

    def record(self, number: int, at: int) -> Any:
        known = {"id": number, "created_at": iso(at), "updated_at": iso(at), "status": 2, "source": 1, "tags": []}
        stats = {"resolved_at": None, "closed_at": None, "first_responded_at": None}
        return known | {"requester_id": 7, "stats": stats, "custom_fields": {}}

    def page(self, records: list[Any], following: str | None) -> Any:
        return reply(records, headers=NEXT if following else {})

    def since(self, seen: Seen) -> int | None:
        return millis(seen.query.get("updated_since"))


class TestRatings(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "feedback", RATINGS, "", "created_at"
    settings = SETTINGS
    others = {"/api/v2/tickets": []}
    paging: Paging = "page"

    def record(self, number: int, at: int) -> Any:
        return {"id": number, "created_at": iso(at), "ratings": {"default_question": 103}}

    def page(self, records: list[Any], following: str | None) -> Any:
        return reply(records, headers=NEXT if following else {})

    def since(self, seen: Seen) -> int | None:
        return millis(seen.query.get("created_since"))
