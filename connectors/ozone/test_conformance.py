from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.ozone import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen

XRPC = "/xrpc/tools.ozone."
MEMBERS = XRPC + "team.listMembers"
SETTINGS = {"username": "admin", "password": "hush-hush-password", "automation": ["automod"]}
EMPTY: dict[str, Any] = {
    XRPC + "report.queryReports": {"reports": []},
    XRPC + "report.queryActivities": {"activities": []},
    XRPC + "moderation.queryEvents": {"events": []},
    MEMBERS: {"members": []},
}


class TestReports(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "review", XRPC + "report.queryReports", "reports", "createdAt"
    settings = SETTINGS
    others = EMPTY
    order = "newest_first"

    def lists(self, seen: Seen) -> bool:
        return seen.path == self.path and seen.query["status"] == "queued"

    def record(self, number: int, at: int) -> Any:
        return {"id": number, "subject": {"subject": "did:plc:alice"}, "createdAt": iso(at)}

    def page(self, records: list[Any], following: str | None) -> Any:
        return {"reports": records} | ({"cursor": following} if following else {})

    def since(self, seen: Seen) -> int | None:
        after = seen.query.get("reportedAfter")
        return None if after is None else round(datetime.fromisoformat(after).timestamp() * 1_000) + 1


class TestMembers(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "member", MEMBERS, "members", "role"
    settings = SETTINGS
    others = EMPTY
    order = "none"

    def record(self, number: int, at: int) -> Any:
        role = "tools.ozone.team.defs#roleModerator"
        return {"did": f"did:plc:m{number}", "disabled": False, "role": role, "createdAt": iso(at)}

    def page(self, records: list[Any], following: str | None) -> Any:
        return {"members": records} | ({"cursor": following} if following else {})
