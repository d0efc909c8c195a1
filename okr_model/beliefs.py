"""What was believed when: each reading with the instant at which another took its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from okr_model.exchange import Reading, Value
from okr_model.facts import Instant


class Belief(Value, frozen=True):
    """One reading, from when it was believed (`recorded_at`), and until when (null: it still is)."""

    reading: Reading
    restated_at: Instant | None


def with_ends(found: Sequence[Reading]) -> list[Belief]:
    """Each reading with the instant at which another took its place. `found` by day, then as they were recorded."""
    later: dict[object, Instant] = {}
    beliefs = []
    for reading in reversed(found):
        asked = (reading.metric, reading.period, reading.window, reading.as_of)
        beliefs.append(Belief(reading, later.get(asked)))
        later[asked] = reading.recorded_at
    return beliefs[::-1]


def believed_now(beliefs: Iterable[Belief]) -> list[Reading]:
    """Those that no other has taken the place of."""
    return [belief.reading for belief in beliefs if belief.restated_at is None]
