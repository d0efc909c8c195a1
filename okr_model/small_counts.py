"""Hiding what stands on so few cases that it would point at people.

The scorecard and the charts are stripped before anything is said of them, so that value, complement, difference,
chart point, alt text and CSV cannot tell what one of the others hides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from okr_model.digest import Spark
from okr_model.exchange import Reading
from okr_model.scorecard import KeyResultCard, ObjectiveCard, PartCard, Scorecard


def smallest_count(reading: Reading) -> int:
    """The smallest count that a reading gives away: its rows, those that match, or the rest. 0 points at nobody."""
    counts = [reading.n]
    matching, base = reading.numerator, reading.denominator
    if reading.value is not None and matching is not None and base and _is_share(reading.value, matching, base):
        counts += [round(base), round(matching), round(base - matching)]
    return min((count for count in counts if count > 0), default=0)


def _is_share(value: float, matching: float, base: float) -> bool:
    # A mean has a numerator too, but that is a sum of hours, not a count of people.
    return math.isclose(value, 100 * matching / base, rel_tol=1e-9, abs_tol=1e-9)


@dataclass(frozen=True)
class Hidden:
    """A stripped scorecard, and which key results were stripped."""

    scorecard: Scorecard
    ids: frozenset[str]


def hide(scorecard: Scorecard, fewest: int | None) -> Hidden:
    """The scorecard without the numbers that stand on fewer than `fewest` cases; None hides nothing."""
    if fewest is None:
        return Hidden(scorecard, frozenset())
    ids = frozenset(card.id for card in scorecard.cards() if _few(card, fewest))
    objectives = tuple(_objective(objective, ids, fewest) for objective in scorecard.objectives)
    return Hidden(msgspec.structs.replace(scorecard, objectives=objectives), ids)


def hide_points(spark: Spark, fewest: int | None) -> Spark:
    """The course without the days that stand on fewer than `fewest` cases. A day of unknown count is hidden too."""
    if fewest is None:
        return spark
    counts = spark.counts or (None,) * len(spark.values)
    shown = tuple(
        value if count is not None and (count == 0 or count >= fewest) else None
        for value, count in zip(spark.values, counts, strict=True)
    )
    if shown == spark.values:
        return spark
    sentence = f"Days with fewer than {fewest} cases are left out"
    return msgspec.structs.replace(spark, values=shown, sentence=sentence)


def _few(card: KeyResultCard, fewest: int) -> bool:
    readings = [card.reading, *(part.reading for part in card.parts)]
    counted = [reading for reading in readings if reading is not None and reading.metric in card.metrics]
    return any(0 < smallest_count(reading) < fewest for reading in counted)


def _objective(objective: ObjectiveCard, ids: frozenset[str], fewest: int) -> ObjectiveCard:
    if not any(card.id in ids for card in objective.key_results):
        return objective
    cards = tuple(_card(card, fewest) if card.id in ids else card for card in objective.key_results)
    return msgspec.structs.replace(objective, key_results=cards, progress=None, reason="")


def _card(card: KeyResultCard, fewest: int) -> KeyResultCard:
    parts = tuple(_part(part, fewest) for part in card.parts)
    reason = f"Fewer than {fewest} cases: the numbers are hidden"
    nothing = dict.fromkeys(("actual", "planned", "progress", "expected", "forecast", "reading", "start"))
    return msgspec.structs.replace(card, reason=reason, parts=parts, notes=(), needs="", forecast_note="", **nothing)


def _part(part: PartCard, fewest: int) -> PartCard:
    nothing = dict.fromkeys(("actual", "planned", "progress", "progress_range", "expected", "reading", "start"))
    return msgspec.structs.replace(
        part, reason=f"Fewer than {fewest} cases: the numbers are hidden", periods=(), needs="", note="", **nothing
    )
