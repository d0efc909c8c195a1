"""Marble: sign-ups as accounts and payments as transactions, from decisions and the cases that people close on them."""

from __future__ import annotations

from connectors.api import Connector, Context, Source
from connectors.marble.options import MarbleOptions


def _open(options: MarbleOptions, context: Context) -> Source:
    from connectors.marble.source import MarbleSource  # noqa: PLC0415  options are validated without the web layer

    return MarbleSource(options, context)


CONNECTOR = Connector(name="marble", version="1", options=MarbleOptions, open=_open)
