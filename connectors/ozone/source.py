"""Reading Ozone: reports by status, decisions, machine assessments, the team."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from connectors.api import (
    Auth,
    Client,
    ConfigError,
    Context,
    NoSuchPathError,
    Page,
    Slice,
    Supply,
    Walk,
    by_cursor,
    failures,
    in_stages,
    iso,
)
from connectors.ozone import mapping
from connectors.ozone.options import OzoneOptions
from connectors.ozone.wire import ActivityPage, EventPage, MemberPage, ReportPage

_DAY = 86_400_000
_SUPPLIES = {"review": Supply(lookback=_DAY, signals=True), "member": Supply(everything=True)}

# A report that moves on while the lists are read shows up in a later one. `reopened` is the list of open ones a second
# time, for a report that went back from escalated; one that was reopened after a decision comes with that decision.
_STATUSES = {
    "open": "open",
    "queued": "queued",
    "assigned": "assigned",
    "escalated": "escalated",
    "closed": "closed",
    "reopened": "open",
}
_ASSESSMENTS = [
    f"tools.ozone.moderation.defs#{kind}"
    for kind in ("modEventTag", "modEventLabel", "modEventPriorityScore", "modEventReport")
]


class _Paged(Protocol):
    @property
    def following(self) -> str | None: ...


P = TypeVar("P", bound=_Paged)
Params = dict[str, Any]


class OzoneSource:
    """One Ozone service."""

    def __init__(self, options: OzoneOptions, context: Context) -> None:
        self._options, self._context = options, context
        auth = Auth.basic(options.username, options.password.get_secret_value())
        self._client = Client(options.base_url, context, auth=auth)
        self.supplies = options.limited(_SUPPLIES)

    def pull(self, fact: str, part: Slice) -> Iterator[Page]:
        """Everything newest first: ascending, Ozone skips reports of one and the same instant between two pages."""
        stages = {"members": self._members()} if fact == "member" else self._reviews(part)
        return in_stages(stages, part.position)

    def check(self) -> list[str]:
        """One report, activity, event or member each."""
        one = {"limit": 1}
        needs: dict[str, Callable[[], object]] = {}
        if "review" in self.supplies:
            needs["a moderator's access to reports"] = lambda: self._get(
                "report.queryReports", {"status": "open", **one}, ReportPage
            )
            needs["a moderator's access to report activities"] = lambda: self._get(
                "report.queryActivities", one, ActivityPage
            )
            needs["a moderator's access to moderation events"] = lambda: self._get(
                "moderation.queryEvents", one, EventPage
            )
        if "member" in self.supplies:
            needs["access to the list of team members"] = lambda: self._get("team.listMembers", one, MemberPage)
        return failures(needs)

    def _reviews(self, part: Slice) -> dict[str, Walk]:
        stages = {stage: self._reports(status, part) for stage, status in _STATUSES.items()}
        stages["decisions"] = self._decisions(part)
        if self._options.tools:
            stages["assessments"] = self._assessments({"modTool": self._options.tools}, part)
        return stages | {did: self._assessments({"createdBy": did}, part) for did in self._options.services}

    def _reports(self, status: str, part: Slice) -> Walk:
        params = {
            "status": status,
            "reportedAfter": None if part.start is None else iso(part.start - 1),  # both bounds are exclusive
            "reportedBefore": iso(part.end),
        }
        return self._list("report.queryReports", params, ReportPage, lambda page: mapping.reported(page.reports))

    def _decisions(self, part: Slice) -> Walk:
        params = {"activityTypes": ["closeActivity"], **_created(part)}
        services = self._options.services
        return self._list(
            "report.queryActivities", params, ActivityPage, lambda page: mapping.decided(page.activities, services)
        )

    def _assessments(self, chosen: Params, part: Slice) -> Walk:
        params = {**chosen, "types": _ASSESSMENTS, **_created(part)}
        return self._list("moderation.queryEvents", params, EventPage, lambda page: mapping.assessed(page.events))

    def _members(self) -> Walk:
        services = self._options.services
        return self._list("team.listMembers", {}, MemberPage, lambda page: mapping.team(page.members, services))

    def _list(self, method: str, params: Params, kind: type[P], mapped: Callable[[P], Page]) -> Walk:
        def fetch(cursor: str | None) -> P:
            return self._get(method, {**params, "limit": 100, "cursor": cursor}, kind)

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            for page, cursor in by_cursor(self._context, fetch, lambda page: page.following, start=start):
                yield mapped(page), cursor

        return walk

    def _get(self, method: str, params: Params, kind: type[P]) -> P:
        try:
            return self._client.get(f"xrpc/tools.ozone.{method}", params, decode=kind)
        except NoSuchPathError:
            if not method.startswith("report."):
                raise
            raise ConfigError(
                f"{self._context.name}: there is no tools.ozone.{method} at base_url: this Ozone is older than its "
                "report API of March 2026 and must be upgraded, or base_url is not an Ozone"
            ) from None


def _created(part: Slice) -> Params:
    """Both bounds are inclusive here."""
    return {
        "createdAfter": None if part.start is None else iso(part.start),
        "createdBefore": iso(part.end - 1),
    }
