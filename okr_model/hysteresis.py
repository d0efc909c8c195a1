"""Which word holds from day to day, so that a number at an edge does not flicker. A fold over local days."""

from __future__ import annotations

from datetime import date

from okr_model.exchange import Value

_BETTER = ("At Risk", "On Track")


class Steady(Value, frozen=True):
    """Where the fold stands after a day: the word that holds, since when, and the one that the day alone gave."""

    word: str
    since: date
    alone: str


def steadied(before: Steady | None, alone: str, day: date) -> Steady:
    """One day more. On Track to At Risk, and what is better than Off Track, hold from the second day in a row on.

    Everything else counts at once: what is reached is Complete that day, what is not known is said that day.
    """
    word = alone
    if before is not None and _first_day(before, alone):
        word = before.word
    since = before.since if before is not None and before.word == word else day
    return Steady(word=word, since=since, alone=alone)


def _first_day(before: Steady, alone: str) -> bool:
    if before.word == "On Track":
        return alone == "At Risk" and before.alone != "At Risk"
    return before.word == "Off Track" and alone in _BETTER and before.alone not in _BETTER
