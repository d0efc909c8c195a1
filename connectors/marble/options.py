"""What one Marble source is configured with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from connectors.api import FactOptions, HttpUrl, Length, SecretStr, parse_duration


class MarbleOptions(FactOptions):
    """`scenario`: the id of the one that judges sign-ups. `max_age`: how old one may be when its verdict changes."""

    base_url: HttpUrl = "https://api.checkmarble.com"
    api_key: SecretStr
    scenario: Annotated[str, Field(min_length=1)]
    max_age: Length = Field(default_factory=lambda: parse_duration("90d"))
    facts: tuple[Literal["account"], ...] | None = None
