"""What one PostHog source is configured with."""

from __future__ import annotations

from pydantic import Field

from connectors.api import HttpUrl, SecretStr
from connectors.queries import QueryOptions


class PosthogOptions(QueryOptions):
    """`project`: the number in the project's address. `base_url`: https://eu.posthog.com for the EU, or one's own."""

    base_url: HttpUrl = "https://us.posthog.com"
    project: int = Field(gt=0)
    api_key: SecretStr
