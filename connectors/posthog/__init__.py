"""PostHog: the answer to a metric's own HogQL query."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.posthog.options import PosthogOptions


def _open(options: PosthogOptions, context: Context) -> Source:
    from connectors.posthog.source import PosthogSource  # noqa: PLC0415  options are validated without the web layer

    return PosthogSource(options, context)


CONNECTOR = Connector(name="posthog", version="1", options=PosthogOptions, open=_open)
