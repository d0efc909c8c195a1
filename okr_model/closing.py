"""How a cycle ends: what its final readings say of each key result, and how long they are waited for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from msgspec.structs import replace

from okr_model.durations import Duration
from okr_model.exchange import ClosedCycle, Outcome, Reading, Word
from okr_model.facts import Instant
from okr_model.guards import broken_guards
from okr_model.history import Known
from okr_model.metrics import Metric
from okr_model.plan import KeyResult, part_metric
from okr_model.progress import clamped
from okr_model.rollup import rolled_up
from okr_model.scorecard import KeyResultCard, PartCard, Scorecard
from okr_model.standing import covers, max_age
from okr_model.status import judge_part
from okr_model.targets import Cadence, Maintain, Milestone, Part, parts_of
from okr_model.windows import DAY, final_known, final_label, midnight, moved
from okr_model.words import day, listed, local_day, number

PARTIAL = Fraction(7, 10)
_NOTHING_KNOWN = (Fraction(0), Fraction(1))
Bounds: TypeAlias = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Ending:
    """How far one part got: `final` bounds, equal where it is known, and the same by what is known `so_far`."""

    name: str
    sentence: str
    final: Bounds
    so_far: Bounds
    missing: str  # what is not final yet; empty where all is
    until: Instant  # how long that is waited for


@dataclass(frozen=True)
class Waiting:
    """A key result without its final readings: what is missing, and until when it is waited for."""

    key_result: str
    missing: str
    until: Instant


def waiting(known: Known, dropped: Collection[str] = ()) -> list[Waiting]:
    """Everything that a final close waits for; nothing is waited for beyond its `until`."""
    return [
        Waiting(result.id, ending.missing, ending.until)
        for result in known.plan.key_results()
        if result.id not in dropped
        for ending in _endings(result, known)
        if ending.missing
    ]


def close(known: Known, recorded_at: Instant, dropped: Collection[str] = ()) -> ClosedCycle:
    """How the cycle ended by what is final. Without a final reading it is Not Measured, never Missed for that."""
    outcomes = tuple(_outcome(result, known, dropped, _final) for result in known.plan.key_results())
    return ClosedCycle(known.cycle.id, known.as_of, recorded_at, provisional=False, outcomes=outcomes)


def close_provisionally(known: Known, recorded_at: Instant, dropped: Collection[str] = ()) -> ClosedCycle:
    """How it ended by what is known so far, to be closed once more when the final readings exist."""
    outcomes = tuple(_outcome(result, known, dropped, _so_far) for result in known.plan.key_results())
    return ClosedCycle(known.cycle.id, known.as_of, recorded_at, provisional=True, outcomes=outcomes)


def word_of(score: Fraction) -> Word:
    """Achieved from 1 on, Partial from 0.7 on, both inclusive and exact."""
    return "Achieved" if score >= 1 else "Partial" if score >= PARTIAL else "Missed"


def closed_scorecard(scorecard: Scorecard, closed: ClosedCycle) -> Scorecard:
    """The same with every word as the cycle ended. Overrides are ignored: what shows is what was measured."""
    outcomes = {outcome.key_result: outcome for outcome in closed.outcomes}
    objectives = tuple(
        rolled_up(objective, [_closed_card(card, outcomes.get(card.id)) for card in objective.key_results])
        for objective in scorecard.objectives
    )
    return replace(scorecard, cycle=replace(scorecard.cycle, state="closed"), objectives=objectives)


def _closed_card(card: KeyResultCard, outcome: Outcome | None) -> KeyResultCard:
    if outcome is None:
        outcome = Outcome(
            key_result=card.id, word="Not Measured", reason="it was not in the plan when the cycle closed"
        )
    bare = replace(
        card, status=outcome.word, reason=outcome.reason, needs="", computed=None, forecast=None, fresh_until=None
    )
    if outcome.score is not None:
        return replace(bare, progress=outcome.score if card.progress is None else card.progress, progress_range=None)
    if outcome.word == "Not Measured":
        return replace(bare, actual=None, progress=None, expected=None)
    return replace(bare, progress=None)


# --- one key result --------------------------------------------------------------------------------------------------


def _final(ending: Ending) -> Bounds:
    return ending.final


def _so_far(ending: Ending) -> Bounds:
    return ending.so_far


def _outcome(
    result: KeyResult, known: Known, dropped: Collection[str], bounds_of: Callable[[Ending], Bounds]
) -> Outcome:
    if result.id in dropped:
        return Outcome(key_result=result.id, word="Dropped", reason="dropped when the cycle closed")
    outcome = _scored(result, known, bounds_of)
    broken = broken_guards(result, known.plan, lambda metric: _at_the_end(metric, known))
    return replace(outcome, reason="; ".join([outcome.reason, *broken]))


def _scored(result: KeyResult, known: Known, bounds_of: Callable[[Ending], Bounds]) -> Outcome:
    endings = _endings(result, known)
    low, high = (min(bounds_of(ending)[side] for ending in endings) for side in (0, 1))
    early = "provisional, " if bounds_of is _so_far and any(ending.missing for ending in endings) else ""
    if low == high:
        worst = min(endings, key=lambda ending: bounds_of(ending)[0])
        reason = f"{early}score {score_text(low)}; {_sentence(worst, endings)}"
        return Outcome(result.id, word_of(low), reason, score=float(low), exact=str(low))
    missing = listed([_named(ending, ending.missing, endings) for ending in endings if ending.missing])
    if word_of(low) == word_of(high):
        return Outcome(result.id, word_of(low), f"{early}score at most {score_text(high)}; {missing}")
    return Outcome(result.id, "Not Measured", f"{early}{missing}")


def _at_the_end(metric: Metric, known: Known) -> Reading | None:
    """The final reading; of a metric without one, the last that speaks for a day of the cycle."""
    final = known.course(metric, final_label(known.cycle)).last_ok
    return final or known.course(metric).up_to(known.cycle.end - DAY).last_ok


def score_text(score: Fraction) -> str:
    """`0.83`; with as many places as it takes to stay on its side of 0.7 and 1."""
    for places in range(2, 9):
        text = f"{float(score):.{places}f}"
        if word_of(Fraction(text)) == word_of(score):
            return text
    whole, rest = divmod(int(score * 10**9), 10**9)  # cut, not rounded: it may lie a hair below a boundary
    return f"{whole}.{rest:09d}"


def _sentence(ending: Ending, endings: Sequence[Ending]) -> str:
    return _named(ending, ending.sentence, endings)


def _named(ending: Ending, text: str, endings: Sequence[Ending]) -> str:
    return text if len(endings) == 1 else f"{ending.name}: {text}"


def _endings(result: KeyResult, known: Known) -> list[Ending]:
    return [_ending(result, part, known) for part in parts_of(result.target)]


def _ending(result: KeyResult, part: Part, known: Known) -> Ending:
    card = judge_part(result, part, known)
    if isinstance(part, Maintain | Cadence):
        return _of_periods(part, card, _metric(result, part, known), known)
    if isinstance(part, Milestone) and part.metric is None:
        done = Fraction(int(card.progress or 0))
        said = f"{part.name} {'done' if done else 'not done'}"
        return Ending(card.name, said, (done, done), (done, done), "", 0)
    return _of_reading(result, part, card, known)


def _metric(result: KeyResult, part: Part, known: Known) -> Metric | None:
    name = part_metric(result, part)
    return None if name is None else known.plan.metrics[name]


def _until(known: Known, *delays: Duration | None) -> Instant:
    return moved(known.cycle.end, (*delays, known.cycle.close_grace), known.zone)


# --- a target that one reading reaches -------------------------------------------------------------------------------


def _of_reading(result: KeyResult, part: Part, card: PartCard, known: Known) -> Ending:
    metric = _metric(result, part, known)
    delays = () if metric is None else (metric.settle, metric.maturity)
    progress = None if card.exact is None else clamped(Fraction(card.exact))
    bounds = _NOTHING_KNOWN if progress is None else (progress, progress)
    missing = _missing(result, metric, card, known)
    final = _NOTHING_KNOWN if missing else bounds
    return Ending(card.name, _value(card), final, bounds, missing, _until(known, *delays))


def _value(card: PartCard) -> str:
    shown = f"{number(card.actual, card.unit, card.target)}, target {card.target_text}"
    return shown if card.reading is None else f"{shown}; {covers(card.reading)}"


def _missing(result: KeyResult, metric: Metric | None, card: PartCard, known: Known) -> str:
    """Why the part has no final number; empty where it has."""
    if metric is None:
        return _unsaid(result, card, known)
    if card.reading is None or card.reading.period != final_label(known.cycle):
        return _untaken(metric, known)
    return "" if card.exact is not None else "its baseline is not known"


def _untaken(metric: Metric, known: Known) -> str:
    newest = known.course(metric, final_label(known.cycle)).newest
    if newest is not None and newest.reason:
        return f"no final reading: {newest.reason}"
    ready = final_known(metric, known.cycle)
    if ready > known.night:
        return f"its final reading can be taken from {day(local_day(ready, known.zone))} on"
    return "no final reading was taken"


def _unsaid(result: KeyResult, card: PartCard, known: Known) -> str:
    """A value that people said is final if it was still fresh when the cycle ended."""
    if card.reading is None:
        return "nobody has checked in a value"
    fresh_until = moved(card.reading.as_of + DAY, max_age(result, None, known), known.zone)
    if fresh_until >= midnight(known.cycle.end, known.zone):
        return ""
    old = f"{number(card.actual, card.unit)} of {day(card.reading.as_of)}"
    return f"the last value, {old}, was too old at the end; check in one for {day(known.cycle.end - DAY)}"


# --- a target that is judged period by period ------------------------------------------------------------------------


def _of_periods(part: Maintain | Cadence, card: PartCard, metric: Metric | None, known: Known) -> Ending:
    words = [word for _, word in card.periods]
    good, bad = sum(word in ("met", "late") for word in words), words.count("not met")
    total = len(known.periods(part.every))
    unsure = [label for label, word in card.periods if word in ("unknown", "running")]
    final = (score_of(part, good, total - good), score_of(part, total - bad, bad)) if total else _NOTHING_KNOWN
    so_far = _NOTHING_KNOWN if good + bad == 0 else (score_of(part, good, bad),) * 2
    delays = (part.grace,) if isinstance(part, Cadence) else () if metric is None else (metric.settle, metric.maturity)
    told = f"{good} of {total} met, target {card.target_text}"
    missing = f"{listed(unsure)} unknown; `okr checkin` settles it" if unsure else ""
    missing = missing or ("" if total and good + bad == total else "no period of the cycle could be judged")
    return Ending(card.name, told, final, so_far, missing, _until(known, *delays))


def score_of(part: Maintain | Cadence, good: int, bad: int) -> Fraction:
    """Periods met of those judged; a maintain target whose misses are allowed is reached."""
    if good + bad == 0:
        return Fraction(0)
    allowed = part.allow if isinstance(part, Maintain) else 0
    return Fraction(1) if bad <= allowed else Fraction(good, good + bad)
