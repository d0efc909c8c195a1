from __future__ import annotations

from typing import Any

from connectors.discourse import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen
from connectors.testing.vendor import Paging

REVIEW = "/review.json"
EMPTY = {"reviewables": [], "meta": {"total_rows_reviewables": 0}}


class TestQueue(Conformance):
    """The week with the slice's start in it; the page does not say what follows, but how many rows there are."""

    connector = CONNECTOR
    fact, path, records, required = "review", REVIEW, "reviewables", "created_at"
    settings = {"api_key": "hush-hush-key", "max_age": "4d"}
    others = {REVIEW: EMPTY}
    paging: Paging = "offset"

    def lists(self, seen: Seen) -> bool:
        if seen.query["status"] != "all" or "offset" not in seen.query:
            return False
        self.read = int(seen.query["offset"])
        return True

    def wants(self, seen: Seen, number: int, at: int) -> bool:
        return seen.query["from_date"] <= iso(at)[:10] <= seen.query["to_date"]

    def record(self, number: int, at: int) -> Any:
        return {"id": number, "type": "ReviewableFlaggedPost", "created_at": iso(at), "reviewable_score_ids": [number]}

    def page(self, records: list[Any], following: str | None) -> Any:
        scores = [
            {"id": one, "created_at": record["created_at"], "reviewed_at": None}
            for record in records
            for one in record["reviewable_score_ids"]
        ]
        total = self.read + len(records) + (following is not None)
        return {"reviewables": records, "reviewable_scores": scores, "meta": {"total_rows_reviewables": total}}
