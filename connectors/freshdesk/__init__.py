"""Freshdesk: tickets by their last change, feedback from satisfaction surveys."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.freshdesk.options import FreshdeskOptions


def _open(options: FreshdeskOptions, context: Context) -> Source:
    from connectors.freshdesk.source import FreshdeskSource  # noqa: PLC0415  options are validated without the web

    return FreshdeskSource(options, context)


CONNECTOR = Connector(name="freshdesk", version="1", options=FreshdeskOptions, open=_open)
