"""The rest connector under the table of faults, with every way of naming pages and every order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.rest import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen, reply

STREAM = {"fact": "ticket", "path": "/items", "records": "data.items", "errors": "errors"}
FIELDS = {"id": "id", "created_at": "made.at", "category": {"path": "kind", "optional": True}}


def settings(page: Any, cursor: Any = None, **stream: Any) -> dict[str, Any]:
    parts = {"page": page, "fields": FIELDS} | (
        {} if cursor is None else {"cursor": cursor, "params": {"since": "{cursor}"}}
    )
    return {"auth": {"bearer": "hush-hush"}, "streams": [STREAM | parts | stream], "max_pages": 400}


class Rest(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "ticket", "/items", "data.items", "made.at"
    settings = settings({"kind": "cursor", "from": "next", "param": "cursor"})

    def record(self, number: int, at: int) -> Any:
        return {"id": number, "made": {"at": iso(at)}, "updated": iso(at)}

    def page(self, records: list[Any], following: str | None) -> Any:
        return {"data": {"items": records}, "next": following}


class TestCursor(Rest):
    pass


class TestByChange(Rest):
    settings = settings(
        {"kind": "cursor", "from": "next", "param": "cursor"},
        {"field": "updated", "order": "by_change", "lookback": "3d"},
    )

    def since(self, seen: Seen) -> int | None:
        return round(datetime.fromisoformat(seen.query["since"]).timestamp() * 1_000)


class TestNewestFirst(Rest):
    order = "newest_first"
    settings = settings(
        {"kind": "cursor", "from": "next", "param": "cursor"},
        {"field": "updated", "order": "newest_first", "lookback": "1d"},
    )


class TestLinksInBodies(Rest):
    paging = "link"
    settings = settings({"kind": "link", "from": "next"})


class TestLinkHeaders(Rest):
    paging = "link"
    records = ""
    settings = settings({"kind": "link"}, records=None, errors=None)

    def page(self, records: list[Any], following: str | None) -> Any:
        return reply(records, headers={"Link": f'<{following}>; rel="next"'} if following else {})


class TestPageNumbers(Rest):
    paging = "page"
    settings = settings({"kind": "page", "param": "page"})


class TestOffsets(Rest):
    paging = "offset"
    settings = settings({"kind": "offset", "param": "offset", "size_param": "limit", "size": 2})
