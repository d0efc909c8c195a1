"""The status of one part of a key result: the first rule that applies, with its reason in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from msgspec.structs import replace

from okr_model.baselines import baseline_known, baseline_window, still_good
from okr_model.exchange import CheckIn, Reading, Span
from okr_model.forecast import forecast
from okr_model.history import Known
from okr_model.metrics import Metric
from okr_model.pace import TOO_EARLY, PaceLine
from okr_model.period_status import judge_periods
from okr_model.plan import KeyResult
from okr_model.progress import Way, changed, held_long_enough, held_since, hold_of, mostly_inside, way_of
from okr_model.readings import wilson
from okr_model.scorecard import Forecast, PartCard
from okr_model.standing import Standing, Verdict, before_judging, covers, lasting, note_on, standing_of
from okr_model.targets import Baseline, Cadence, Change, FromTo, Maintain, Milestone, Part
from okr_model.windows import DAY, end_of, midnight, window_of
from okr_model.words import day, days, figure, local_day, number

_ON_TRACK = (Fraction(9, 10), Fraction(5, 100))
_AT_RISK = (Fraction(6, 10), Fraction(10, 100))
_FORECAST_HAIR = Fraction(1, 10**6)  # of the way: a forecast is reckoned in floats
_MILESTONE = Way(Fraction(0), Fraction(1))


@dataclass(frozen=True)
class Track:
    """Where a key result goes, how it is planned to, and how far that is for the reading that it stands on."""

    way: Way
    line: PaceLine
    expected: Fraction
    provisional: str = ""  # why the way itself may still change


def judge_part(result: KeyResult, part: Part, known: Known) -> PartCard:
    """One part of a target, judged alone."""
    if isinstance(part, Milestone):
        return _milestone(result, part, known)
    standing = standing_of(result, part, known)
    if isinstance(part, Maintain | Cadence):
        return judge_periods(standing, part, known)
    return _along_a_way(standing, part, known)


def _along_a_way(standing: Standing, part: FromTo | Change, known: Known) -> PartCard:
    way, provisional = _way(standing, part, known)
    last, known_way = standing.last, way if isinstance(way, Way) else None
    line = known.pacing.line(standing.result.pace, known_way)
    value = last.fraction if last is not None else None
    plan = None if last is None else known.pacing.expected(line, standing.metric, last.window)
    verdict = before_judging(standing, known)
    if verdict is None and isinstance(way, Verdict):
        verdict = way
    ahead = None
    if verdict is None and known_way is not None and last is not None and plan is not None:
        verdict = _rules(standing, part, Track(known_way, line, plan, provisional), known)
        ahead = None if verdict.status == "Complete" else forecast(standing.result, standing.metric, known)
        verdict = verdict if ahead is None else _looking_ahead(standing, known_way, verdict, ahead, known)
    assert verdict is not None, "one of the rules applies"
    progress = known_way.progress(value) if known_way is not None and value is not None else None
    return PartCard(
        name=standing.name,
        kind=part.kind,
        status=verdict.status,
        reason=verdict.reason,
        needs=verdict.needs,
        actual=None if value is None else float(value),
        unit=standing.unit,
        progress=None if progress is None else float(progress),
        exact=None if progress is None or provisional else str(progress),
        expected=None if plan is None or known_way is None else float(plan),
        planned=None if plan is None or known_way is None else float(known_way.value(plan)),
        start=None if known_way is None else float(known_way.start),
        target=None if known_way is None else float(known_way.end),
        target_text=f"{_target_text(standing, part, known_way)}{' (provisional)' if provisional else ''}",
        metric=standing.metric.id if standing.metric is not None else None,
        reading=last,
        as_of=None if last is None else last.as_of,
        note=note_on(standing, known),
        fresh_until=lasting(standing, known),
        forecast=ahead,
    )


def _looking_ahead(standing: Standing, way: Way, verdict: Verdict, ahead: Forecast, known: Known) -> Verdict:
    """On Track is lowered where even the good end of the forecast misses."""
    if verdict.status != "On Track" or ahead.range is None:
        return verdict
    low, high = (Fraction(str(end)) for end in (ahead.range.low, ahead.range.high))
    if way.progress(high if way.upward else low) >= 1 - _FORECAST_HAIR:
        return verdict
    first, last = figure(low, standing.unit, way.end), standing.said(high, way.end)
    ends = last if last.startswith(first) else f"{first} to {last}"
    reason = f"heads for {ends} by {day(known.cycle.end - DAY)}, short of {standing.said(way.end)}; {verdict.reason}"
    course = f"a course that reaches {standing.said(way.end)} by {day(known.cycle.end - DAY)}"
    return Verdict("At Risk", reason, f"{course} for On Track")


def _rules(standing: Standing, part: FromTo | Change, track: Track, known: Known) -> Verdict:
    """Complete, Too Early, pace."""
    last, way = standing.last, track.way
    assert last is not None, "No Data comes first"
    value = last.fraction
    assert value is not None, "an ok reading has a value"
    shown = standing.said(value, way.end)
    since = _held(standing, part, way, known) if way.met(value) and not track.provisional else None
    if since is not None:
        return Verdict("Complete", f"{shown}, held since {day(since)}; {covers(last)}")
    if track.expected < TOO_EARLY:
        early = [f"{shown} so far", _judged_from(standing.metric, track, known), track.provisional, covers(last)]
        return Verdict("Too Early", "; ".join(filter(None, early)))
    return _paced(standing, last, value, track, known)


def _held(standing: Standing, part: FromTo | Change, way: Way, known: Known) -> date | None:
    """Since when the target has been held, where that is long enough to be complete."""
    last = standing.last
    since = held_since(way, standing.course.readings, known.cycle.start)
    if last is None or since is None or not mostly_inside(last.window, midnight(known.cycle.start, known.zone)):
        return None
    until = last.as_of if standing.metric is not None else known.as_of
    return since if held_long_enough(since, until, hold_of(part, standing.metric)) else None


def _paced(standing: Standing, last: Reading, value: Fraction, track: Track, known: Known) -> Verdict:
    way, plan = track.way, track.expected
    progress = way.progress(value)
    on_track, at_risk = _least(plan, _ON_TRACK), _least(plan, _AT_RISK)
    edges = (way.end, way.value(on_track), way.value(at_risk))
    words = [f"{standing.said(value, *edges)}, planned {standing.said(way.value(plan), way.end)}"]
    if track.provisional:
        words.append(track.provisional)
    if way.met(value):
        words.append(f"at the target, not yet {'final' if track.provisional else 'held long enough'}")
    if progress < 0:
        words.append(f"worse than the start of {standing.said(way.start)}")
    if (unsure := _unsure(standing.metric, last, way)) is not None:
        words.append(unsure)
    reason = "; ".join([*words, covers(last)])
    if progress >= on_track:
        return Verdict("On Track", reason)
    if progress >= at_risk:
        return Verdict("At Risk", reason, _needs(standing, track, _ON_TRACK, "On Track", known))
    return Verdict("Off Track", reason, _needs(standing, track, _AT_RISK, "At Risk", known))


def _least(plan: Fraction, rule: tuple[Fraction, Fraction]) -> Fraction:
    """The least progress that a word asks for: a share of the plan, or a gap to it."""
    share, gap = rule
    return min(share * plan, plan - gap)


def _needs(standing: Standing, track: Track, rule: tuple[Fraction, Fraction], word: str, known: Known) -> str:
    """The value that the next better word takes in a week's time, rounded to the side that is enough."""
    way, by = track.way, min(known.as_of + timedelta(days=7), known.cycle.end - DAY)
    metric = standing.metric
    night = Span(start=None, end=end_of(by, known.zone))
    window = night if metric is None else window_of(metric, by, known.cycle)
    value = way.value(_least(known.pacing.expected(track.line, metric, window), rule))
    scale = 10 if abs(value) >= 10 else 100
    enough = Fraction(ceil(value * scale) if way.upward else floor(value * scale), scale)
    return f"{standing.said(enough)} or {'more' if way.upward else 'less'} by {day(by)} for {word}"


