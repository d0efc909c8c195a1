"""What each day was judged on, as a hash: a stored scorecard with another one is out of date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from hashlib import blake2b

import msgspec

from okr_model.exchange import CheckIn, PinnedBaseline, Reading
from okr_model.plan import Plan

_RULES = "1"
"""Another number wherever a change to the rules makes the same evidence give other words."""


def evidence(
    plan: Plan,
    readings: Iterable[Reading],
    check_ins: Iterable[CheckIn],
    baselines: Mapping[str, PinnedBaseline],
    last: date,
) -> dict[date, str]:
    """For each day from the cycle's start to `last`, a hash of everything known of it and of the days before it."""
    first = plan.cycle.start
    said: defaultdict[date, list[bytes]] = defaultdict(list)
    for reading in readings:
        said[max(first, reading.as_of)].append(_of_reading(reading))
    for note in check_ins:
        said[max(first, note.as_of)].append(msgspec.json.encode(note))
    pinned = msgspec.json.encode(sorted(baselines.items()))
    chain = blake2b(f"{_RULES} {plan!r}".encode() + pinned, digest_size=16)
    found = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        chain.update(b"\n".join([str(day).encode(), *sorted(said[day])]))
        found[day] = chain.copy().hexdigest()
    return found


def _of_reading(reading: Reading) -> bytes:
    window = reading.window
    what = (reading.metric, reading.period, window.start, window.end, reading.definition, reading.state)
    return repr((*what, reading.exact, reading.reason, reading.n, reading.pending, reading.open)).encode()
