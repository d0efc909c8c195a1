"""Which connectors there are: the built-in ones, and installed packages with an entry point in `okrsync.connectors`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from connectors.api import API_VERSION, ConfigError, Connector

GROUP = "okrsync.connectors"

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
BUILT_IN = {name: f"connectors.{name}" for name in _NAMES}


def names() -> list[str]:
    """Every connector's name, broken ones too."""
    return sorted(BUILT_IN.keys() | _installed().keys())


@cache
def find(name: str) -> Connector:
    """The connector of that name, imported when first asked for. Raises ConfigError in one sentence."""
    if name in BUILT_IN:
        return _checked(name, import_module(BUILT_IN[name]).CONNECTOR)
    entry = _installed().get(name)
    if entry is None:
        raise ConfigError(f"connector {name!r} is not known: use one of {', '.join(names())}, or install its package")
    try:
        loaded = entry.load()
    except Exception as error:
        raise ConfigError(f"connector {name!r} cannot be loaded from {entry.value}: {type(error).__name__}") from error
    return _checked(name, loaded)


def problems() -> list[str]:
    """One sentence for each installed connector that cannot be used; the others work."""
    found = [
        f"connector {name!r} from {entry.value} is ignored: okrsync has one of that name"
        for name, entry in _installed().items()
        if name in BUILT_IN
    ]
    for name in _installed().keys() - BUILT_IN.keys():
        try:
            find(name)
        except ConfigError as error:
            found.append(str(error))
    return sorted(found)


def _installed() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _checked(name: str, loaded: object) -> Connector:
    if not isinstance(loaded, Connector):
        raise ConfigError(f"connector {name!r} names something that is not a Connector: fix its entry point")
    if loaded.api_version != API_VERSION:
        raise ConfigError(
            f"connector {name!r} is built for api_version {loaded.api_version}, this okrsync speaks {API_VERSION}: "
            "install a release of it that fits"
        )
    return loaded
