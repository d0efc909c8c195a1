"""What one part of a key result stands on: its metric, its readings, how long they are good for, what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from okr_model.durations import Duration
from okr_model.exchange import Reading, SourceOutcome
from okr_model.facts import Instant
from okr_model.history import Course, Known
from okr_model.metrics import Metric
from okr_model.plan import KeyResult, part_metric
from okr_model.rollup import NOBODY, stale_words
from okr_model.rulings import words
from okr_model.targets import Cadence, Maintain, Part
from okr_model.windows import DAY, final_known, final_label, midnight, moved
from okr_model.words import Quantity, day, days, local_day, number

NIGHTLY_MAX_AGE = Duration(50, "h")
"""Twice a nightly schedule's interval and two hours."""
_MANUAL_GRACE = Duration(3, "d")
_FAILURES = {
    "config": "refused what was asked",
    "transient": "could not be reached",
    "data": "answered in a form it had not promised",
}
_HTTP_CODE = re.compile(r"\b([45]\d\d)\b")
_TROUBLE = {
    "empty": "there is not enough yet",
    "too_few": "there is not enough yet",
    "not_covered": "the facts do not reach far enough",
    "source_error": "the source is broken",
    "schema_error": "the source is broken",
}


_OUTCOMES = {"account": "verdicts", "transaction": "fraud labels", "ticket": "solutions", "review": "decisions"}


@dataclass(frozen=True)
class Verdict:
    """A status word, why, and what the next better word would take."""

    status: str
    reason: str
    needs: str = ""


@dataclass(frozen=True)
class Standing:
    """One part of one key result and the readings it is judged by."""

    result: KeyResult
    metric: Metric | None
    course: Course  # of its own window, or of what people said
    last: Reading | None  # the newest ok one, periods included
    as_of: date | None  # the day that `last` speaks for
    fresh_until: Instant | None

    @property
    def unit(self) -> str:
        """The metric's, or the manual key result's own."""
        return self.metric.unit if self.metric is not None else self.result.unit or ""

    @property
    def name(self) -> str:
        """The metric's title, or the manual key result's."""
        return self.metric.name if self.metric is not None else self.result.title

    def said(self, value: Quantity | None, *against: Quantity | None) -> str:
        """A value in words, on its side of each `against`."""
        return number(value, self.unit, *against)


def standing_of(result: KeyResult, part: Part, known: Known) -> Standing:
    """The metric, course and newest ok reading of a part."""
    name = part_metric(result, part)
    metric = known.plan.metrics[name] if name is not None else None
    course = known.course(metric) if metric is not None else known.said(result.id)
    own = _stood_on(metric, course, known)
    found = [] if own is None else [(own.as_of, own)]
    if metric is not None and isinstance(part, Maintain | Cadence):
        found += _of_periods(metric, part, known)
    if not found:
        return Standing(result, metric, course, None, None, None)
    as_of, last = max(found, key=lambda each: each[0])
    return Standing(result, metric, course, last, as_of, moved(as_of + DAY, max_age(result, metric, known), known.zone))


def _of_periods(metric: Metric, part: Maintain | Cadence, known: Known) -> list[tuple[date, Reading]]:
    """The newest ok reading of each period, and the day it speaks for.

    A period that is over is read again every night; that says nothing of later days, and keeps nothing fresh.
    """
    found = []
    delays = (metric.settle, metric.maturity, part.grace if isinstance(part, Cadence) else None)
    for period in known.periods(part.every):
        last = known.course(metric, period.label).last_ok
        if last is not None:
            whole = local_day(moved(period.end, delays, known.zone) - 1, known.zone)
            found.append((min(last.as_of, whole), last))
    return found


def _stood_on(metric: Metric | None, course: Course, known: Known) -> Reading | None:
    """The newest ok reading; of a cycle that is over its final one, else the last that does not look past its end."""
    if known.as_of < known.cycle.end - DAY:
        return course.last_ok
    final = None if metric is None else known.course(metric, final_label(known.cycle)).last_ok
    end = midnight(known.cycle.end, known.zone)
    inside = (each for each in reversed(course.readings) if each.state == "ok" and each.window.end <= end)
    return final or next(inside, None)


def max_age(result: KeyResult, metric: Metric | None, known: Known) -> tuple[Duration, ...]:
    """How long after its day a reading is good for."""
    if result.max_age is not None:
        return (result.max_age,)
    return (NIGHTLY_MAX_AGE,) if metric is not None else (known.cycle.check_in_every, _MANUAL_GRACE)


def before_judging(standing: Standing, known: Known) -> Verdict | None:
    """The rules that come before any number is looked at: Closing, Not Started, No Data, Stale."""
    cycle = known.cycle
    if known.as_of >= cycle.end:
        return Verdict("Closing", closing_reason(standing, known))
    if known.as_of < cycle.start:
        return Verdict("Not Started", f"the cycle starts on {day(cycle.start)}")
    if standing.last is None:
        return Verdict("No Data", f"no value so far; {trouble(standing, known) or _nothing_taken(standing)}")
    if standing.fresh_until is not None and known.now > standing.fresh_until:
        return Verdict("Stale", stale_reason(standing, standing.last, known))
    return None


