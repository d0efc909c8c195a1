from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from connectors.mastodon import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen, reply
from connectors.testing.vendor import Order, Paging

REPORTS = "/api/v1/admin/reports"


class TestResolvedReports(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "review", REPORTS, "", "created_at"
    settings = {"access_token": "hush-hush-token"}
    others: ClassVar[Mapping[str, Any]] = {REPORTS: []}
    order: Order = "newest_first"
    paging: Paging = "link"

    def lists(self, seen: Seen) -> bool:
        return seen.path == self.path and seen.query.get("resolved") == "true"

    def record(self, number: int, at: int) -> Any:
        known = {"id": str(number), "category": "spam", "created_at": iso(at), "action_taken": True}
        accounts = {"account": {"id": "7", "domain": None}, "target_account": {"id": "8", "domain": None}}
        return known | accounts | {"action_taken_at": iso(at + 60_000)}

    def page(self, records: list[Any], following: str | None) -> Any:
        return reply(records, headers={} if following is None else {"Link": f'<{following}>; rel="next"'})
