"""From parts to a key result, from key results to an objective: the worst word, and progress with what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from okr_model.durations import Duration
from okr_model.facts import Instant
from okr_model.overrides import lifted, shown
from okr_model.scorecard import (
    CLOSED_WORST_FIRST,
    WORST_FIRST,
    KeyResultCard,
    ObjectiveCard,
    PartCard,
    Range,
    Scorecard,
)
from okr_model.windows import end_of
from okr_model.words import day, local_day, number, plural

NOBODY = "nobody has checked in a newer value"
_NOTHING_KNOWN = Range(low=0, high=1)
_RANK = {status: rank for rank, status in enumerate((*CLOSED_WORST_FIRST, *WORST_FIRST))}


def with_worst(card: KeyResultCard, parts: Sequence[PartCard]) -> KeyResultCard:
    """The key result as its parts make it: the worst one's word and actual, the least progress of them all."""
    worst = min(parts, key=lambda part: (_RANK[part.status], -1.0 if part.progress is None else part.progress))
    least = _least(parts)
    spread = _spread([_part_range(part) for part in parts])
    measured = least if least is not None else worst
    stale_from = [part.fresh_until for part in parts if part.fresh_until is not None]
    return replace(
        card,
        status=worst.status,
        reason=_reason(worst, least, parts),
        needs=worst.needs,
        actual=worst.actual,
        unit=worst.unit,
        start=worst.start,
        target=worst.target,
        target_text=worst.target_text,
        planned=worst.planned,
        reading=worst.reading,
        as_of=worst.as_of,
        progress=least.progress if least is not None else None,
        progress_range=None if least is not None or spread == _NOTHING_KNOWN else spread,
        expected=measured.expected,
        parts=tuple(parts) if len(parts) > 1 else (),
        periods=worst.periods,
        fresh_until=min(stale_from) if stale_from else None,
        forecast=None if worst.forecast is None else worst.forecast.range,
        forecast_note="" if worst.forecast is None else worst.forecast.note,
    )


def rolled_up(objective: ObjectiveCard, cards: Sequence[KeyResultCard]) -> ObjectiveCard:
    """An objective over its key results: weighted mean of clamped progress, and the worst word, named."""
    worst = min(cards, key=lambda card: _RANK[card.status])
    counted = [card for card in cards if card.status != "Dropped"] or cards
    ranges = [_range(card.progress, card.progress_range) for card in counted]
    weights = [Fraction(card.weight) for card in counted]
    low = sum(weight * Fraction(each.low) for weight, each in zip(weights, ranges, strict=True)) / sum(weights)
    high = sum(weight * Fraction(each.high) for weight, each in zip(weights, ranges, strict=True)) / sum(weights)
    unknown = sum(each.low != each.high for each in ranges)
    progress = Range(low=float(low), high=float(high))
    reason = f"{_way(progress, unknown, len(counted))}; worst: {worst.title} ({worst.status})"
    return replace(objective, status=worst.status, reason=reason, progress=progress, key_results=tuple(cards))


def rejudge(scorecard: Scorecard, now: Instant) -> Scorecard:
    """The same scorecard looked at later: what has not been read anew in time is Stale, and counts as such."""
    objectives = []
    for objective in scorecard.objectives:
        cards = [_rejudged(card, now, ZoneInfo(scorecard.cycle.timezone)) for card in objective.key_results]
        same = all(new is old for new, old in zip(cards, objective.key_results, strict=True))
        objectives.append(objective if same else rolled_up(objective, cards))
    return replace(scorecard, objectives=tuple(objectives))


def _rejudged(card: KeyResultCard, now: Instant, zone: ZoneInfo) -> KeyResultCard:
    computed = lifted(card)
    later = _grown_old(computed, now, zone)
    if card.override is not None and now <= card.override.ends:
        return card if later is computed else shown(later, card.override)
    return later


def _grown_old(card: KeyResultCard, now: Instant, zone: ZoneInfo) -> KeyResultCard:
    if card.fresh_until is None or now <= card.fresh_until:
        return card
    if card.parts:
        return with_worst(card, [_aged(part, now, zone) for part in card.parts])
    if card.status == "Stale" or card.as_of is None:
        return card
    why = "; ".join(card.notes) or ("" if card.metrics else NOBODY)
    words = stale_words(number(card.actual, card.unit), card.as_of, now, zone, why)
    return replace(card, status="Stale", reason=words, needs="", since=local_day(now, zone))


def _aged(part: PartCard, now: Instant, zone: ZoneInfo) -> PartCard:
    if part.fresh_until is None or now <= part.fresh_until or part.status == "Stale" or part.as_of is None:
        return part
    why = part.note or ("" if part.metric else NOBODY)
    words = stale_words(number(part.actual, part.unit), part.as_of, now, zone, why)
    return replace(part, status="Stale", reason=words, needs="")


def stale_words(shown: str, as_of: date, now: Instant, zone: ZoneInfo, why: str) -> str:
    """`last value 96.1 % of 17 Nov, 5 days old; why`: the age counts from the end of the value's day."""
    old = plural((now - end_of(as_of, zone)) // Duration(1, "d").ms, "day")
    return f"last value {shown} of {day(as_of)}, {old} old; {why or 'nothing newer was taken'}"


def _least(parts: Sequence[PartCard]) -> PartCard | None:
    """The part with the least progress, or None while an unknown one could have less."""
    spread = _spread([_part_range(part) for part in parts])
    known = [part for part in parts if part.progress is not None]
    if spread.low != spread.high or not known:
        return None
    return min(known, key=lambda part: part.progress or 0.0)


def _reason(worst: PartCard, least: PartCard | None, parts: Sequence[PartCard]) -> str:
    if len(parts) == 1:
        return worst.reason
    if worst.status == "Closing":  # each part waits for something of its own
        return "; ".join(f"{part.name}: {part.reason}" for part in parts)
    also = f"; least far: {least.name}" if least is not None and least is not worst else ""
    return f"{worst.name}: {worst.reason}{also}"


def _part_range(part: PartCard) -> Range:
    return _range(part.progress, part.progress_range)


def _range(progress: float | None, spread: Range | None) -> Range:
    if progress is None:
        return spread or _NOTHING_KNOWN
    inside = min(1.0, max(0.0, progress))
    return Range(low=inside, high=inside)


def _spread(ranges: Sequence[Range]) -> Range:
    return Range(low=min(each.low for each in ranges), high=min(each.high for each in ranges))


def _way(progress: Range, unknown: int, count: int) -> str:
    low, high = (number(100 * Fraction(edge), "percent") for edge in (progress.low, progress.high))
    if not unknown:
        return f"{low} of the way"
    return f"{low.removesuffix(' %')} to {high} of the way, {unknown} of {count} unknown"
