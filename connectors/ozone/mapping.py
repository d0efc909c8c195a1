"""Ozone's words in ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from connectors.api import DataError, Member, Page, Review, Signal, parse_ts
from connectors.ozone.wire import ActivityView, EventView, MemberView, ReportView

_REVIEWERS = ("#roleAdmin", "#roleModerator", "#roleTriage")


def reported(reports: Iterable[ReportView]) -> Page:
    """Rows of reports, and for those that a machine filed the assessment that they are."""
    kept = [report for report in reports if not report.is_muted]
    return Page(facts=[_review(report) for report in kept], signals=_filed_by_machines(kept))


def decided(activities: Iterable[ActivityView], services: Collection[str]) -> Page:
    """Decisions, and the rows of their reports, which may be older than the slice."""
    known = [activity for activity in activities if activity.report is None or not activity.report.is_muted]
    reports = [activity.report for activity in known if activity.report is not None]
    decisions = [_decision(activity, services) for activity in known]
    return Page(facts=[_review(report) for report in reports], signals=decisions + _filed_by_machines(reports))


def assessed(events: Iterable[EventView]) -> Page:
    """Assessments by automation. A report by a muted reporter leaves the queue as it is, and does not count."""
    return Page(signals=[_assessment(event) for event in events if not event.event.is_reporter_muted])


def team(members: Iterable[MemberView], services: Collection[str]) -> Page:
    """The people who review."""
    return Page(
        facts=[
            Member(id=member.did, active=not member.disabled, joined_at=parse_ts(member.created_at))
            for member in members
            if member.role.endswith(_REVIEWERS) and member.did not in services
        ]
    )


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
    subject = event.subject.uri or event.subject.did
    if subject is None:
        raise DataError(f"Ozone's event {event.id} has a subject with neither uri nor did - at `$.events[...].subject`")
    return Signal(kind="assessment", id=f"event:{event.id}", ref=subject, at=parse_ts(event.created_at))
