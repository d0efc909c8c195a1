"""Bluesky's Ozone: reviews from its report queue, members from its team."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.ozone.options import OzoneOptions


def _open(options: OzoneOptions, context: Context) -> Source:
    from connectors.ozone.source import OzoneSource  # noqa: PLC0415  options are validated without the web layer

    return OzoneSource(options, context)


CONNECTOR = Connector(name="ozone", version="1", options=OzoneOptions, open=_open)
