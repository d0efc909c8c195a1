"""What one Intercom source is configured with."""

from __future__ import annotations

from typing import Literal

from connectors.api import HelpdeskOptions, HttpUrl, SecretStr, UserReport

_ADDRESSES = {"us": "https://api.intercom.io", "eu": "https://api.eu.intercom.io", "au": "https://api.au.intercom.io"}


class IntercomReport(UserReport):
    """A conversation that reports another user bears `tag`, or has `value` in the custom attribute `field`."""

    tag: str | None = None


class IntercomOptions(HelpdeskOptions):
    """`in_app`: values of source.type (conversation is the messenger). `region`: where the workspace is hosted."""

    base_url: HttpUrl | None = None
    access_token: SecretStr
    region: Literal["us", "eu", "au"] = "us"
    user_report: IntercomReport | None = None
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None

    @property
    def address(self) -> str:
        """Where the API stands."""
        return self.base_url or _ADDRESSES[self.region]
