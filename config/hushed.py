"""What nobody may read: secrets, wherever their values would turn up, and what libraries would log of requests."""

from __future__ import annotations

import logging
from functools import cache
from threading import Lock
from typing import Any

_LOGGERS = ("urllib3.connectionpool", "urllib3.connection", "urllib3.response", "urllib3.util.retry")
_SHORTEST = 6  # a shorter secret keeps nothing out, and its letters stand in every other word
_HIDDEN = "[secret]"

_known: set[str] = set()
_lock = Lock()


def hush(value: str) -> str:
    """From now on `hushed` hides this secret, and no log shows it. Gives it back."""
    if len(value) >= _SHORTEST:
        with _lock:
            _known.add(value)
        _hush_logs()
    return value


def is_secret(text: str) -> bool:
    """Whether the text is a secret, and nothing else."""
    with _lock:
        return text in _known


def hushed(text: str) -> str:
    """The text, every secret in it hidden by its value: the longest first, for one may stand within another."""
    with _lock:
        held = [secret for secret in _known if secret in text]
    for secret in sorted(held, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return text


def hush_http() -> None:
    """From now on urllib3 logs errors alone: below that it logs whole URLs, queries, keys and all."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_not_below_error)


def _not_below_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


@cache
def _hush_logs() -> None:
    make = logging.getLogRecordFactory()

    def made(*args: Any, **more: Any) -> logging.LogRecord:
        record = make(*args, **more)
        said = record.getMessage()
        if (safe := hushed(said)) != said:
            record.msg, record.args = safe, None
        return record

    logging.setLogRecordFactory(made)
