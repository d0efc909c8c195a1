"""A CSV or Excel file, or a published sheet: small tables that people keep by hand."""

from connectors.api import Connector, Context, Source
from connectors.table.options import TableOptions


def _open(options: TableOptions, context: Context) -> Source:
    from connectors.table.source import TableSource  # noqa: PLC0415 (requests is loaded when a source is opened)

    return TableSource(options, context)


CONNECTOR = Connector(name="table", version="1", options=TableOptions, open=_open)
