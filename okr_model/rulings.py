"""What people decided about readings that were held: a number outside its guard is believed or not, by name."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from okr_model.exchange import Reading, Ruling
from okr_model.words import day, local_day, number, person


def ruled(reading: Reading, ruling: Ruling, unit: str) -> Reading:
    """A held reading as it is after a ruling: ok where released, without a value where rejected."""
    if ruling.word == "released":
        return replace(reading, state="ok", reason=None, ruling=ruling, recorded_at=ruling.at)
    reason = f"rejected: {number(reading.value, unit)} {words(ruling, reading.zone)}"
    return replace(reading, state="none", reason=reason, value=None, exact=None, ruling=ruling, recorded_at=ruling.at)


def words(ruling: Ruling, zone: ZoneInfo | str) -> str:
    """`released by Ana on 23 Nov (checked with the vendor)`."""
    return f"{ruling.word} by {person(ruling.by)} on {day(local_day(ruling.at, zone))} ({ruling.note})"


def standing_rulings(known: Iterable[Reading]) -> dict[tuple[object, ...], Reading]:
    """The readings that were ruled on, by question and number."""
    return {_same(each, each.ruling.exact): each for each in known if each.ruling is not None}


def with_rulings(
    taken: Iterable[Reading], rulings: dict[tuple[object, ...], Reading], unit_of: dict[str, str]
) -> list[Reading]:
    """Readings taken again: the same number of the same window needs no second ruling, another number does."""
    found = []
    for reading in taken:
        earlier = rulings.get(_same(reading, reading.exact)) if reading.state == "held" else None
        if earlier is None or earlier.ruling is None:
            found.append(reading)
        elif earlier.as_of == reading.as_of:
            found.append(earlier)
        else:
            found.append(
                replace(ruled(reading, earlier.ruling, unit_of[reading.metric]), recorded_at=reading.recorded_at)
            )
    return found


def _same(reading: Reading, exact: str | None) -> tuple[object, ...]:
    return (reading.metric, reading.period, reading.window, reading.definition, exact)
