"""What one Mastodon source is configured with."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from connectors.api import FactOptions, HttpUrl, Length, SecretStr, parse_duration


class MastodonOptions(FactOptions):
    """`max_age`: how old a report may be when something still happens to it. `remote`: reports by other servers."""

    base_url: HttpUrl
    access_token: SecretStr
    max_age: Length = Field(default_factory=lambda: parse_duration("90d"))
    remote: Literal["keep", "exclude"] = "keep"
    facts: tuple[Literal["review"], ...] | None = None