def closing_reason(standing: Standing, known: Known) -> str:
    """`final on 31 Jan: 30 days for verdicts; …`: when the number of a cycle that has ended is final, and why then."""
    cycle, metric = known.cycle, standing.metric
    ended = f"the cycle ended on {day(cycle.end - DAY)}"
    if metric is not None and (ready := final_known(metric, cycle)) > known.night:
        return f"final on {day(local_day(ready, known.zone))}: {_until_final(metric)}; {ended}"
    if standing.last is not None and standing.last.period == final_label(cycle):
        return f"its final reading is in, and counts once the cycle is closed; {ended}"
    until = moved(cycle.end, (cycle.close_grace, *_delays(metric)), known.zone)
    if until <= known.night:
        return f"nothing more is waited for: final once the cycle is closed; {ended}"
    return f"final once the cycle is closed, which waits until {day(local_day(until, known.zone))} at most; {ended}"


def _delays(metric: Metric | None) -> tuple[Duration | None, ...]:
    return () if metric is None else (metric.settle, metric.maturity)


def _until_final(metric: Metric) -> str:
    """What is waited for, in words."""
    found = [] if metric.settle is None else [f"{metric.settle.words} to settle"]
    if metric.mature is not None:
        found.append(f"{metric.mature.words} for {_OUTCOMES.get(metric.fact or '', 'outcomes')}")
    elif metric.maturity is not None:
        found.append(f"{metric.maturity.words} until the last can be judged")
    return " and ".join(found)


def stale_reason(standing: Standing, last: Reading, known: Known) -> str:
    """The last value, its age, and whether the source is broken or there is not enough yet."""
    shown = number(_value(last), standing.unit)
    return stale_words(shown, standing.as_of or last.as_of, known.now, known.zone, trouble(standing, known) or "")


def trouble(standing: Standing, known: Known) -> str | None:
    """Why there is nothing newer, in words; None where nothing is wrong."""
    if standing.metric is None:
        return NOBODY if standing.last else None
    broken = failed_sources(standing.metric, known)
    if broken:
        return f"the source is broken: {'; '.join(broken)}"
    newest = standing.course.newest
    if newest is None or newest.state == "ok":
        return None
    code, _, sentence = (newest.reason or "").partition(": ")
    return f"{_TROUBLE.get(code, code)}: {sentence}"


def failed_sources(metric: Metric, known: Known) -> list[str]:
    """Of the metric's sources, those whose last pull failed or was put off, and why, in a reader's words."""
    outcomes = (known.outcomes.get(name) for name in known.sources_of.get(metric.id, ()))
    return [_failure(outcome) for outcome in outcomes if outcome is not None and outcome.state != "ok"]


def _failure(outcome: SourceOutcome) -> str:
    """`payments refused our key (401)`. What to mend, and where, is for operators: alerts and `okr explain` say it."""
    if outcome.error is None:
        return f"{outcome.name} was not read"
    code = _HTTP_CODE.search(outcome.error.message)
    refused = code is not None and code[1] in ("401", "403")
    what = "refused our key" if refused else _FAILURES[outcome.error.kind]
    return f"{outcome.name} {what}{f' ({code[1]})' if code else ''}"


def note_on(standing: Standing, known: Known) -> str:
    """What happened since the reading that the status stands on: a failed attempt hides no status, but is told."""
    if standing.last is None or standing.metric is None or lasting(standing, known) is None:
        return ""
    ruling = standing.last.ruling
    released = "" if ruling is None else f"{standing.said(standing.last.value)} was held, {words(ruling, known.zone)}"
    if standing.fresh_until is not None and known.now > standing.fresh_until:
        return released  # that it is Stale says the rest
    return "; ".join(part for part in (released, _since(standing, standing.last, standing.metric, known)) if part)


def _since(standing: Standing, last: Reading, metric: Metric, known: Known) -> str:
    newest = standing.course.newest
    broken = failed_sources(metric, known)
    if broken:
        return f"the last pull failed: {'; '.join(broken)}; value of {day(last.as_of)}"
    if newest is not None and newest.as_of > last.as_of and newest.reason:
        return f"{day(newest.as_of)} has no value of its own, {newest.reason}; value of {day(last.as_of)}"
    return f"nothing newer was taken; value of {day(last.as_of)}" if last.as_of < known.as_of else ""


def covers(reading: Reading) -> str:
    """`covers 16 to 22 Nov`, or `as of 22 Nov` for a point in time."""
    if reading.window.start is None:
        return f"as of {days(reading.window, reading.zone).removeprefix('up to ')}"
    return f"covers {days(reading.window, reading.zone)}"


def _value(reading: Reading) -> Fraction:
    value = reading.fraction
    assert value is not None, "an ok reading has a value"
    return value


def _nothing_taken(standing: Standing) -> str:
    return "nobody has checked in a value" if standing.metric is None else "no reading has been taken"


def lasting(standing: Standing, known: Known) -> Instant | None:
    """Until when the verdict holds without a newer reading; None where no reading could change it."""
    return standing.fresh_until if known.cycle.start <= known.as_of < known.cycle.end else None
