"""Any JSON API over HTTP, described in sources.yaml without code."""

from connectors.api import Connector, Context, Source
from connectors.rest.options import RestOptions


def _open(options: RestOptions, context: Context) -> Source:
    from connectors.rest.source import RestSource  # noqa: PLC0415 (requests is loaded when a source is opened)

    return RestSource(options, context)


CONNECTOR = Connector(name="rest", version="1", options=RestOptions, open=_open)
