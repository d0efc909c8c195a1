"""What one Zendesk source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from connectors.api import HelpdeskOptions, HostedOptions, HostName, SecretStr, UserReport


def _digits(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[str, BeforeValidator(_digits, json_schema_input_type=int | str), Field(pattern=r"^[0-9]+$")]
"""An id, written as a number or as text."""


class ZendeskReport(UserReport):
    """A ticket that reports another user bears `tag`, came by `form`, or has `value` in the custom field `field`."""

    field: Number | None = None
    tag: str | None = None
    form: Number | None = None


class ZendeskOptions(HostedOptions, HelpdeskOptions):
    """`in_app`: the app's own values of via.channel. `base_url` stands in for https://SUBDOMAIN.zendesk.com."""

    named_by = "subdomain"
    hosted_at = "https://{}.zendesk.com"

    subdomain: HostName | None = None
    email: str
    api_token: SecretStr
    user_report: ZendeskReport | None = None
    channel_field: Number | None = None
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None
