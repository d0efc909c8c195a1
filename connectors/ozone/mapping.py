"""Ozone's words in ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from connectors.api import DataError, Member, Page, Review, Signal, parse_ts
from connectors.ozone.options import OzoneOptions
from connectors.ozone.wire import ActivityView, EventView, MemberView, ReportView

_LABEL = "#modEventLabel"
_REVIEWERS = ("#roleAdmin", "#roleModerator", "#roleTriage")


def reported(reports: Iterable[ReportView]) -> Page:
    """Rows of reports, and for those that a machine filed the assessment that they are."""
    kept = [report for report in reports if not report.is_muted]
    return Page(
        facts=[_review(report) for report in kept], signals=_filed_by_machines(kept), retracted=_known_by_events(kept)
    )


def decided(activities: Iterable[ActivityView], services: Collection[str]) -> Page:
    """Decisions, and the rows of their reports, which may be older than the slice."""
    known = [activity for activity in activities if activity.report is None or not activity.report.is_muted]
    reports = [activity.report for activity in known if activity.report is not None]
    decisions = [_decision(activity, services) for activity in known]
    return Page(
        facts=[_review(report) for report in reports],
        signals=decisions + _filed_by_machines(reports),
        retracted=_known_by_events(reports),
    )


def filed(events: Iterable[EventView]) -> Page:
    """Reviews of an Ozone that knows of reports by their events alone; a muted reporter's leaves the queue as it is."""
    return Page(
        facts=[
            Review(id=_by_event(event.id), reported_at=parse_ts(event.created_at), subject=_subject(event))
            for event in events
            if not event.event.is_reporter_muted
        ]
    )


def settled(events: Iterable[EventView], options: OzoneOptions) -> Page:
    """What was decided on subjects, and with that on every report of them that was open."""
    return Page(signals=[told for event in events if (told := _settlement(event, options)) is not None])


def assessed(events: Iterable[EventView]) -> Page:
    """Assessments by automation. A report by a muted reporter leaves the queue as it is, and does not count."""
    return Page(signals=[_assessment(event) for event in events if not event.event.is_reporter_muted])


def team(members: Iterable[MemberView], services: Collection[str]) -> Page:
    """The people who review."""
    people = [member for member in members if member.role.endswith(_REVIEWERS) and member.did not in services]
    return Page(facts=[_member(person) for person in people])


def _member(person: MemberView) -> Member:
    joined = None if person.created_at is None else parse_ts(person.created_at)
    return Member(id=person.did, active=not person.disabled, joined_at=joined)


def _review(report: ReportView) -> Review:
    return Review(
        id=str(report.id),
        reported_at=parse_ts(report.created_at),
        queue=None if report.queue is None else report.queue.name,
        subject=report.subject.subject,
    )


def _filed_by_machines(reports: Iterable[ReportView]) -> list[Signal]:
    return [
        Signal(kind="assessment", id=f"report:{report.id}", ref=report.subject.subject, at=parse_ts(report.created_at))
        for report in reports
        if report.is_automated
    ]


def _decision(activity: ActivityView, services: Collection[str]) -> Signal:
    automated = activity.is_automated or activity.created_by in services
    return Signal(
        kind="decision",
        id=f"activity:{activity.id}",
        ref=str(activity.report_id),
        at=parse_ts(activity.created_at),
        value="automation" if automated else "human",
    )


def _assessment(event: EventView) -> Signal:
    return Signal(kind="assessment", id=_by_event(event.id), ref=_subject(event), at=parse_ts(event.created_at))


def _settlement(event: EventView, options: OzoneOptions) -> Signal | None:
    """A machine's label assesses a subject, and leaves it in the queue."""
    tool = None if event.mod_tool is None else event.mod_tool.name
    automated = event.created_by in options.services or tool in options.tools
    if automated and event.event.type.endswith(_LABEL):
        return None
    value = "automation" if automated else "human"
    at = parse_ts(event.created_at)
    return Signal(kind="settlement", id=_by_event(event.id), ref=_subject(event), at=at, value=value)


def _subject(event: EventView) -> str:
    subject = event.subject.uri or event.subject.did
    if subject is None:
        raise DataError(f"Ozone's event {event.id} has a subject with neither uri nor did - at `$.events[...].subject`")
    return subject


def _known_by_events(reports: Iterable[ReportView]) -> list[str]:
    """What these reports were called before Ozone was upgraded to its report API."""
    return [_by_event(report.event_id) for report in reports if report.event_id is not None]


def _by_event(event_id: int) -> str:
    return f"event:{event_id}"
