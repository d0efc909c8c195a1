"""What one Jira Service Management source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from connectors.api import HelpdeskOptions, HostedOptions, HostName, SecretStr, UserReport

CustomField = Annotated[str, Field(pattern=r"^customfield_[0-9]+$")]
Project = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]+$")]


class JiraReport(UserReport):
    """A request that reports another user bears `label`, is of `issue_type`, or has `value` in the custom `field`.

    The request type is such a field too.
    """

    field: CustomField | None = None
    label: str | None = None
    issue_type: str | None = None


class JiraOptions(HostedOptions, HelpdeskOptions):
    """`projects`: keys of the service projects. `base_url` stands in for https://SITE.atlassian.net."""

    named_by = "site"
    hosted_at = "https://{}.atlassian.net"

    site: HostName | None = None
    email: str
    api_token: SecretStr
    projects: Annotated[tuple[Project, ...], Field(min_length=1)]
    user_report: JiraReport | None = None
    channel_field: CustomField | None = None
    facts: tuple[Literal["ticket"], ...] | None = None
