"""What one Request Tracker source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from connectors.api import HelpdeskOptions, HttpUrl, SecretStr, UserReport

Name = Annotated[str, Field(min_length=1)]


class RtReport(UserReport):
    """A ticket that reports another user is in `queue`, or has `value` in the custom field `field`."""

    queue: Name | None = None


class RtOptions(HelpdeskOptions):
    """`base_url`: where RT stands, without /REST/2.0. `resolved_statuses`: those of the queues' lifecycles."""

    base_url: HttpUrl
    token: SecretStr
    queues: tuple[Name, ...] = ()
    resolved_statuses: Annotated[tuple[Name, ...], Field(min_length=1)] = ("resolved", "closed")
    user_report: RtReport | None = None
    facts: tuple[Literal["ticket"], ...] | None = None
