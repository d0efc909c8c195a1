"""Ozone's answers, cut down to the fields that are used.

Lexicons: tools.ozone.report.{queryReports,queryActivities}, tools.ozone.moderation.queryEvents,
tools.ozone.team.listMembers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Wire(msgspec.Struct, frozen=True, rename="camel"):
    """Field names as there: created_at is createdAt."""


class SubjectView(_Wire, frozen=True):
    """`subject` is an at-uri or a DID."""

    subject: str


class QueueView(_Wire, frozen=True):
    name: str


class ReportView(_Wire, frozen=True):
    """There is no closedAt in it, and updatedAt moves with any later write. `event_id`: of the event that filed it."""

    id: int
    subject: SubjectView
    created_at: Moment
    event_id: int | None = None
    queue: QueueView | None = None
    is_muted: bool = False
    is_automated: bool = False


class ReportPage(_Wire, frozen=True):
    reports: list[ReportView]
    cursor: str | None = None

    @property
    def following(self) -> str | None:
        return self.cursor


class ActivityView(_Wire, frozen=True):
    id: int
    report_id: int
    is_automated: bool
    created_by: str
    created_at: Moment
    report: ReportView | None = None


class ActivityPage(_Wire, frozen=True):
    activities: list[ActivityView]
    cursor: str | None = None

    @property
    def following(self) -> str | None:
        """The last page has a cursor too: the end is an empty page."""
        return self.cursor if self.activities else None


class EventBody(_Wire, frozen=True):
    type: str = msgspec.field(name="$type")
    is_reporter_muted: bool = False


class EventSubject(_Wire, frozen=True):
    """A repoRef or messageRef has `did`, a strongRef `uri`."""

    did: str | None = None
    uri: str | None = None


class ModTool(_Wire, frozen=True):
    name: str


class EventView(_Wire, frozen=True):
    id: int
    event: EventBody
    subject: EventSubject
    created_by: str
    created_at: Moment
    mod_tool: ModTool | None = None


class EventPage(_Wire, frozen=True):
    events: list[EventView]
    cursor: str | None = None

    @property
    def following(self) -> str | None:
        """Like activities, the last page has a cursor too."""
        return self.cursor if self.events else None


class MemberView(_Wire, frozen=True):
    """Only `did` and `role` are promised."""

    did: str
    role: str
    disabled: bool = False
    created_at: Moment | None = None


class MemberPage(_Wire, frozen=True):
    members: list[MemberView]
    cursor: str | None = None

    @property
    def following(self) -> str | None:
        return self.cursor
