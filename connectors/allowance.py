"""What hosts still allow: one bucket of requests per host, shared by every source and thread that asks it.

Answers fill it: by what their rate-limit headers say is left until when, and by a 429 that says when to come back.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from threading import Lock

from connectors.waiting import RATE_HEADERS, asked_delay

_LEFT = ("X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining")
_IN_ONE = re.compile(r"(?:^|[;,\s])(?:remaining|r)=(\d{1,12})\b", re.IGNORECASE)


class Allowance:
    """One host's. `left` is None while it has not said; a request is then simply sent."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: int | None = None
        self._until = 0.0  # time.monotonic: when the host counts from the start again
        self._told = 0.0

    def take(self) -> float:
        """Takes one request out; gives the seconds to wait before it is sent."""
        with self._lock:
            now = time.monotonic()
            if self._left is None or now >= self._until:
                self._left = None
                return 0.0
            if self._left > 0:
                self._left -= 1
                return 0.0
            return self._until - now

    def heard(self, sent: float, status: int, headers: Mapping[str, str]) -> None:
        """What an answer says, to a request that was sent at `sent` (time.monotonic)."""
        left = 0 if status == 429 else _left(headers)
        wait = None if left is None else asked_delay(headers, time.time(), RATE_HEADERS)
        with self._lock:
            if left is not None and wait is not None:
                self._left, self._until, self._told = left, time.monotonic() + wait, time.monotonic()
            elif status < 400 and sent > self._told:
                self._left = None  # it answers again, whatever it had said before


def _left(headers: Mapping[str, str]) -> int | None:
    for name in _LEFT:
        text = headers.get(name, "").strip()
        if text.isdecimal():
            return int(text[:12])
    found = _IN_ONE.search(headers.get("RateLimit", ""))
    return int(found[1]) if found else None


_hosts: defaultdict[str, Allowance] = defaultdict(Allowance)
_lock = Lock()


def allowance_of(host: str) -> Allowance:
    """The one of this host in this process."""
    with _lock:
        return _hosts[host]
