"""How long to wait before asking again."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from connectors.api import DataError
from connectors.times import parse_ts

RETRY_AFTER = ("Retry-After",)
RATE_HEADERS = (*RETRY_AFTER, "X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset", "RateLimit")
"""The resets mean something beside a 429 alone: many sources send them with every answer."""

# `limit=100, remaining=0, reset=5`, and as later drafts of it write: `"default";r=0;t=5`.
_IN_ONE = re.compile(r"(?:^|[;,\s])(?:reset|t)=(\d{1,12})\b", re.IGNORECASE)
_EPOCH_SECONDS = 1e9  # a larger number is a date, a smaller one a delay
_EPOCH_MILLISECONDS = 1e12
_FIRST, _LONGEST = 0.5, 30.0


def asked_delay(headers: Mapping[str, str], wall_clock: float, names: tuple[str, ...]) -> float | None:
    """Seconds that the answer asks to wait, or None where it does not say so readably.

    The first readable header of `names`, as seconds, epoch, HTTP date or ISO text. A date counts from the
    source's own `Date` header where there is one, since its clock and ours differ.
    """
    now = _http_date(headers.get("Date", ""))
    for name in names:
        if text := headers.get(name):
            in_one = _IN_ONE.search(text) if name == "RateLimit" else None
            delay = _delay(in_one[1] if in_one else text.strip(), wall_clock if now is None else now)
            if delay is not None:
                return delay
    return None


def _delay(text: str, now: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        date = _http_date(text) or _iso_date(text)
        return None if date is None else max(0.0, date - now)
    if not math.isfinite(number) or number < 0:
        return None
    if number >= _EPOCH_MILLISECONDS:
        return max(0.0, number / 1_000 - now)
    return max(0.0, number - now) if number >= _EPOCH_SECONDS else number


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _iso_date(text: str) -> float | None:
    try:
        return parse_ts(text) / 1_000
    except DataError:
        return None


def backoff(failures: int, asked: float | None) -> float:
    """Seconds before the next try: as asked, but never a busy loop; else exponential with jitter."""
    own: float = min(_FIRST * 2 ** (failures - 1), _LONGEST)
    jittered = own * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, guards nothing)
    return jittered if asked is None else max(asked, min(jittered, 1.0))


def pause(seconds: float) -> None:
    """Waits. Every wait of the web layer goes through here, where the conformance kit counts instead."""
    time.sleep(seconds)
