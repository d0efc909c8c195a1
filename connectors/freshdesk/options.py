"""What one Freshdesk source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connectors.api import HelpdeskOptions, SecretStr, UserReport


class FreshdeskReport(UserReport):
    """A ticket that reports another user bears `tag`, is of `type`, or has `value` in the custom field `field`."""

    tag: str | None = None
    type: str | None = None


class FreshdeskOptions(HelpdeskOptions):
    """`in_app`: sources by name (widget, chat, source_101). `base_url` stands in for https://DOMAIN.freshdesk.com."""

    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    api_key: SecretStr
    user_report: FreshdeskReport | None = None
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.domain is None and self.base_url is None:
            raise ValueError("domain is missing: give the DOMAIN of https://DOMAIN.freshdesk.com, or base_url")
        return self

    @property
    def address(self) -> str:
        """Where the API stands."""
        return self.base_url or f"https://{self.domain}.freshdesk.com"
