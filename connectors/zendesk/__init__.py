"""Zendesk Support: tickets from the incremental export, feedback from satisfaction ratings."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.zendesk.options import ZendeskOptions


def _open(options: ZendeskOptions, context: Context) -> Source:
    from connectors.zendesk.source import ZendeskSource  # noqa: PLC0415  options are validated without the web layer

    return ZendeskSource(options, context)


CONNECTOR = Connector(name="zendesk", version="1", options=ZendeskOptions, open=_open)