def _unsure(metric: Metric | None, last: Reading, way: Way) -> str | None:
    """Said where the target lies inside the interval of a ratio that has not reached it."""
    if metric is None or metric.unit != "percent" or not last.denominator or last.numerator is None:
        return None
    if last.numerator > last.denominator or last.numerator < 0 or way.met(Fraction(last.exact or 0)):
        return None
    interval = wilson(last.numerator, last.denominator)
    inside = interval.low <= way.end <= interval.high
    return f"not distinguishable from the target (n = {last.n:,})" if inside else None


def _judged_from(metric: Metric | None, track: Track, known: Known) -> str:
    first = known.pacing.judged_from(track.line, metric, known.as_of)
    if first is None:
        return "the plan asks for less than a tenth of the way up to the cycle's end"
    return f"judged from {day(first)} on, when a tenth of the way is planned"


def _way(standing: Standing, part: FromTo | Change, known: Known) -> tuple[Way | Verdict, str]:
    """The way, or why there is none; and while it rests on a part of its baseline, that it does."""
    if isinstance(part, FromTo):
        return way_of(part), ""
    baseline, metric = part.baseline, standing.metric
    if not isinstance(baseline, Baseline):
        return _from_baseline(part, Fraction(baseline), standing), ""
    if metric is None:
        return Verdict("No Data", "baseline not known: without a metric it must be a number; set `baseline`"), ""
    pinned = known.baselines.get(standing.result.id)
    if pinned is not None and still_good(pinned, metric, baseline, known.cycle, known.definitions[metric.id]):
        return _from_baseline(part, Fraction(pinned.exact), standing), ""
    so_far = known.provisional_baseline(baseline, metric)
    way = None if so_far is None or so_far.fraction is None else _from_baseline(part, so_far.fraction, standing)
    if so_far is None or not isinstance(way, Way):
        return _no_baseline(baseline, metric, known), ""
    final = day(local_day(baseline_known(baseline, metric, known.cycle), known.zone))
    shown = f"{standing.said(so_far.fraction)} over {days(so_far.window, so_far.zone)}"
    return way, f"the target is provisional, its baseline so far {shown}, final on {final}"


