"""Mastodon: reports of users as reviews, from the admin API."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.mastodon.options import MastodonOptions


def _open(options: MastodonOptions, context: Context) -> Source:
    from connectors.mastodon.source import MastodonSource  # noqa: PLC0415  options are validated without the web layer

    return MastodonSource(options, context)


CONNECTOR = Connector(name="mastodon", version="1", options=MastodonOptions, open=_open)
