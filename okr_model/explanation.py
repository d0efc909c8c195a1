"""Where a key result's number and status come from, in sentences with which a person can redo both by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from okr_model import words
from okr_model.exchange import Coverage, Reading, SourceOutcome, Value
from okr_model.facts import Instant
from okr_model.metrics import Condition, Confusion, Metric, OfValue, Quantile, Share, ShareDistinct, Span, Where, Within
from okr_model.plan import KeyResult, Plan
from okr_model.readings import wilson
from okr_model.scorecard import Forecast, KeyResultCard, PartCard, Range
from okr_model.targets import parts_of


class Paragraph(Value, frozen=True):
    """A heading and its lines."""

    heading: str
    lines: tuple[str, ...]


class Explanation(Value, frozen=True):
    """Everything that is said of one key result, and the card it is said of."""

    key_result: KeyResultCard
    paragraphs: tuple[Paragraph, ...]


def explain(
    card: KeyResultCard,
    result: KeyResult,
    plan: Plan,
    coverages: Sequence[Coverage],
    outcomes: Sequence[tuple[Instant, SourceOutcome]],
) -> Explanation:
    """`coverages` and newest `outcomes` of the sources behind the key result's metrics."""
    metrics, zone = plan.metrics, plan.cycle.timezone
    paragraphs = [Paragraph("Status", tuple(_status(card, zone)))]
    for part in parts_of_card(card, result, metrics):
        paragraphs.append(Paragraph(part.name, tuple(explained_part(part, metrics, zone))))
    sources = [_coverage(each, zone) for each in coverages]
    sources += [_pulled(at, outcome, zone) for at, outcome in outcomes]
    if sources:
        paragraphs.append(Paragraph("Sources", tuple(sources)))
    return Explanation(card, tuple(paragraphs))


def _status(card: KeyResultCard, zone: ZoneInfo) -> list[str]:
    lines = [f"{card.status}: {card.reason}", *card.notes]
    if card.since is not None:
        lines.append(f"{card.computed or card.status} since {words.day(card.since)}, by the rules")
    if card.fresh_until is not None:
        lines.append(f"Stale after {_at(card.fresh_until, zone)}, if no newer value comes")
    return lines


def parts_of_card(card: KeyResultCard, result: KeyResult, metrics: Mapping[str, Metric]) -> tuple[PartCard, ...]:
    """Its parts; for a target of one part, which a card does not list apart, that one."""
    if card.parts:
        return card.parts
    metric = metrics.get(result.metric or "")
    only = PartCard(
        name=card.title if metric is None else metric.name,
        kind=parts_of(result.target)[0].kind,
        status=card.status,
        reason=card.reason,
        actual=card.actual,
        unit=card.unit,
        progress=card.progress,
        expected=card.expected,
        start=card.start,
        target=card.target,
        target_text=card.target_text,
        metric=result.metric,
        reading=card.reading,
        periods=card.periods,
        planned=card.planned,
        needs=card.needs,
        forecast=Forecast(range=card.forecast, note=card.forecast_note),
    )
    return (only,)


def explained_part(part: PartCard, metrics: Mapping[str, Metric], zone: ZoneInfo) -> list[str]:
    """How one part's number and status came about, line by line: `number: …`, `where: …`, `window: …`."""
    lines = [f"target: {part.target_text}" if part.target_text else f"kind: {part.kind}"]
    metric = metrics.get(part.metric or "")
    if part.reading is not None and metric is not None:
        lines += [f"number: {equation(part.reading, metric)}", *_interval(part.reading, metric)]
        lines += [f"where: {describe(metric)}", *_provenance(part.reading, metric, zone)]
    elif metric is not None:
        lines += ["number: not known", f"where: {describe(metric)}"]
    if part.periods:
        lines.append("periods: " + ", ".join(f"{label} {state}" for label, state in part.periods))
    return [*lines, *_judged(part)]


