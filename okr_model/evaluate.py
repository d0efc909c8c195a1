"""The scorecard of one day: every key result judged, every objective rolled up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from msgspec.structs import replace

from okr_model.cycle import Cycle
from okr_model.exchange import CheckIn, PinnedBaseline, Reading, SourceOutcome
from okr_model.facts import Instant
from okr_model.guards import broken_guards
from okr_model.history import Known, Record
from okr_model.hysteresis import Steady, steadied
from okr_model.overrides import in_force, overridden
from okr_model.plan import KeyResult, Objective, Plan, part_metric
from okr_model.rollup import rolled_up, with_worst
from okr_model.scorecard import CycleCard, KeyResultCard, ObjectiveCard, Scorecard
from okr_model.standing import NIGHTLY_MAX_AGE
from okr_model.status import judge_part
from okr_model.targets import parts_of
from okr_model.windows import DAY, moved
from okr_model.words import day


def evaluate(
    plan: Plan,
    as_of: date,
    now: Instant,
    run_id: str,
    readings: Iterable[Reading],
    *,
    check_ins: Iterable[CheckIn],
    baselines: Mapping[str, PinnedBaseline],
    outcomes: Mapping[str, SourceOutcome],
    sources_of: Mapping[str, Sequence[str]],
) -> Scorecard:
    """Everything as of one local day, judged alone: what held the day before is not looked at.

    `baselines` by key result, `outcomes` by source (of its newest pull), `sources_of` by metric. Readings of later
    days or of another definition than the plan's are not looked at.
    """
    record = Record(plan, readings, check_ins, baselines, sources_of)
    return judge_day(record.at(as_of, now, outcomes), run_id, {})


def judge_day(known: Known, run_id: str, before: Mapping[str, Steady]) -> Scorecard:
    """The scorecard of a day that follows on one after which the words in `before` (by key result) held."""
    night = known.record.at(known.as_of, known.night, {})
    pairs = [
        [_key_result(result, objective, Day(known, night, before.get(result.id))) for result in objective.key_results]
        for objective in known.plan.objectives
    ]
    return Scorecard(
        as_of=known.as_of,
        evaluated_at=known.now,
        run_id=run_id,
        cycle=_cycle(known.cycle, known.as_of),
        objectives=tuple(
            _objective(objective, [card for card, _ in judged])
            for objective, judged in zip(known.plan.objectives, pairs, strict=True)
        ),
        steady={card.id: steady for judged in pairs for card, steady in judged},
    )


@dataclass(frozen=True)
class Day:
    """One key result's day: what is known now, what was at the midnight that ended it, and what held before."""

    known: Known
    night: Known
    before: Steady | None


def _cycle(cycle: Cycle, as_of: date) -> CycleCard:
    state: Literal["planned", "open", "closing"] = "open"
    if not cycle.start <= as_of < cycle.end:
        state = "planned" if as_of < cycle.start else "closing"
    return CycleCard(id=cycle.id, start=cycle.start, end=cycle.end, timezone=str(cycle.timezone), state=state)


def _objective(objective: Objective, cards: Sequence[KeyResultCard]) -> ObjectiveCard:
    bare = ObjectiveCard(id=objective.id, title=objective.title, status="", reason="", owner=objective.owner)
    return rolled_up(bare, cards)


def _key_result(result: KeyResult, objective: Objective, day: Day) -> tuple[KeyResultCard, Steady]:
    """The card by the rules' now, and where the fold stands at midnight, whenever the day was judged."""
    card = _judged(result, objective, day.known)
    steady = at_night = steadied(day.before, card.status, day.known.as_of)
    if _later_than_midnight(card, day):
        alone = _judged(result, objective, day.night).status
        at_night = steadied(day.before, alone, day.known.as_of)
    return _as_shown(_held_back(card, steady), day.known), at_night


def _as_shown(card: KeyResultCard, known: Known) -> KeyResultCard:
    """Under the override that is in force while the cycle runs; at its close there is none."""
    said = in_force(known.notes(card.id), known.now, known.zone)
    running = known.cycle.start <= known.as_of < known.cycle.end
    return card if said is None or not running else overridden(card, said, known.zone)


def _later_than_midnight(card: KeyResultCard, day: Day) -> bool:
    """Whether something after the midnight that ended the day may have moved the word."""
    notes = day.known.notes(card.id)
    return bool(notes and notes[-1].as_of > day.known.as_of) or (
        card.fresh_until is not None and card.fresh_until < day.known.now
    )


def _held_back(card: KeyResultCard, steady: Steady) -> KeyResultCard:
    if steady.word == steady.alone:
        return replace(card, since=steady.since)
    reason = f"{steady.alone} for one day, which counts from the second on: {card.reason}"
    return replace(card, status=steady.word, since=steady.since, reason=reason)


def _judged(result: KeyResult, objective: Objective, known: Known) -> KeyResultCard:
    parts = tuple(judge_part(result, part, known) for part in parts_of(result.target))
    names = dict.fromkeys(name for part in parts_of(result.target) if (name := part_metric(result, part)))
    card = KeyResultCard(
        id=result.id,
        title=result.title,
        objective=objective.id,
        status="",
        reason="",
        owner=result.owner or objective.owner,
        weight=result.weight,
        better=result.better or next((known.plan.metrics[name].better for name in names), ""),
        notes=tuple(dict.fromkeys([part.note for part in parts if part.note] + _unguarded(result, known))),
        metrics=tuple(names),
        sources=tuple(dict.fromkeys(source for name in names for source in known.sources_of.get(name, ()))),
    )
    return _guarded(with_worst(card, parts), result, known)


def _guarded(card: KeyResultCard, result: KeyResult, known: Known) -> KeyResultCard:
    """A broken guard lets no key result look better than At Risk, however early it is."""
    broken = broken_guards(result, known.plan, lambda metric: known.course(metric).last_ok)
    if not broken or card.status not in ("On Track", "Complete", "Too Early"):
        return card
    reason = f"{'; '.join(broken)}; without that {card.status}: {card.reason}"
    return replace(card, status="At Risk", reason=reason, needs="its guard kept")


def _unguarded(result: KeyResult, known: Known) -> list[str]:
    """A guard that nobody can see is told while the cycle runs: it is neither kept nor broken."""
    if not known.cycle.start <= known.as_of < known.cycle.end:
        return []
    found = []
    for guard in result.guard:
        metric = known.plan.metrics[guard.metric]
        last = known.course(metric).last_ok
        if last is None:
            found.append(f"guard {metric.name} has no value so far")
        elif known.now > moved(last.as_of + DAY, (NIGHTLY_MAX_AGE,), known.zone):
            found.append(f"guard {metric.name} is not known since {day(last.as_of)}")
    return found
