"""Targets that are judged period by period: maintain and cadence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from okr_model.exchange import Reading
from okr_model.history import Known
from okr_model.metrics import Metric
from okr_model.plan import KeyResult
from okr_model.progress import within_bounds
from okr_model.questions import deadline
from okr_model.scorecard import PartCard, Range
from okr_model.standing import Standing, Verdict, before_judging, covers, lasting, note_on, standing_of
from okr_model.targets import Cadence, Maintain
from okr_model.windows import DAY, Period, end_of, moved
from okr_model.words import day, listed, local_day, number, plural

Word: TypeAlias = Literal["met", "late", "not met", "unknown", "running"]


@dataclass(frozen=True)
class Judged:
    """One period that has begun: its word, and the newest reading of it."""

    period: Period
    word: Word
    reading: Reading | None

    @property
    def good(self) -> bool:
        """Whether it counts as met."""
        return self.word in ("met", "late")


def judge_periods(standing: Standing, part: Maintain | Cadence, known: Known) -> PartCard:
    """A maintain or cadence target, judged alone."""
    all_periods = known.periods(part.every)
    begun = [_judged(standing, part, period, known) for period in all_periods if period.start <= known.as_of]
    verdict = before_judging(standing, known)
    if verdict is None and isinstance(part, Maintain):
        verdict = _maintained(standing, part, begun, known)
    if verdict is None and isinstance(part, Cadence):
        verdict = _kept(part, begun, len(all_periods), known)
    assert verdict is not None, "one of the rules applies"
    shown = begun[-1].reading if begun and begun[-1].reading else standing.last
    low, high = _progress(part, begun, len(all_periods))
    return PartCard(
        name=standing.name,
        kind=part.kind,
        status=verdict.status,
        reason=verdict.reason,
        needs=verdict.needs,
        actual=None if shown is None else shown.value,
        unit=standing.unit,
        progress=float(low) if low is not None and low == high else None,
        progress_range=None if low is None or high is None or low == high else Range(low=float(low), high=float(high)),
        expected=_expected(part, begun, len(all_periods)),
        target=_bound(part),
        target_text=_target_text(standing, part),
        metric=standing.metric.id if standing.metric is not None else None,
        reading=shown,
        as_of=standing.as_of,
        periods=tuple((judged.period.label, judged.word) for judged in begun),
        note=note_on(standing, known),
        fresh_until=lasting(standing, known),
    )


def measured(result: KeyResult, part: Maintain | Cadence, label: str, known: Known) -> str | None:
    """What was found of a period, `98 %, not met`; None where that is not known, and a person may say it."""
    standing = standing_of(result, part, known)
    period = next((each for each in known.periods(part.every) if each.label == label), None)
    judged = None if period is None else _judged(standing, part, period, known)
    if judged is None or judged.reading is None or judged.word in ("unknown", "running"):
        return None
    return f"{_shown(standing, part, judged.reading)}, {judged.word}"


def _judged(standing: Standing, part: Maintain | Cadence, period: Period, known: Known) -> Judged:
    readings = _readings(standing, period, known)
    last = next((reading for reading in reversed(readings) if reading.state == "ok"), None)
    if isinstance(part, Cadence):
        word = _cadence_word(part, period, readings, last, known)
    else:
        word = _maintain_word(standing.metric, part, period, last, known)
    return Judged(period, _settled(standing, period, known) if word == "unknown" else word, last)


def _settled(standing: Standing, period: Period, known: Known) -> Word:
    """When the cycle is over, a person's word stands in for what could not be measured."""
    if known.as_of < known.cycle.end - DAY:
        return "unknown"
    said = [note.settled for note in known.notes(standing.result.id) if note.period == period.label]
    found = [word for word in said if word is not None]
    return "unknown" if not found else "met" if found[-1] == "met" else "not met"


def _readings(standing: Standing, period: Period, known: Known) -> Sequence[Reading]:
    if standing.metric is not None:
        return known.course(standing.metric, period.label).readings
    return [reading for reading in standing.course.readings if period.start <= reading.as_of < period.end]


def _maintain_word(metric: Metric | None, part: Maintain, period: Period, last: Reading | None, known: Known) -> Word:
    if period.end > known.as_of + DAY:
        return "running"
    value = last.fraction if last is not None and _whole(metric, period, last, known) else None
    if value is not None:
        return "met" if within_bounds(part, value) else "not met"
    delays = () if metric is None else (metric.settle, metric.maturity)
    return "unknown" if moved(period.end, delays, known.zone) <= known.night else "running"


def _whole(metric: Metric | None, period: Period, last: Reading, known: Known) -> bool:
    """Whether a reading speaks for all of its period: read to the end, and no row still too young."""
    return metric is None or (last.window.end >= period.span(known.zone).end and last.pending == 0)


def _cadence_word(
    part: Cadence, period: Period, readings: Sequence[Reading], last: Reading | None, known: Known
) -> Word:
    until = deadline(part, period, known.zone)
    if last is not None and _enough(part, last):
        in_time = [reading for reading in readings if reading.as_of < period.end and reading.state == "ok"]
        seen_at_end = in_time and in_time[-1].as_of == period.end - DAY
        return "late" if seen_at_end and not any(_enough(part, reading) for reading in in_time) else "met"
    if known.night < until:
        return "running"
    if last is None or end_of(last.as_of, known.zone) < until:
        return "unknown"
    return "not met"


def _enough(part: Cadence, reading: Reading) -> bool:
    value = reading.fraction
    return value is not None and value >= part.times


