"""Discourse: flags on posts as reviews, from the review queue."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.discourse.options import DiscourseOptions


def _open(options: DiscourseOptions, context: Context) -> Source:
    from connectors.discourse.source import DiscourseSource  # noqa: PLC0415  options need no web layer

    return DiscourseSource(options, context)


CONNECTOR = Connector(name="discourse", version="1", options=DiscourseOptions, open=_open)
