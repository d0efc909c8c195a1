"""Any database that SQLAlchemy speaks to: facts by query, or a metric's number by its own query."""

from connectors.api import Connector, Context, Source
from connectors.sql.options import SqlOptions


def _open(options: SqlOptions, context: Context) -> Source:
    from connectors.sql.source import SqlSource  # noqa: PLC0415 (SQLAlchemy is loaded when a source is opened)

    return SqlSource(options, context)


CONNECTOR = Connector(name="sql", version="1", options=SqlOptions, open=_open)
