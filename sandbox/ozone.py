"""A moderation queue in Ozone's wire format, below `/ozone/xrpc/`.

Kept as they are there: `status` is required and takes one value; a report has no closedAt; muted reports are left out
unless asked for with isMuted=true (then only they come); reportedAfter and reportedBefore are strict on reports while
createdAfter and createdBefore are inclusive on activities; activities and events give a cursor with every non-empty
page, reports only while there is more; paging reports in ascending order skips and repeats rows of one instant.

Assumed, where the vendor's documentation is silent: a report's `subject` and `reporter` are
`{"type": "account"|"record", "subject": <did or at-uri>}`; an event's `subject` is a repoRef with `did` or a strongRef
with `uri` and `cid`; createdAfter and createdBefore are inclusive on events too; the bodies of errors are
`{"error", "message"}` with 401 AuthenticationRequired and 400 InvalidRequest; a member's cursor is its place.
Unknown parameters are ignored. Filters by did, subject type, collection, queue and assignee are not served.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import msgspec

from sandbox.company import Member
from sandbox.moderation import AUTOMOD, Activity, ModEvent, Report
from sandbox.rhythm import instant, iso_ms
from sandbox.wire import AsOf, BadRequestError, Reply, Request, basic, encode, limit, ok
from sandbox.world import World

USERNAME = "admin"
PASSWORD = "sandbox-ozone"  # noqa: S105  it guards nothing
_MOD = "tools.ozone.moderation.defs#"
_STATUSES = ("open", "closed", "escalated", "queued", "assigned")
_STATUS_AFTER = {"close": "closed", "reopen": "open", "escalate": "escalated", "assign": "assigned", "queue": "queued"}
_REPORT_CURSOR = 2

# (sort instant, id, record), ascending
Row = tuple[int, int, Any]


class _View(msgspec.Struct, frozen=True):
    """What the queue knows at one instant; `reports` by (status, sort field)."""

    reports: dict[tuple[str, str], list[Row]]
    activities: list[Row]
    events: list[Row]
    members: list[Member]
    bodies: dict[int, msgspec.Raw]


class Ozone:
    def __init__(self, world: World) -> None:
        self._world = world
        self._by_id = {report.id: report for report in world.reports}
        self._view = AsOf(self._look)
        self._methods: dict[str, Callable[[Request, int], Reply]] = {
            "tools.ozone.report.queryReports": self._reports,
            "tools.ozone.report.queryActivities": self._activities,
            "tools.ozone.moderation.queryEvents": self._events,
            "tools.ozone.team.listMembers": self._members,
        }

    def answer(self, request: Request, now: int) -> Reply:
        if request.headers.get("authorization") != basic(USERNAME, PASSWORD):
            return _error(401, "AuthenticationRequired", "Authentication Required")
        method = self._methods.get(request.path.removeprefix("/xrpc/"))
        if method is None:
            return _error(501, "MethodNotImplemented", "Method Not Implemented")
        try:
            return method(request, now)
        except (BadRequestError, ValueError) as error:
            return _error(400, "InvalidRequest", f"Error: {error}")

    def _look(self, now: int) -> _View:
        reports: dict[tuple[str, str], list[Row]] = {
            (status, field): [] for status in _STATUSES for field in ("createdAt", "updatedAt")
        }
        activities: list[Row] = []
        for report in self._world.reports:
            if report.created > now:
                break
            lived = [activity for activity in report.activities if activity.at <= now]
            status = _STATUS_AFTER[lived[-1].kind] if lived else "open"
            updated = lived[-1].at if lived else report.created
            reports[status, "createdAt"].append((report.created, report.id, report))
            reports[status, "updatedAt"].append((updated, report.id, report))
            activities += ((activity.at, activity.id, activity) for activity in lived)
        for status in _STATUSES:
            reports[status, "updatedAt"].sort(key=itemgetter(0, 1))
        activities.sort(key=itemgetter(0, 1))
        events = [(event.at, event.id, event) for event in self._world.events if event.at <= now]
        members = [member for member in self._world.members if member.joined <= now]
        return _View(reports, activities, events, members, {})

    def _reports(self, request: Request, now: int) -> Reply:
        status = request.one("status")
        if status not in _STATUSES:
            raise BadRequestError(f'Params must have the property "status", one of {", ".join(_STATUSES)}')
        field = request.one("sortField") or "createdAt"
        if field not in {"createdAt", "updatedAt"}:
            raise BadRequestError("sortField must be createdAt or updatedAt")
        size = limit(request.one("limit"), 50, 100)
        rows = self._view.at(now).reports[status, field]
        wanted = _report_filter(request)
        ordered = _after_report_cursor(rows, request.one("sortDirection") or "desc", request.one("cursor"))
        page: list[Row] = []
        for row in ordered:
            if wanted(row[2]):
                page.append(row)
                if len(page) > size:
                    break
        more, page = len(page) > size, page[:size]
        found: dict[str, object] = {"reports": [self._report(row[2], now) for row in page]}
        if more:
            found["cursor"] = f"{iso_ms(page[-1][0])}::{page[-1][1]}"
        return ok(found)

    def _report(self, report: Report, now: int) -> msgspec.Raw:
        bodies = self._view.at(now).bodies
        body = bodies.get(report.id)
        if body is None:
            body = bodies[report.id] = msgspec.Raw(encode(_report_view(report, now)))
        return body

    def _activities(self, request: Request, now: int) -> Reply:
        types = {name.removesuffix("Activity") for name in request.query.get("activityTypes", ())}
        rows = _between(self._view.at(now).activities, request)
        chosen = (row for row in _after_cursor(rows, request) if not types or row[2].kind in types)
        page = _take(chosen, limit(request.one("limit"), 50, 100))
        found = {"activities": [self._activity(row[2], now) for row in page]}
        return ok(found | _cursor(page))

    def _activity(self, activity: Activity, now: int) -> dict[str, object]:
        report = self._by_id[activity.report]
        return {
            "id": activity.id,
            "reportId": activity.report,
            "activity": {
                "$type": f"tools.ozone.report.defs#{activity.kind}Activity",
                "previousStatus": _status_before(report, activity),
            },
            "isAutomated": activity.automated,
            "createdBy": activity.by,
            "report": self._report(report, now),
            "createdAt": iso_ms(activity.at),
        }

    def _events(self, request: Request, now: int) -> Reply:
        types = set(request.query.get("types", ()))
        tools = set(request.query.get("modTool", ()))
        author = request.one("createdBy")
        subject = request.one("subject")

        def wanted(event: ModEvent) -> bool:
            return (
                (not types or _MOD + event.kind in types)
                and (not tools or event.tool in tools)
                and (author is None or event.by == author)
                and (subject is None or event.subject == subject)
            )

        rows = _between(self._view.at(now).events, request)
        page = _take(
            (row for row in _after_cursor(rows, request) if wanted(row[2])), limit(request.one("limit"), 50, 100)
        )
        return ok({"events": [_event_view(row[2]) for row in page]} | _cursor(page))

    def _members(self, request: Request, now: int) -> Reply:
        roles = set(request.query.get("roles", ()))
        disabled = request.one("disabled")
        found = [
            view
            for view in (_member_view(member, now) for member in self._view.at(now).members)
            if (not roles or view["role"] in roles) and (disabled is None or view["disabled"] == (disabled == "true"))
        ]
        size, start = limit(request.one("limit"), 50, 100), int(request.one("cursor") or 0)
        page: dict[str, object] = {"members": found[start : start + size]}
        if start + size < len(found):
            page["cursor"] = str(start + size)
        return ok(page)


def _error(status: int, name: str, message: str) -> Reply:
    return Reply(status, encode({"error": name, "message": message}))


def _report_filter(request: Request) -> Callable[[Report], bool]:
    muted = request.one("isMuted") == "true"
    after, before = request.one("reportedAfter"), request.one("reportedBefore")
    lower = instant(after) if after else None
    upper = instant(before) if before else None
    subject = request.one("subject")
    reasons = set(request.query.get("reportTypes", ()))

    def wanted(report: Report) -> bool:
        return (
            report.muted == muted
            and (lower is None or report.created > lower)
            and (upper is None or report.created < upper)
            and (subject is None or report.subject == subject)
            and (not reasons or report.reason in reasons)
        )

    return wanted


def _after_report_cursor(rows: list[Row], direction: str, cursor: str | None) -> Iterable[Row]:
    """Rows still to come. In ascending order rows of one instant come with falling ids, yet the cursor asks for higher
    ids: so does the real server, and loses rows when many reports were closed at one instant."""
    parts = cursor.split("::") if cursor else []
    if parts and (len(parts) != _REPORT_CURSOR or not parts[1].isdigit()):
        raise BadRequestError("Malformed cursor")
    if direction == "desc":
        end = bisect_left(rows, (instant(parts[0]), int(parts[1])), key=itemgetter(0, 1)) if parts else len(rows)
        return (rows[i] for i in range(end - 1, -1, -1))
    ordered = sorted(rows, key=lambda row: (row[0], -row[1]))
    if not parts:
        return ordered
    at, last = instant(parts[0]), int(parts[1])
    return (row for row in ordered if row[0] > at or (row[0] == at and row[1] > last))


def _between(rows: list[Row], request: Request) -> list[Row]:
    after, before = request.one("createdAfter"), request.one("createdBefore")
    start = bisect_left(rows, instant(after), key=itemgetter(0)) if after else 0
    end = bisect_left(rows, instant(before) + 1, key=itemgetter(0)) if before else len(rows)
    return rows[start:end]


def _after_cursor(rows: list[Row], request: Request) -> Iterable[Row]:
    """Rows still to come, after a cursor `<ms>::<id>`; newest first unless asked otherwise."""
    cursor = request.one("cursor")
    parts = [int(part) for part in cursor.split("::")] if cursor else []
    if request.one("sortDirection") == "asc":
        start = bisect_left(rows, (parts[0], parts[1] + 1), key=itemgetter(0, 1)) if parts else 0
        return (rows[i] for i in range(start, len(rows)))
    end = bisect_left(rows, (parts[0], parts[1]), key=itemgetter(0, 1)) if parts else len(rows)
    return (rows[i] for i in range(end - 1, -1, -1))


def _take(rows: Iterable[Row], size: int) -> list[Row]:
    return [row for row, _ in zip(rows, range(size), strict=False)]


def _cursor(page: list[Row]) -> dict[str, str]:
    return {"cursor": f"{page[-1][0]}::{page[-1][1]}"} if page else {}


def _status_before(report: Report, activity: Activity) -> str:
    place = report.activities.index(activity)
    return _STATUS_AFTER[report.activities[place - 1].kind] if place else "open"


def _subject_view(subject: str) -> dict[str, str]:
    return {"type": "record" if subject.startswith("at://") else "account", "subject": subject}


def _report_view(report: Report, now: int) -> dict[str, object]:
    lived = [activity for activity in report.activities if activity.at <= now]
    view: dict[str, object] = {
        "id": report.id,
        "eventId": report.event,
        "status": _STATUS_AFTER[lived[-1].kind] if lived else "open",
        "subject": _subject_view(report.subject),
        "reportType": report.reason,
        "reportedBy": report.reporter,
        "reporter": _subject_view(report.reporter),
        "createdAt": iso_ms(report.created),
        "isMuted": report.muted,
        "isAutomated": report.automated,
    }
    if lived:
        view["updatedAt"] = iso_ms(lived[-1].at)
    queued = next((activity for activity in lived if activity.kind == "queue"), None)
    if queued:
        view["queuedAt"] = iso_ms(queued.at)
    assigned = next((activity for activity in reversed(lived) if activity.kind == "assign"), None)
    if assigned:
        view["assignment"] = {"did": assigned.by, "assignedAt": iso_ms(assigned.at)}
    return view


def _event_view(event: ModEvent) -> dict[str, object]:
    body: dict[str, object] = {"$type": _MOD + event.kind}
    if event.kind == "modEventReport":
        body |= {"reportType": "tools.ozone.report.defs#reasonOther", "isReporterMuted": event.muted}
    elif event.kind == "modEventTag":
        body |= {"add": ["automod:spam"], "remove": []}
    elif event.kind == "modEventLabel":
        body |= {"createLabelVals": ["spam"], "negateLabelVals": []}
    elif event.kind == "modEventPriorityScore":
        body |= {"score": 20 + event.id % 80}
    if event.subject.startswith("at://"):
        subject = {"$type": "com.atproto.repo.strongRef", "uri": event.subject, "cid": f"bafyrei{event.id:052}"}
    else:
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": event.subject}
    return {
        "id": event.id,
        "event": body,
        "subject": subject,
        "subjectBlobCids": [],
        "createdBy": event.by,
        "createdAt": iso_ms(event.at),
        "modTool": {"name": event.tool},
    }


def _member_view(member: Member, now: int) -> dict[str, object]:
    left = member.left if member.left is not None and member.left <= now else None
    return {
        "did": member.did,
        "disabled": left is not None,
        "role": f"tools.ozone.team.defs#{member.role}",
        "createdAt": iso_ms(member.joined),
        "updatedAt": iso_ms(left if left is not None else member.joined),
        "lastUpdatedBy": AUTOMOD,
    }
