"""Libraries that would log what nobody may read."""

from __future__ import annotations

import logging

_LOGGERS = ("urllib3.connectionpool", "urllib3.connection", "urllib3.response", "urllib3.util.retry")


def hush_http() -> None:
    """From now on urllib3 logs errors alone: below that it logs whole URLs, queries, keys and all."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_not_below_error)


def _not_below_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR
