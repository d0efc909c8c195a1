"""Which connectors there are: the built-in ones, and installed packages with an entry point in `okrsync.connectors`."""

from __future__ import annotations

from config.plugins import Registry
from connectors.api import API_VERSION, ConfigError, Connector

_NAMES = (
    "discourse",
    "freshdesk",
    "intercom",
    "jira_service_management",
    "marble",
    "mastodon",
    "ozone",
    "posthog",
    "prometheus",
    "rest",
    "rt",
    "sql",
    "stripe",
    "table",
    "zendesk",
)
CONNECTORS = Registry(
    kind="connector",
    group="okrsync.connectors",
    built_in={name: f"connectors.{name}" for name in _NAMES},
    plugin=Connector,
    api_version=API_VERSION,
    error=ConfigError,
)