def _progress(part: Maintain | Cadence, begun: Sequence[Judged], total: int) -> tuple[Fraction | None, Fraction | None]:
    """The least and the most that is possible; None where there is nothing to divide by."""
    good = sum(judged.good for judged in begun)
    unknown = sum(judged.word == "unknown" for judged in begun)
    bad = sum(judged.word == "not met" for judged in begun)
    whole = total if isinstance(part, Cadence) else good + bad + unknown
    if whole == 0:
        return None, None
    return Fraction(good, whole), Fraction(good + unknown, whole)


def _expected(part: Maintain | Cadence, begun: Sequence[Judged], total: int) -> float | None:
    if isinstance(part, Maintain) or total == 0:
        return None
    return sum(judged.word != "running" for judged in begun) / total


def _maintained(standing: Standing, part: Maintain, begun: Sequence[Judged], known: Known) -> Verdict:
    bound, tally = _target_text(standing, part), _tally(begun, part.every)
    misses = [judged for judged in begun if judged.word == "not met"]
    if len(misses) > part.allow:
        return Verdict("Off Track", f"{_shown_misses(standing, part, misses)}; {bound}; {tally}")
    running = begun[-1] if begun and begun[-1].word == "running" else None
    value = running.reading.fraction if running is not None and running.reading is not None else None
    if running is not None and running.reading is not None and value is not None:
        sentence = f"{_shown(standing, part, running.reading)} in {running.period.label} so far"
        sentence = f"{sentence}; {bound}; {tally}; {covers(running.reading)}"
        if not within_bounds(part, value):
            return Verdict("At Risk", sentence, f"{bound} by {day(running.period.end - DAY)}")
        return Verdict("On Track", sentence)
    if misses or any(judged.good for judged in begun):
        return Verdict("On Track", f"{bound}; {tally}")
    if any(judged.word == "unknown" for judged in begun):
        return Verdict("No Data", f"{tally}; {bound}")
    return Verdict("Too Early", _first_judged(standing, part, known))


def _first_judged(standing: Standing, part: Maintain, known: Known) -> str:
    first, last = known.periods(part.every)[0], standing.last
    delays = () if standing.metric is None else (standing.metric.settle, standing.metric.maturity)
    when = local_day(moved(first.end, delays, known.zone), known.zone)
    sentence = f"{first.label} can be judged from {day(when)} on; {_target_text(standing, part)}"
    return sentence if last is None else f"{_shown(standing, part, last)} {covers(last)}; {sentence}"


def _kept(part: Cadence, begun: Sequence[Judged], total: int, known: Known) -> Verdict:
    met = [judged for judged in begun if judged.good]
    misses = [at for at, judged in enumerate(begun) if judged.word == "not met"]
    tally = _cadence_tally(begun, plural(total, part.every))
    if len(met) == total:
        return Verdict("Complete", tally)
    if misses:
        best = f"{tally}; {listed([begun[at].period.label for at in misses])} missed"
        best += f"; best still possible {total - len(misses)} of {total}"
        made_up_for = any(judged.good for judged in begun[misses[-1] :])
        return Verdict("At Risk" if made_up_for else "Off Track", best)
    if met:
        return Verdict("On Track", tally)
    if any(judged.word == "unknown" for judged in begun):
        return Verdict("No Data", tally)
    return Verdict("Too Early", "; ".join([tally, *_still_open(part, begun, known)]))


def _cadence_tally(begun: Sequence[Judged], whole: str) -> str:
    tally = f"{sum(judged.good for judged in begun)} of {whole} met"
    for word in ("late", "unknown"):
        labels = [judged.period.label for judged in begun if judged.word == word]
        tally += f", {listed(labels)} {word}" if labels else ""
    return tally


def _still_open(part: Cadence, begun: Sequence[Judged], known: Known) -> list[str]:
    running = [judged.period for judged in begun if judged.word == "running"]
    return [
        f"{period.label} counts until {day(local_day(deadline(part, period, known.zone) - 1, known.zone))}"
        for period in running
    ]


def _tally(begun: Sequence[Judged], every: str) -> str:
    words = [judged.word for judged in begun if judged.word != "running"]
    met, unknown = sum(word == "met" for word in words), words.count("unknown")
    text = f"{met} of {plural(len(words), every)} met"
    return f"{text}, {unknown} unknown" if unknown else text


def _shown(standing: Standing, part: Maintain | Cadence, reading: Reading) -> str:
    value = reading.fraction
    assert value is not None, "an ok reading has a value"
    if isinstance(part, Cadence):
        return standing.said(value)
    bounds = [bound for bound in (part.at_least, part.at_most, *(part.between or ())) if bound is not None]
    nearest = min(bounds, key=lambda bound: abs(Fraction(bound) - value))
    return standing.said(value, nearest)


def _shown_misses(standing: Standing, part: Maintain, misses: Sequence[Judged]) -> str:
    newest = misses[-1]
    if newest.reading is None:
        return f"{newest.period.label} not met, as a person settled it"
    return f"{_shown(standing, part, newest.reading)} in {newest.period.label}, not met"


def _bound(part: Maintain | Cadence) -> float | None:
    if isinstance(part, Cadence):
        return float(part.times)
    bound = part.at_least if part.at_least is not None else part.at_most
    return None if bound is None else float(bound)


def _target_text(standing: Standing, part: Maintain | Cadence) -> str:
    if isinstance(part, Cadence):
        return f"{part.times} every {part.every}"
    unit = standing.unit
    if part.between is not None:
        low, high = part.between
        return f"between {number(low, unit)} and {number(high, unit)} every {part.every}"
    word, bound = ("at least", part.at_least) if part.at_least is not None else ("at most", part.at_most)
    return f"{word} {number(bound, unit)} every {part.every}"