def _from_baseline(part: Change, baseline: Fraction, standing: Standing) -> Way | Verdict:
    try:
        return changed(part, baseline)
    except ValueError:
        shown = standing.said(baseline)
        return Verdict("No Data", f"no target: {part.by} of a baseline of {shown}; set `baseline` to a number above 0")


def _no_baseline(baseline: Baseline, metric: Metric, known: Known) -> Verdict:
    window = days(baseline_window(baseline, known.cycle), known.zone)
    over = f"baseline not yet known: {metric.name}, {window}"
    ready = baseline_known(baseline, metric, known.cycle)
    if ready > known.night:
        return Verdict("Too Early", f"{over}, is mature on {day(local_day(ready, known.zone))}")
    newest = known.baseline_course(baseline, metric).newest
    if newest is None or newest.state == "ok":
        return Verdict("No Data", f"{over}, has not been measured")
    short = newest.reason or "no value"
    mend = "; set `baseline` to a number" if short.startswith(("empty", "too_few")) else ""
    return Verdict("No Data", f"{over}: {short}{mend}")


def _target_text(standing: Standing, part: FromTo | Change, way: Way | None) -> str:
    if way is not None:
        return standing.said(way.end)
    assert isinstance(part, Change), "only a change can lack its way"
    return f"{part.by} against the baseline"


def _milestone(result: KeyResult, part: Milestone, known: Known) -> PartCard:
    if part.metric is not None:
        return _measured_milestone(result, part, known)
    done = next((note for note in known.notes(result.id) if _done(note, part, known)), None)
    line = known.pacing.line(result.pace, None)
    plan = line.at(known.night)
    standing = Standing(result, None, known.said(result.id), None, None, None)
    if not known.cycle.start <= known.as_of < known.cycle.end:
        verdict = before_judging(standing, known)
    elif done is not None:
        verdict = Verdict("Complete", f"done, said on {day(done.as_of)}")
    else:
        verdict = _undone(part, standing, Track(_MILESTONE, line, plan), known)
    card = _milestone_card(part, verdict, 0.0 if done is None else 1.0, plan)
    return replace(card, as_of=known.as_of if done is None else done.as_of)


def _measured_milestone(result: KeyResult, part: Milestone, known: Known) -> PartCard:
    standing = standing_of(result, part, known)
    last = standing.last
    value = None if last is None or last.fraction is None else float(last.fraction >= 1)
    line = known.pacing.line(result.pace, None)
    plan = None if last is None else line.at(last.window.end)
    verdict = before_judging(standing, known)
    if verdict is None and value and last is not None:
        verdict = Verdict("Complete", f"done; {covers(last)}")
    if verdict is None and plan is not None:
        verdict = _undone(part, standing, Track(_MILESTONE, line, plan), known)
    return replace(
        _milestone_card(part, verdict, value, plan),
        metric=part.metric,
        reading=last,
        as_of=None if last is None else last.as_of,
        note=note_on(standing, known),
        fresh_until=lasting(standing, known),
    )


def _milestone_card(part: Milestone, verdict: Verdict | None, value: float | None, plan: Fraction | None) -> PartCard:
    assert verdict is not None, "one of the rules applies"
    return PartCard(
        name=part.name,
        kind="milestone",
        status=verdict.status,
        reason=verdict.reason,
        needs=verdict.needs,
        actual=value,
        progress=value,
        expected=None if plan is None else float(plan),
        planned=None if plan is None else float(plan),
        start=0,
        target=1,
        target_text=part.name,
    )


def _done(note: CheckIn, part: Milestone, known: Known) -> bool:
    """What is said of a day after the cycle comes too late for it."""
    return note.milestone == part.name and note.as_of < known.cycle.end


def _undone(part: Milestone, standing: Standing, track: Track, known: Known) -> Verdict:
    needs = (
        f"a check-in that says {part.name} is done, for Complete"
        if part.metric is None
        else f"{standing.name} at 1 or more for Complete"
    )
    plan = track.expected
    if plan < TOO_EARLY:
        return Verdict("Too Early", f"not done; {_judged_from(None, track, known)}", needs)
    due = number(100 * plan, "percent", 100)
    reason = f"not done, planned to be {due} of the way by {day(known.as_of)}"
    return Verdict("At Risk" if _least(plan, _AT_RISK) <= 0 else "Off Track", reason, needs)
