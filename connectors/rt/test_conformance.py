from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from connectors.rt import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen
from connectors.testing.vendor import Order, Paging

NONE = {"items": [], "page": 1, "total": 0}


class TestTickets(Conformance):
    """Numbered pages in the order of ids, of which a resumed pull asks for those behind the last one it has."""

    connector = CONNECTOR
    fact, path, records, required = "ticket", "/REST/2.0/tickets", "items", "Created"
    settings = {"token": "hush-hush-token"}
    others = {"/REST/2.0/transactions": NONE}
    order: Order = "none"
    paging: Paging = "page"
    number = 1

    def lists(self, seen: Seen) -> bool:
        if seen.path == self.path:
            self.number = int(seen.query["page"])
        return seen.path == self.path

    def wants(self, seen: Seen, number: int, at: int) -> bool:
        behind = re.search(r"\bid > (\d+)", seen.query["query"])
        since = re.search(r"LastUpdated >= '([^']+)'", seen.query["query"])
        return number > int(behind[1] if behind else 0) and (since is None or iso(at) >= _zulu(since[1]))

    def record(self, number: int, at: int) -> Any:
        known = {"id": str(number), "type": "ticket", "Queue": {"id": "1", "Name": "Reports"}, "Status": "open"}
        never = "1970-01-01T00:00:00Z"
        return known | {"Created": iso(at), "Resolved": never, "Requestor": [], "CustomFields": []}

    def page(self, records: list[Any], following: str | None) -> Any:
        more = {} if following is None else {"next_page": f"http://rt.example.org{self.path}?page={self.number + 1}"}
        return {"items": records, "page": self.number, "per_page": 2, "count": len(records), "total": 5, **more}


def _zulu(text: str) -> str:
    return datetime.fromisoformat(text).isoformat() + "Z"
