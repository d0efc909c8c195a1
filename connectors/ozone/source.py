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
from connectors.ozone.wire import ActivityPage, EventPage, EventView, MemberPage, ReportPage

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
_EVENT = "tools.ozone.moderation.defs#modEvent"
_FILED = [f"{_EVENT}Report"]
_SETTLED = [f"{_EVENT}{kind}" for kind in ("Acknowledge", "Takedown", "Label", "ReverseTakedown")]
_ASSESSED = [f"{_EVENT}{kind}" for kind in ("Tag", "Label", "PriorityScore", "Report")]
_REPORTS, _ACTIVITIES = "report.queryReports", "report.queryActivities"
_EVENTS, _TEAM = "moderation.queryEvents", "team.listMembers"


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
        yield from in_stages(stages, part.position)

    def check(self) -> list[str]:
        """One report, activity, event or member each."""
        one = {"limit": 1}
        needs: dict[str, Callable[[], object]] = {}
        if "review" in self.supplies:
            needs["a moderator's access to reports"] = self._has_reports
            needs["a moderator's access to report activities"] = self._has_activities
            needs["a moderator's access to moderation events"] = lambda: self._get(_EVENTS, one, EventPage)
        if "member" in self.supplies:
            needs["access to the list of team members"] = lambda: self._get(_TEAM, one, MemberPage)
        return failures(needs)

    def _has_reports(self) -> bool:
        """The report API came with Ozone's versions of March 2026, one method after the other."""
        return self._is_there(_REPORTS, {"status": "open", "limit": 1}, ReportPage)

    def _has_activities(self) -> bool:
        return self._is_there(_ACTIVITIES, {"limit": 1}, ActivityPage)

    def _reviews(self, part: Slice) -> dict[str, Walk]:
        """By the report API where there is all of it; an older Ozone knows reports by their events alone."""
        whole = self._has_reports() and self._has_activities()
        stages = self._by_reports(part) if whole else self._by_events(part)
        if self._options.tools:
            stages["assessments"] = self._assessments({"modTool": self._options.tools}, part)
        return stages | {did: self._assessments({"createdBy": did}, part) for did in self._options.services}

    def _by_reports(self, part: Slice) -> dict[str, Walk]:
        stages = {stage: self._reports(status, part) for stage, status in _STATUSES.items()}
        return stages | {"decisions": self._decisions(part)}

    def _by_events(self, part: Slice) -> dict[str, Walk]:
        return {
            "filed": self._events(_FILED, {}, part, mapping.filed),
            "settled": self._events(_SETTLED, {}, part, lambda events: mapping.settled(events, self._options)),
        }

    def _reports(self, status: str, part: Slice) -> Walk:
        params = {
            "status": status,
            "reportedAfter": None if part.start is None else iso(part.start - 1),  # both bounds are exclusive
            "reportedBefore": iso(part.end),
        }
        return self._list(_REPORTS, params, ReportPage, lambda page: mapping.reported(page.reports))

    def _decisions(self, part: Slice) -> Walk:
        params = {"activityTypes": ["closeActivity"], **_created(part)}
        services = self._options.services
        return self._list(_ACTIVITIES, params, ActivityPage, lambda page: mapping.decided(page.activities, services))

    def _assessments(self, chosen: Params, part: Slice) -> Walk:
        def assessed(events: list[EventView]) -> Page:
            if "modTool" in chosen and any(event.mod_tool is None for event in events):
                raise ConfigError(
                    f"{self._context.name}: this Ozone is too old to tell which tool made an event: name the DIDs of "
                    "services in `automation` instead of mod tools"
                )
            return mapping.assessed(events)

        return self._events(_ASSESSED, chosen, part, assessed)

    def _events(self, types: list[str], chosen: Params, part: Slice, mapped: Callable[[list[EventView]], Page]) -> Walk:
        params = {**chosen, "types": types, **_created(part)}
        return self._list(_EVENTS, params, EventPage, lambda page: mapped(page.events))

    def _members(self) -> Walk:
        services = self._options.services
        return self._list(_TEAM, {}, MemberPage, lambda page: mapping.team(page.members, services))

    def _list(self, method: str, params: Params, kind: type[P], mapped: Callable[[P], Page]) -> Walk:
        def fetch(cursor: str | None) -> P:
            return self._get(method, {**params, "limit": 100, "cursor": cursor}, kind)

        def walk(start: str | None) -> Iterator[tuple[Page, str | None]]:
            for page, cursor in by_cursor(self._context, fetch, lambda page: page.following, start=start):
                yield mapped(page), cursor

        return walk

    def _get(self, method: str, params: Params, kind: type[P]) -> P:
        return self._client.get(f"xrpc/tools.ozone.{method}", params, decode=kind)

    def _is_there(self, method: str, params: Params, kind: type[_Paged]) -> bool:
        try:
            self._client.get(f"xrpc/tools.ozone.{method}", params, decode=kind)
        except NoSuchPathError:
            return False
        return True


def _created(part: Slice) -> Params:
    """Both bounds are inclusive here."""
    return {
        "createdAfter": None if part.start is None else iso(part.start),
        "createdBefore": iso(part.end - 1),
    }
