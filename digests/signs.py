"""How a word is marked: a shape and a tone beside the word itself, so that colour is never the only sign."""

from __future__ import annotations

from typing import NamedTuple


class Sign(NamedTuple):
    """A shape that reads in black and white, and the tone that the formats colour."""

    shape: str
    tone: str  # on, risk, off, stale, done, early, news


_SIGNS = {
    "On Track": Sign("●", "on"),
    "At Risk": Sign("◆", "risk"),
    "Partial": Sign("◆", "risk"),
    "Off Track": Sign("▼", "off"),
    "Missed": Sign("▼", "off"),
    "Failed": Sign("▼", "off"),
    "Complete": Sign("✔\ufe0e", "done"),  # \ufe0e asks for the letter form, not for an emoji
    "Achieved": Sign("✔\ufe0e", "done"),
    "Stale": Sign("◌", "stale"),
    "No Data": Sign("○", "stale"),
    "Not Measured": Sign("○", "stale"),
    "Too Early": Sign("◔", "early"),
    "Not Started": Sign("◔", "early"),
    "Closing": Sign("◑", "early"),
    "Dropped": Sign("–", "early"),
    "Deferred": Sign("◔", "risk"),
    "Not made": Sign("▼", "off"),
    "Ambiguous": Sign("◆", "risk"),
    "Held": Sign("◆", "risk"),
    "Overdue": Sign("◆", "risk"),
    "Due": Sign("◔", "early"),
    "Paused": Sign("◌", "stale"),
    "Restated": Sign("↺", "news"),
    "New": Sign("+", "news"),
    "Gone": Sign("–", "news"),
}
_OTHER = Sign("▪", "news")


def sign(word: str) -> Sign:
    """The sign of a status or of a piece of news."""
    return _SIGNS.get(word, _OTHER)
