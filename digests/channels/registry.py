"""Which channels there are: the built-in ones, and installed packages with an entry point in `okrsync.channels`."""

from __future__ import annotations

from config.plugins import Registry
from digests.channels.api import API_VERSION, ChannelError, ChannelPlugin

_MODULES = {
    "apprise": "apprise",
    "email": "mail",
    "slack": "slack",
    "teams": "teams",
}  # a module `email` would shadow Python's
CHANNELS = Registry(
    kind="channel",
    group="okrsync.channels",
    built_in={name: f"digests.channels.{module}" for name, module in _MODULES.items()},
    plugin=ChannelPlugin,
    api_version=API_VERSION,
    error=ChannelError,
)
