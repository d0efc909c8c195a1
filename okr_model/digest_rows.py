"""What one row of a digest's tables says of a key result, and nothing twice."""

from __future__ import annotations

import re

from okr_model import words
from okr_model.digest import Figures, Row
from okr_model.digest_words import actual_text, part_text, standing_data
from okr_model.scorecard import KeyResultCard, PartCard

_COVERS = re.compile(r"; covers (\d{1,2}( \w{3})?( \d{4})? to )?\d{1,2} \w{3}( \d{4})?$")


def row_data(card: KeyResultCard) -> str:
    """What the actual stands on: `16 to 22 Nov, n = 8,211`. A count is its own n."""
    others = other_parts(card)
    return f"{own}; {others}" if (own := _own_data(card)) and others else own or others


def _own_data(card: KeyResultCard) -> str:
    told, reading = standing_data(card), card.reading
    if not told or reading is None:
        return told
    span = words.days(reading.window, reading.zone)
    _, _, rest = told.partition(", ")
    return span if card.unit == "count" or not rest else f"{span}, {rest}"


def other_parts(card: KeyResultCard) -> str:
    """The parts that the row does not stand on: `Answers: 129, target 200`, `live: done`."""
    shown = next(
        (part for part in card.parts if (part.status, part.target_text) == (card.status, card.target_text)), None
    )
    return "; ".join(_part(part) for part in card.parts if part is not shown)


def _part(part: PartCard) -> str:
    told = f"{part.name}: {part_text(part)}"
    return told if part.kind == "milestone" else f"{told}, target {part.target_text}"


def row_reason(card: KeyResultCard) -> str:
    """The reason without the actual and the days that stand beside it in the row."""
    reason = card.reason.removeprefix(f"{actual_text(card)}, ")
    reason = re.sub(r"^planned (?=[−\d])", "planned by now: ", reason)
    return _COVERS.sub("", reason) if card.reading is not None else reason


def heads_for(card: KeyResultCard) -> str:
    """`heads for 13.3 to 16.7 h by the end of the cycle`; empty where no forecast was made, or the reason tells it."""
    if card.forecast is None or "heads for" in card.reason:
        return ""
    ends = dict.fromkeys(words.figure(end, card.unit, card.target) for end in (card.forecast.low, card.forecast.high))
    return f"heads for {' to '.join(ends)}{words.suffix(card.unit)} by the end of the cycle"


def gone_words(row: Row) -> str:
    """`61 % of the way`; empty where the progress is not known."""
    return "" if row.progress is None else f"{_percent(row.progress)} of the way"


def way_words(row: Row) -> str:
    """The bar in words: `61 % of the way, planned 58 %`."""
    planned = "" if row.expected is None else f", planned {_percent(row.expected)}"
    return f"{gone}{planned}" if (gone := gone_words(row)) else ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def figures(card: KeyResultCard) -> Figures:
    """The numbers of one key result, as they are."""
    reading = card.reading
    start = None if reading is None else reading.window.start
    return Figures(
        unit=card.unit,
        actual=card.actual,
        start=card.start,
        target=card.target,
        planned=card.planned,
        forecast_low=None if card.forecast is None else card.forecast.low,
        forecast_high=None if card.forecast is None else card.forecast.high,
        first=None if reading is None or start is None else words.local_day(start, reading.zone),
        last=None if reading is None else words.local_day(reading.window.end - 1, reading.zone),
        n=None if reading is None else reading.n,
    )
