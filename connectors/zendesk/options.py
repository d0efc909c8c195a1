"""What one Zendesk source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connectors.api import FactOptions, Options, SecretStr


class UserReport(Options):
    """How a ticket that reports another user is told from the rest: it bears `tag`."""

    tag: str


class ZendeskOptions(FactOptions):
    """`in_app`: the values of via.channel that are the app's own. `base_url` stands in for https://SUBDOMAIN.zendesk.com."""

    subdomain: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = None
    base_url: str | None = None
    email: str
    api_token: SecretStr
    user_report: UserReport | None = None
    in_app: tuple[str, ...] = ()
    facts: tuple[Literal["ticket", "feedback"], ...] | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.subdomain is None and self.base_url is None:
            raise ValueError("subdomain is missing: give the SUBDOMAIN of https://SUBDOMAIN.zendesk.com, or base_url")
        return self

    @property
    def address(self) -> str:
        """Where the API stands."""
        return self.base_url or f"https://{self.subdomain}.zendesk.com"
