from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.marble import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen

DECISIONS = "/v1/decisions"
EMPTY = {"data": [], "pagination": {"has_more": False}}


class TestDecisions(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "transaction", DECISIONS, "data", "created_at"
    settings = {"api_key": "hush-hush-key", "scenarios": {"transaction": "s1"}}
    others = {DECISIONS: EMPTY, "/v1beta/cases": EMPTY}

    def lists(self, seen: Seen) -> bool:
        return seen.path == self.path and "outcome" not in seen.query

    def record(self, number: int, at: int) -> Any:
        about = {"object_id": f"p{number}", "updated_at": iso(at)}
        return {"id": f"d{number}", "created_at": iso(at), "outcome": "approve", "trigger_object": about}

    def page(self, records: list[Any], following: str | None) -> Any:
        more = {} if following is None else {"next_page_id": following}
        return {"data": records, "pagination": {"has_more": following is not None, **more}}

    def asked(self, seen: Seen) -> str | None:
        return seen.query.get("after")

    def since(self, seen: Seen) -> int | None:
        return round(datetime.fromisoformat(seen.query["start"]).timestamp() * 1_000)