def _judged(part: PartCard) -> list[str]:
    """Progress, plan, forecast, the rule that gave the word, and what the next better one takes."""
    lines = []
    if part.progress is not None:
        lines.append(f"progress: {_progress(part)}")
    if part.expected is not None:
        planned = "" if part.planned is None else f", planned {words.number(part.planned, part.unit, part.target)}"
        lines.append(f"expected by now: {words.number(100 * part.expected, 'percent')} of the way{planned}")
    if part.forecast is not None and part.forecast.range is not None:
        low, high = (words.number(end, part.unit, part.target) for end in _ends(part.forecast.range))
        lines.append(f"forecast: {low} to {high} by the end of the cycle, in 8 of 10 cases")
    elif part.forecast is not None and part.forecast.note:
        lines.append(f"forecast: none; {part.forecast.note.removeprefix('no forecast: ')}")
    lines.append(f"judged: {part.status}: {part.reason}")
    return [*lines, f"to be better: {part.needs}"] if part.needs else lines


def _ends(found: Range) -> tuple[float, float]:
    return found.low, found.high


def _progress(part: PartCard) -> str:
    assert part.progress is not None
    way = words.number(100 * part.progress, "percent", 100)
    if part.kind not in ("increase", "decrease", "change") or part.actual is None or part.target is None:
        return f"{way} of the way"
    start = 0.0 if part.start is None else part.start
    return f"({part.actual:g} - {start:g}) / ({part.target:g} - {start:g}) = {way} of the way"


def _interval(reading: Reading, metric: Metric) -> list[str]:
    """How sure a share of so many rows is; nothing for what is no share."""
    over, under = reading.numerator, reading.denominator
    if metric.unit != "percent" or reading.value is None or over is None or not under or not 0 <= over <= under:
        return []
    low, high = (words.number(end, "percent") for end in _ends(wilson(over, under)))
    return [f"95 % interval: {low} to {high} (Wilson, n = {under:,.10g})"]


def equation(reading: Reading, metric: Metric) -> str:
    """`19.62981366 h = 161,180.4 / 8,211`: the value, from what it was worked out of."""
    if reading.value is None:
        return f"not known: {reading.reason}"
    shown = f"{reading.value:,.10g}{words.suffix(metric.unit)}"
    if reading.numerator is None or reading.denominator is None:
        return f"{shown} (n = {reading.n:,})"
    times = "100 x " if metric.unit == "percent" else ""
    return f"{shown} = {times}{reading.numerator:,.10g} / {reading.denominator:,.10g}"


def _provenance(reading: Reading, metric: Metric, zone: ZoneInfo) -> list[str]:
    start, end = reading.window.start, reading.window.end
    since = "from the first" if start is None else f"from {_at(start, zone)}"
    lines = [f"window: {since} to {_at(end, zone)} ({zone.key}), as of {reading.as_of}"]
    if reading.dropped:
        lines.append(_bad_rows(metric).format(words.plural(reading.dropped, "row")))
    if reading.pending:
        lines.append(f"left out: {words.plural(reading.pending, 'row')} too young to be judged")
    if reading.open:
        oldest = "" if reading.oldest_open is None else f", the oldest since {_at(reading.oldest_open, zone)}"
        lines.append(f"still open, so not in the number: {reading.open:,}{oldest}")
    if reading.ruling is not None:
        said = reading.ruling
        lines.append(f"held, then {said.word} by {said.by}, {_at(said.at, zone)}: {said.note}")
    lines.append(f"from: {', '.join(reading.sources)}; {reading.requests:,} requests, {reading.retries:,} retries")
    return [*lines, f"taken: {_at(reading.recorded_at, zone)}, run {reading.run_id}, definition {reading.definition}"]


def _bad_rows(metric: Metric) -> str:
    if isinstance(metric.measure, Within):
        return "counted as not in time: {} that cannot be right, its end before its start"
    if isinstance(metric.measure, Confusion):
        return "left out: {} without a prediction"
    if isinstance(metric.measure, Share | ShareDistinct):
        return "counted as not matching: {} that do not tell what is asked"
    return "left out: {} that cannot be right, its end before its start"


