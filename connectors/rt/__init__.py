"""Request Tracker 5 (REST2): tickets by their last change."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.rt.options import RtOptions


def _open(options: RtOptions, context: Context) -> Source:
    from connectors.rt.source import RtSource  # noqa: PLC0415  options are validated without the web layer

    return RtSource(options, context)


CONNECTOR = Connector(name="rt", version="1", options=RtOptions, open=_open)
