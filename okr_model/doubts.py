"""Plans that are well formed and still cannot work as they are meant: said by `okr check`, refused by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil

from okr_model.baselines import measured_changes
from okr_model.exchange import PinnedBaseline, Span
from okr_model.facts import FACTS
from okr_model.metrics import Metric
from okr_model.plan import Plan, part_metric
from okr_model.progress import changed
from okr_model.questions import facts_of, needed_from
from okr_model.targets import Cadence, FromTo, Maintain, parts_of
from okr_model.windows import midnight, moved, periods
from okr_model.words import day, days, listed, local_day, number, plural

_TENTH = 10
_Z_SUM = 1.959963984540054 + 0.8416212335729143


def doubts(plan: Plan) -> list[str]:
    """One sentence each, with the key result or the metric it is about."""
    return [*_long_windows(plan), *_late_periods(plan), *_far_back(plan)]


def small_baselines(plan: Plan, pinned: Mapping[str, PinnedBaseline]) -> Iterator[str]:
    """Baselines of shares that stand on too few rows for the change that is wanted to be told from none."""
    for result, part, _, metric in measured_changes(plan):
        kept = pinned.get(result.id)
        if kept is None or kept.note is not None or metric.unit != "percent" or not 0 < Fraction(kept.exact) < 100:
            continue
        share = Fraction(kept.exact) / 100
        aim = changed(part, Fraction(kept.exact)).end / 100
        needed = rows_needed(float(share), float(min(max(aim, Fraction(0)), Fraction(1))))
        if kept.n < needed:
            yield (
                f"{result.id}: its baseline of {number(Fraction(kept.exact), 'percent')} stands on {kept.n:,} rows; "
                f"to tell {part.by} from no change takes {needed:,} on either side"
            )


def asked_accuracies(plan: Plan) -> dict[str, list[tuple[str, Decimal]]]:
    """Metrics of accuracy -> the key results that ask for one, and how much."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for result in plan.key_results():
        for part in parts_of(result.target):
            name = part_metric(result, part)
            asked = part.at_least if isinstance(part, Maintain) else part.end if isinstance(part, FromTo) else None
            if name is None or asked is None or getattr(plan.metrics[name].measure, "kind", "") != "accuracy":
                continue
            found.setdefault(name, []).append((result.id, asked))
    return found


def easy_accuracies(plan: Plan, flagging_nothing: Mapping[str, tuple[Fraction, Span]]) -> Iterator[str]:
    """Accuracies that are asked for and are no better than what flagging nothing scored, in percent, in a window."""
    for name, asks in asked_accuracies(plan).items():
        for key_result, asked in asks if name in flagging_nothing else ():
            score, window = flagging_nothing[name]
            if asked <= score:
                yield (
                    f"{key_result}: {name} of {number(asked, 'percent')} is no more than flagging nothing scores, "
                    f"{number(score, 'percent', asked)} from {days(window, plan.cycle.timezone)}; ask for more, or for "
                    "balanced_accuracy, recall or precision"
                )


def rows_needed(before: float, after: float) -> int:
    """Rows in each of two samples that tell their shares apart: 5 % two-sided, power 80 % (Fleiss, without correction).

    Raises ZeroDivisionError where the shares are the same.
    """
    spread = before * (1 - before) + after * (1 - after)
    return ceil(_Z_SUM**2 * spread / (before - after) ** 2)


def _long_windows(plan: Plan) -> Iterator[str]:
    """A number over a long window answers late: for a third of the quarter a month's number speaks of the last one."""
    length = (plan.cycle.end - plan.cycle.start).days
    for result in plan.key_results():
        for metric in _own_windows(plan, result.id):
            days = metric.window.length.days if metric.window.length is not None else None
            if days is not None and days * _TENTH > length:
                yield (
                    f"{result.id}: {metric.id} looks back {plural(days, 'day')}, more than a tenth of the cycle's "
                    f"{length}: what changes shows late, and its first readings speak of the time before the cycle"
                )


def _own_windows(plan: Plan, key_result: str) -> list[Metric]:
    result = next(each for each in plan.key_results() if each.id == key_result)
    parts = [part for part in parts_of(result.target) if not isinstance(part, Maintain | Cadence)]
    names = dict.fromkeys(name for part in parts if (name := part_metric(result, part)) is not None)
    return [plan.metrics[name] for name in names]


def _late_periods(plan: Plan) -> Iterator[str]:
    """Periods that are judged only after the end cannot be mended any more when their word comes."""
    cycle = plan.cycle
    for result in plan.key_results():
        for part in parts_of(result.target):
            name = part_metric(result, part)
            if not isinstance(part, Maintain) or name is None:
                continue
            metric, all_periods = plan.metrics[name], periods(cycle, part.every)
            delays = (metric.settle, metric.maturity)
            end = midnight(cycle.end, cycle.timezone)
            late = [each.label for each in all_periods if moved(each.end, delays, cycle.timezone) > end]
            if late and any(delays):
                final = day(local_day(moved(cycle.end, delays, cycle.timezone), cycle.timezone))
                yield (
                    f"{result.id}: {listed(late)} of {plural(len(all_periods), part.every)} can be judged only after "
                    f"the cycle's end, the last on {final}: {name} has to mature"
                )


def _far_back(plan: Plan) -> Iterator[str]:
    """What the first pull must reach, where that lies before the cycle."""
    zone = plan.cycle.timezone
    used = {fact for metric in plan.metrics.values() for fact in facts_of(metric)}
    for fact in (name for name in FACTS if name in used):
        start = needed_from(plan, fact)
        if start is not None and local_day(start, zone) < plan.cycle.start - timedelta(days=31):
            reach = local_day(start, zone)
            far = f"{day(reach)} {reach.year}"
            yield f"the first pull of {fact} facts must reach back to {far}, for windows and baselines"