def _at(instant: int, zone: ZoneInfo) -> str:
    local = words.local_day(instant, zone)
    return f"{words.weekday(local)[:3]} {words.instant(instant, zone)} {local.year}"


def _coverage(coverage: Coverage, zone: ZoneInfo) -> str:
    since = "all time" if coverage.start is None else _at(coverage.start, zone)
    return f"{coverage.source}: {coverage.fact} complete from {since} to {_at(coverage.complete_to, zone)}"


def _pulled(at: Instant, outcome: SourceOutcome, zone: ZoneInfo) -> str:
    failed = "" if outcome.error is None else f": {outcome.error.message}"
    return f"{outcome.name}: last pull {outcome.state}, {_at(at, zone)}{failed}"


def describe(metric: Metric) -> str:
    """The definition in words: what is counted, over which rows."""
    if metric.measure is None:
        return "; ".join([f"the query of metrics.yaml at {metric.source}: {metric.query}", *_conditions(metric)])
    filters = f", only where {_where(metric.where)}" if metric.where else ""
    on = "" if metric.on is None else f"; a row is in the window by its {metric.on}"
    return "; ".join([f"{_measure(metric)} of {metric.fact}{filters}{on}", *_conditions(metric)])


def _conditions(metric: Metric) -> list[str]:
    """What else the definition says of when there is a number, and of how late news count."""
    found = []
    if metric.settle is not None:
        found.append(f"the window ends {metric.settle.words} early, for rows that come late")
    if metric.mature is not None:
        found.append(f"only what was known {metric.mature.words} after each row counts")
    if metric.min_n:
        found.append(f"no number of fewer than {metric.min_n:,} rows")
    if metric.guard is not None:
        bounds = (("below", metric.guard.at_least), ("above", metric.guard.at_most))
        beyond = [f"{side} {words.number(bound, metric.unit)}" for side, bound in bounds if bound is not None]
        found.append(f"a number {' or '.join(beyond)} waits for a person")
    return found


def _measure(metric: Metric) -> str:  # noqa: PLR0911 - one for each kind
    match metric.measure:
        case OfValue(kind=kind, value=value):
            return f"{kind} of {_value(value)}"
        case Quantile(q=q, value=value):
            return f"{q:g}-quantile of {_value(value)}"
        case Share(where=where, of=of):
            base = f" among rows where {_where(of.where)}" if of.where else ""
            return f"share of rows where {_where(where)}{base}"
        case ShareDistinct(of=of_field, where=where):
            return f"share of distinct {of_field}s with a row where {_where(where)}"
        case Within(limit=limit, start=start, end=end, of=of):
            base = f" among rows where {_where(of.where)}" if of.where else ""
            return f"share of rows whose {end} came at most {limit.words} after {start}{base}"
        case Confusion(kind=kind, predicted=predicted, actual=actual, unlabelled=unlabelled):
            unknown = "counts as not" if unlabelled == "negative" else "is left out"
            return f"{kind.replace('_', ' ')} of {predicted} against {actual} (no label {unknown})"
        case _:
            return "number of rows"


def _value(value: Span | str) -> str:
    return value if isinstance(value, str) else f"{value.unit} from {value.start} to {value.end}"


def _where(where: Where) -> str:
    return " and ".join(f"{field} {_condition(condition)}" for field, condition in where.items())


def _condition(condition: Condition) -> str:
    if condition.course is not None:
        return f"in {condition.course}"
    if condition.present is not None:
        return "is present" if condition.present else "is absent"
    if condition.any_of is not None:
        return "is " + " or ".join(
            str(value).lower() if isinstance(value, bool) else str(value) for value in condition.any_of
        )
    bounds = [("at least", condition.at_least), ("at most", condition.at_most)]
    return " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
