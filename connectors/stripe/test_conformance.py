from __future__ import annotations

from typing import Any

from connectors.stripe import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.server import Seen

EMPTY = {"data": [], "has_more": False}


class TestCharges(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "transaction", "/v1/charges", "data", "created"
    settings = {"api_key": "rk_live_hush_hush"}
    order = "newest_first"
    others = {f"/v1/{name}": EMPTY for name in ("disputes", "radar/early_fraud_warnings", "events")}

    def record(self, number: int, at: int) -> Any:
        outcome = {"type": "authorized", "reason": None, "risk_level": "normal"}
        return {"id": f"ch_{number}", "created": at // 1_000, "livemode": True, "outcome": outcome}

    def page(self, records: list[Any], following: str | None) -> Any:
        return {"data": records, "has_more": following is not None}

    def token(self, number: int) -> str:
        return f"ch_{number}"

    def asked(self, seen: Seen) -> str | None:
        return seen.query.get("starting_after")

    def since(self, seen: Seen) -> int | None:
        start = seen.query.get("created[gte]")
        return None if start is None else int(start) * 1_000
