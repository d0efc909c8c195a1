"""What one Freshdesk source is configured with."""

from __future__ import annotations

from typing import Literal

from connectors.api import HelpdeskOptions, HostedOptions, HostName, SecretStr, UserReport


class FreshdeskReport(UserReport):
    """A ticket that reports another user bears `tag`, is of `type`, or has `value` in the custom field `field`."""

    tag: str | None = None
    type: str | None = None


class FreshdeskOptions(HostedOptions, HelpdeskOptions):
    """`in_app`: sources by name (widget, chat, source_101). `base_url` stands in for https://DOMAIN.freshdesk.com."""

    named_by = "domain"
    hosted_at = "https://{}.freshdesk.com"

    domain: HostName | None = None
    api_key: SecretStr
    user_report: FreshdeskReport | None = None
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None
