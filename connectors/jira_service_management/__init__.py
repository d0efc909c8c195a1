"""Jira Service Management (Cloud): requests by their last change as tickets."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.jira_service_management.options import JiraOptions


def _open(options: JiraOptions, context: Context) -> Source:
    from connectors.jira_service_management.source import JiraSource  # noqa: PLC0415  options need no web layer

    return JiraSource(options, context)


CONNECTOR = Connector(name="jira_service_management", version="1", options=JiraOptions, open=_open)
