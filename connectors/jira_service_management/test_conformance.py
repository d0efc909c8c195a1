from __future__ import annotations

import json
import re
from typing import Any

from connectors.jira_service_management import CONNECTOR
from connectors.testing import Conformance
from connectors.testing.declared import iso
from connectors.testing.server import Seen

SEARCH = "/rest/api/3/search/jql"


class TestRequests(Conformance):
    connector = CONNECTOR
    fact, path, records, required = "ticket", SEARCH, "issues", "fields.created"
    settings = {"email": "ops@example.org", "api_token": "hush-hush-token", "projects": ["SAFE"]}
    others = {"/rest/api/3/project/SAFE": {"key": "SAFE"}}
    safe_posts = (SEARCH,)

    def record(self, number: int, at: int) -> Any:
        known: Any = {
            "created": iso(at).replace("Z", ".000+0000"),
            "resolutiondate": None,
            "labels": [],
            "reporter": None,
        }
        return {"id": str(number), "fields": known | {"issuetype": {"name": "Request"}}}

    def page(self, records: list[Any], following: str | None) -> Any:
        more = {} if following is None else {"nextPageToken": following}
        return {"issues": records, "isLast": following is None, **more}

    def asked(self, seen: Seen) -> str | None:
        token: str | None = json.loads(seen.body).get("nextPageToken")
        return token

    def since(self, seen: Seen) -> int | None:
        found = re.search(r"updated >= (\d+)", json.loads(seen.body)["jql"])
        return None if found is None else int(found[1])
