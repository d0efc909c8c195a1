"""What one Stripe source is configured with."""

from __future__ import annotations

from typing import Literal

from connectors.api import FactOptions, HttpUrl, SecretStr


class StripeOptions(FactOptions):
    """`api_key`: a restricted key reading charges, disputes, Radar and events. `api_version` goes with each call."""

    api_key: SecretStr
    base_url: HttpUrl = "https://api.stripe.com"
    api_version: str = "2026-10-28.endive"
    facts: tuple[Literal["transaction"], ...] | None = None
