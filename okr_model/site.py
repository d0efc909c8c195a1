"""What the pages of a scorecard show, before any of it is drawn: one page for each key result, and its sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from msgspec.structs import replace

from okr_model import words
from okr_model.beliefs import Belief, believed_now, with_ends
from okr_model.courses import Plans, of_part
from okr_model.digest import Note
from okr_model.digest_alert import mend
from okr_model.digest_builder import note_of
from okr_model.digest_words import cut_off
from okr_model.exchange import CheckIn, Coverage, PinnedBaseline, Reading, SourceOutcome, Value
from okr_model.explanation import explained_part, parts_of_card
from okr_model.facts import Instant
from okr_model.graph import Graph, Mark, graph, mark
from okr_model.history import by_key_result, said_values
from okr_model.plan import GuardOn, KeyResult, Plan
from okr_model.scorecard import Aim, KeyResultCard, PartCard, Scorecard, Verdicts
from okr_model.targets import Cadence, Change, Maintain, parts_of
from okr_model.windows import DAY, periods


class Cell(Value, frozen=True):
    """One period of a target that is judged period by period."""

    label: str  # 2026-W41
    word: str  # met, late, not met, unknown, running, waiting, to come
    value: float | None = None


class Figure(Value, frozen=True):
    """One part of a key result's target, as its page shows it: a course or periods, and how its number came about."""

    part: PartCard
    graph: Graph | None = None
    cells: tuple[Cell, ...] = ()
    lines: tuple[str, ...] = ()


class Said(Value, frozen=True):
    """A check-in in words, and the day it speaks of."""

    day: date
    at: Instant
    note: Note


class Turn(Value, frozen=True):
    """A day on which the word shown became another, and why."""

    day: date
    status: str
    reason: str


