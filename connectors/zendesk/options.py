"""What one Zendesk source is configured with."""

from __future__ import annotations

from typing import Literal

from connectors.api import FactOptions, HostedOptions, HostName, Options, SecretStr


class UserReport(Options):
    """How a ticket that reports another user is told from the rest: it bears `tag`."""

    tag: str


class ZendeskOptions(HostedOptions, FactOptions):
    """`in_app`: the values of via.channel that are the app's own. `base_url` stands in for https://SUBDOMAIN.zendesk.com."""

    named_by = "subdomain"
    hosted_at = "https://{}.zendesk.com"

    subdomain: HostName | None = None
    email: str
    api_token: SecretStr
    user_report: UserReport | None = None
    in_app: tuple[str, ...] = ()
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None
