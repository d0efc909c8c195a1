"""What one Prometheus source is configured with."""

from __future__ import annotations

from connectors.api import HttpUrl
from connectors.queries import QueryOptions
from connectors.rest.options import AuthOptions


class PrometheusOptions(QueryOptions):
    """`base_url`: what stands before /api/v1. `auth` as for the rest connector, for what stands in front of it."""

    base_url: HttpUrl
    auth: AuthOptions | None = None
