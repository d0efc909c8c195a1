from __future__ import annotations

import json
from typing import Any

from connectors.intercom import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.server import Seen
from connectors.testing.vendor import Order


class TestConversations(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "ticket", "/conversations/search", "conversations", "created_at"
    settings = {"access_token": "hush-hush-token"}
    safe_posts = ("/conversations/search",)
    order: Order = "none"

    def record(self, number: int, at: int) -> Any:
        known = {"id": str(number), "created_at": at // 1_000, "updated_at": at // 1_000, "state": "open"}
        return known | {"source": {"type": "conversation"}, "tags": {"tags": []}, "statistics": None}

    def page(self, records: list[Any], following: str | None) -> Any:
        pages = {"type": "pages", "next": None if following is None else {"starting_after": following}}
        return {"type": "conversation.list", "conversations": records, "pages": pages}

    def asked(self, seen: Seen) -> str | None:
        token: str | None = json.loads(seen.body)["pagination"]["starting_after"]
        return token

    def since(self, seen: Seen) -> int | None:
        bounds = {each["operator"]: int(each["value"]) for each in json.loads(seen.body)["query"]["value"]}
        return (bounds[">"] + 1) * 1_000


class TestRatings(TestConversations):
    fact, required = "feedback", "conversation_rating.created_at"

    def record(self, number: int, at: int) -> Any:
        rating = {"rating": 5, "created_at": at // 1_000, "remark": None}
        return {**super().record(number, at), "conversation_rating": rating}