class KeyResultPage(Value, frozen=True):
    """Everything about one key result. Readings, notes and turns: the newest first.

    `beliefs` are those of the metrics' own windows, day by day; `others` the newest of each period, week for the
    forecast, baseline and final window, which are measured anew every day.
    """

    card: KeyResultCard
    figures: tuple[Figure, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    others: tuple[Belief, ...] = ()
    notes: tuple[Said, ...] = ()
    turns: tuple[Turn, ...] = ()
    remarks: tuple[str, ...] = ()  # the baseline, guards, another definition

    @property
    def lead(self) -> Figure | None:
        """The figure that stands for the key result: that of the part which it speaks of, or the first to be drawn."""
        drawn = [each for each in self.figures if each.graph is not None or each.cells]
        own = [each for each in drawn if each.part.target_text == self.card.target_text]
        return next(iter((*own, *drawn)), None)


class SourceHealth(Value, frozen=True):
    """A source and how its last pull went. `last_ok`: when it was last read to the end."""

    name: str
    outcome: SourceOutcome | None = None  # null: never pulled
    at: Instant | None = None
    last_ok: Instant | None = None
    coverages: tuple[Coverage, ...] = ()
    stands_on_it: tuple[KeyResultCard, ...] = ()
    mend: str = ""

    @property
    def broken(self) -> bool:
        """Whether its last pull failed or was put off; one that was never pulled is not."""
        return self.outcome is not None and self.outcome.state != "ok"


class Site(Value, frozen=True):
    """One scorecard with all its pages, in the plan's order."""

    scorecard: Scorecard
    pages: tuple[KeyResultPage, ...] = ()
    sources: tuple[SourceHealth, ...] = ()
    due: str = ""  # who owes a check-in


class Retargeted(Value, frozen=True):
    """A target that was another one until a run told of this one."""

    at: Instant
    now: str
    was: str


@dataclass(frozen=True)
class Told:
    """What is known of all key results, to make their pages from."""

    beliefs: Mapping[str, Sequence[Belief]]  # by metric, by day and then as recorded
    check_ins: Iterable[CheckIn]
    turns: Mapping[str, Sequence[Turn]]  # by key result, the oldest first
    baselines: Mapping[str, PinnedBaseline]  # by key result
    retargeted: Mapping[str, Sequence[Retargeted]]  # by key result


def key_result_pages(scorecard: Scorecard, plan: Plan, told: Told) -> tuple[KeyResultPage, ...]:
    """One for each key result of the scorecard."""
    maker = _Maker(scorecard, plan, told)
    return tuple(maker.page(card) for card in scorecard.cards())


class _Maker:
    def __init__(self, scorecard: Scorecard, plan: Plan, told: Told) -> None:
        self.scorecard, self.plan, self.told = scorecard, plan, told
        self.plans = Plans(plan)
        self.results = {each.id: each for each in plan.key_results()}
        self.check_ins = by_key_result(told.check_ins)

    def page(self, card: KeyResultCard) -> KeyResultPage:
        result, said = self.results.get(card.id), self.check_ins.get(card.id, ())
        beliefs = self._beliefs(card, said)
        notes = [Said(one.as_of, one.recorded_at, note_of(one, card.title)) for one in said]
        marks = [mark(each.note, each.day) for each in notes]
        newest_first = sorted(beliefs, key=lambda each: (each.reading.as_of, each.reading.recorded_at), reverse=True)
        own = tuple(each for each in newest_first if each.reading.period is None)
        return KeyResultPage(
            card=card,
            figures=() if result is None else tuple(self._figures(card, result, beliefs, marks)),
            beliefs=own,
            others=tuple(_of_newest_days(newest_first)),
            notes=tuple(reversed(notes)),
            turns=tuple(reversed(self.told.turns.get(card.id, ()))),
            remarks=() if result is None else tuple(self._remarks(card, result, beliefs)),
        )

    def _beliefs(self, card: KeyResultCard, said: Sequence[CheckIn]) -> list[Belief]:
        """A key result without a metric has the values that people gave."""
        if not card.metrics:
            return with_ends(said_values(said, self.plan.cycle.timezone))
        return [belief for name in card.metrics for belief in self.told.beliefs.get(name, ())]

    def _figures(
        self, card: KeyResultCard, result: KeyResult, beliefs: Sequence[Belief], marks: Sequence[Mark]
    ) -> Iterator[Figure]:
        zone = self.plan.cycle.timezone
        parts = parts_of_card(card, result, self.plan.metrics)
        for part, target in zip(parts, parts_of(result.target), strict=False):
            figure = Figure(part=part, lines=tuple(explained_part(part, self.plan.metrics, zone)))
            if isinstance(target, Maintain | Cadence):
                figure = replace(figure, cells=tuple(self._cells(part, target, beliefs)))
            elif part.reading is not None:
                view, cycle = of_part(card, part), self.scorecard.cycle
                drawn = graph(view, beliefs, cycle, self.scorecard.as_of, planned=self.plans.of(view), marks=marks)
                figure = replace(figure, graph=drawn)
            yield figure

    def _cells(self, part: PartCard, target: Maintain | Cadence, beliefs: Iterable[Belief]) -> Iterator[Cell]:
        judged = dict(part.periods)
        newest = {
            each.period: each.value
            for each in believed_now(beliefs)
            if each.metric == part.metric and each.state == "ok"
        }
        for period in periods(self.plan.cycle, target.every):
            word = judged.get(period.label, "to come")
            if word == "running" and period.end <= self.scorecard.as_of + DAY:
                word = "waiting"  # it has ended, and what it is judged by may still come
            yield Cell(period.label, word, newest.get(period.label))

    def _remarks(self, card: KeyResultCard, result: KeyResult, beliefs: Sequence[Belief]) -> Iterator[str]:
        pinned = self.told.baselines.get(card.id)
        if pinned is not None and any(isinstance(part, Change) for part in parts_of(result.target)):
            yield self._baseline(pinned)
        yield from (self._guard(guard) for guard in result.guard)
        for each in self.told.retargeted.get(card.id, ()):
            when = words.instant(each.at, self.plan.cycle.timezone)
            yield f"the target changed, told first {when}: now {each.now}, was {each.was}"
        yield from self._redefined(beliefs)

    def _baseline(self, pinned: PinnedBaseline) -> str:
        metric, zone = self.plan.metrics.get(pinned.metric), self.plan.cycle.timezone
        value = words.number(Fraction(pinned.exact), "" if metric is None else metric.unit)
        on = words.day(words.local_day(pinned.recorded_at, zone))
        source = f"as given: {pinned.note}" if pinned.note else f"n = {pinned.n:,}"
        return f"baseline {value} over {words.days(pinned.window, zone)} ({source}); pinned on {on}, so it stays"

    def _guard(self, guard: GuardOn) -> str:
        metric = self.plan.metrics[guard.metric]
        bounds = [("at least", guard.at_least), ("at most", guard.at_most)]
        asked = " and ".join(
            f"{word} {words.number(bound, metric.unit)}" for word, bound in bounds if bound is not None
        )
        ok = [each for each in believed_now(self.told.beliefs.get(guard.metric, ())) if _stands(each)]
        bound = guard.at_least if guard.at_least is not None else guard.at_most
        now = words.number(ok[-1].value, metric.unit, bound) if ok else "not known"
        return f"guard: {metric.name} {asked}; now {now}"

    def _redefined(self, beliefs: Iterable[Belief]) -> Iterator[str]:
        """A metric that was defined anew within the cycle: numbers from before and after cannot be compared."""
        first: dict[tuple[str, str], Instant] = {}
        for belief in beliefs:
            one = belief.reading
            key = (one.metric, one.definition)
            first[key] = min(one.recorded_at, first.get(key, one.recorded_at))
        for (metric, definition), at in sorted(first.items(), key=lambda each: each[1]):
            if any(other == metric and earlier < at for (other, _), earlier in first.items()):
                when = words.instant(at, self.plan.cycle.timezone)
                yield f"{metric} is measured another way since {when} (definition {definition})"


def _of_newest_days(newest_first: Iterable[Belief]) -> Iterator[Belief]:
    """Of each period what was measured as of its newest day."""
    newest: dict[tuple[str, str | None], date] = {}
    for belief in newest_first:
        one = belief.reading
        if one.period is not None and newest.setdefault((one.metric, one.period), one.as_of) == one.as_of:
            yield belief


def _stands(reading: Reading) -> bool:
    return reading.state == "ok" and reading.period is None


def source_health(
    name: str,
    pulled: tuple[Instant, SourceOutcome] | None,
    last_ok: Instant | None,
    coverages: Iterable[Coverage],
    scorecard: Scorecard,
) -> SourceHealth:
    """Of one source; the coverages of others are not looked at."""
    at, outcome = (None, None) if pulled is None else pulled
    return SourceHealth(
        name=name,
        outcome=outcome,
        at=at,
        last_ok=last_ok,
        coverages=tuple(each for each in coverages if each.source == name),
        stands_on_it=tuple(card for card in scorecard.cards() if cut_off(card, (name,))),
        mend="" if outcome is None or outcome.state == "ok" else mend(outcome, scorecard.cycle.timezone).why,
    )


def strip_text(cells: Sequence[Cell]) -> str:
    """`6 met, 1 unknown, 1 running, 5 to come`."""
    counts = Counter(cell.word for cell in cells)
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def turns(days: Iterable[Verdicts]) -> dict[str, list[Turn]]:
    """Key result -> the days on which its word became another, the first day included. `days` in order."""
    found: dict[str, list[Turn]] = {}
    for day in days:
        for objective in day.objectives:
            for card in objective.key_results:
                before = found.setdefault(card.id, [])
                if not before or before[-1].status != card.status:
                    before.append(Turn(day=day.as_of, status=card.status, reason=card.reason))
    return found


def retargeted(told: Iterable[tuple[Instant, Verdicts]]) -> dict[str, list[Retargeted]]:
    """Key result -> the changes of its target, or of a part of it, from run to run. `told` in order."""
    aims: dict[tuple[str, str], str] = {}
    found: dict[str, list[Retargeted]] = {}
    for at, verdicts in told:
        cards = [card for objective in verdicts.objectives for card in objective.key_results]
        for card in cards:
            for aim in card.parts or (Aim("", card.target_text),):
                was = aims.get((card.id, aim.name), aim.target_text)
                if was and aim.target_text and was != aim.target_text:
                    found.setdefault(card.id, []).append(Retargeted(at, aim.target_text, was))
                aims[card.id, aim.name] = aim.target_text or was
    return found
