"""Intercom: conversations by their last change as tickets, their ratings as feedback."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.intercom.options import IntercomOptions


def _open(options: IntercomOptions, context: Context) -> Source:
    from connectors.intercom.source import IntercomSource  # noqa: PLC0415  options are validated without the web layer

    return IntercomSource(options, context)


CONNECTOR = Connector(name="intercom", version="1", options=IntercomOptions, open=_open)
