"""What one Discourse source is configured with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connectors.api import FactOptions, HttpUrl, Length, SecretStr, parse_duration


class DiscourseOptions(FactOptions):
    """`types`: which kinds of reviewables count. `max_age`: how old one may be when something still happens to it.

    `automation`: names of accounts whose flags are a machine's assessment; left out, none is known.
    """

    base_url: HttpUrl
    api_key: SecretStr
    api_username: str = "system"
    types: tuple[str, ...] = Field(default=("ReviewableFlaggedPost",), min_length=1)
    max_age: Length = Field(default_factory=lambda: parse_duration("90d"))
    automation: tuple[str, ...] | None = None
    facts: tuple[Literal["review"], ...] | None = None
