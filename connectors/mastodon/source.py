"""Reading Mastodon: unresolved reports, resolved ones, and those that were re-opened meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.api import (
    Answer,
    Auth,
    Client,
    Context,
    DataError,
    Page,
    Slice,
    Supply,
    Walk,
    by_link,
    failures,
    in_stages,
    parse_ts,
)
from connectors.mastodon import mapping
from connectors.mastodon.options import MastodonOptions
from connectors.mastodon.wire import ReportView

_SUPPLIES = {"review": Supply(vanishing=True)}
_REPORTS = "api/v1/admin/reports"

# Without `resolved` Mastodon lists unresolved reports alone. A report that is resolved while these are read shows up in
# the second list; one that is re-opened meanwhile, in the third.
_RESOLVED: dict[str, bool | None] = {"unresolved": None, "resolved": True, "reopened": None}

Reports = list[ReportView]
Params = dict[str, Any]


class MastodonSource:
    """One Mastodon server."""

    def __init__(self, options: MastodonOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth({"Authorization": f"Bearer {options.access_token.get_secret_value()}"})
        self._client = Client(options.base_url, context, auth=auth)
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:  # noqa: ARG002  there is one fact
        """Each list newest first, down to `max_age` before the slice: nothing tells when a report changed."""
        return in_stages({name: self._list(part, resolved) for name, resolved in _RESOLVED.items()}, part.position)

    def check(self) -> list[str]:
        """One report."""
        needs = "the scope admin:read:reports, for an account whose role may Manage Reports"
        return failures({needs: lambda: self._client.get(_REPORTS, {"limit": 1}, decode=Reports)})

    def _list(self, part: Slice, resolved: bool | None) -> Walk:  # noqa: FBT001  Mastodon's own parameter
        floor = None if part.start is None else part.start - self._options.max_age.ms

        def link(answer: Answer[Reports]) -> str | None:
            """Ids only follow the time of creation roughly: a whole page has to be too old."""
            ages = [parse_ts(report.created_at) for report in answer.body]
            return None if floor is not None and ages and max(ages) < floor else answer.next_link

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            params: Params = {"limit": 200, "resolved": resolved}
            for reports, token in by_link(self._client, _REPORTS, params, link, decode=Reports, start=start):
                if resolved and not all(report.action_taken for report in reports):
                    raise DataError(f"{self._context.name}: asked for resolved reports, Mastodon lists others too")
                yield mapping.reported(reports, self._options, part.end), token

        return walk
