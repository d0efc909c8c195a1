"""What changed between two scorecards: today's, and the one an audience was last sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

import msgspec

from okr_model import words
from okr_model.digest import Line
from okr_model.exchange import Reading, Value
from okr_model.scorecard import KeyResultCard, PartCard, Scorecard

SEVERITY = (
    *("Missed", "Off Track", "Not Measured", "No Data", "Stale", "Partial", "At Risk", "Closing", "Too Early"),
    *("Not Started", "Dropped", "On Track", "Complete", "Achieved"),
)
"""Every status word, of an open and of a closed cycle, worst first."""
ATTENTION = frozenset({"Missed", "Off Track", "Partial", "At Risk"})
UNKNOWN = frozenset({"Not Measured", "No Data", "Stale"})
PENDING = frozenset({"Closing", "Too Early", "Not Started"})
DONE = frozenset({"Complete", "Achieved"})
IN_BETWEEN = "In between"
"""The word of a line that tells what was worse than now and then."""


class Dip(Value, frozen=True):
    """A word that a key result had between two digests, worse than at either end."""

    status: str
    first: date
    last: date


NO_DIPS: Mapping[str, Dip] = MappingProxyType({})
"""Nothing was worse in between."""
NOBODY: Mapping[str, str] = MappingProxyType({})
"""No key result of which it is known why it moved."""


def dips(before: Scorecard, now: Scorecard, between: Iterable[Scorecard]) -> dict[str, Dip]:
    """Key result -> the worst it was between the two, with its first and last day, where that is worse than both."""
    ends = {card.id: severity(card.status) for card in before.cards()}
    worst = {card.id: min(severity(card.status), ends.get(card.id, len(SEVERITY))) for card in now.cards()}
    found: dict[str, Dip] = {}
    for each in between:
        for card in each.cards():
            level = severity(card.status)
            if card.status in PENDING or level > worst.get(card.id, -1):
                continue
            if level < worst[card.id]:
                worst[card.id], found[card.id] = level, Dip(status=card.status, first=each.as_of, last=each.as_of)
            elif card.id in found:
                found[card.id] = msgspec.structs.replace(found[card.id], last=each.as_of)
    return found


def changes(
    now: Scorecard,
    before: Scorecard | None,
    movers: Mapping[str, str] = NOBODY,
    between: Mapping[str, Dip] = NO_DIPS,
) -> list[Line]:
    """The news, worst first: statuses, then restated numbers, targets, definitions, and what is new or gone.

    Empty where nothing changed, and where there is no earlier scorecard to compare with. `movers`: why a key result's
    number moved, where that is known; `between`: what was worse than now and then.
    """
    if before is None:
        return []
    old = {card.id: card for card in before.cards()}
    kept = [(card, old[card.id]) for card in now.cards() if card.id in old]
    moved = sorted((pair for pair in kept if pair[0].status != pair[1].status), key=_by_severity)
    lines = [_moved(*pair, movers.get(pair[0].id, "")) for pair in moved]
    lines += [_line(card, IN_BETWEEN, _in_words(between[card.id])) for card, _ in kept if card.id in between]
    for news in (_overridden, _restated, _aims, _definitions):
        lines += [line for pair in kept for line in news(*pair)]
    lines += [_line(card, "New", f"{card.status}: {card.reason}") for card in now.cards() if card.id not in old]
    present = {card.id for card in now.cards()}
    return lines + [_line(card, "Gone", "No longer in the plan.") for card in old.values() if card.id not in present]


def _in_words(dip: Dip) -> str:
    when = (
        f"on {words.day(dip.first)}"
        if dip.first == dip.last
        else f"from {words.day(dip.first)} to {words.day(dip.last)}"
    )
    return f"it was {dip.status} {when}, and no digest told of it"


def severity(status: str) -> int:
    """The place of a status among all words, 0 the worst."""
    return SEVERITY.index(status) if status in SEVERITY else len(SEVERITY)


def worsened(now: str, was: str) -> bool:
    """Whether a judgement got worse; a start, like Not Started to Too Early, is none."""
    return severity(now) < severity(was) and now not in PENDING


def standing(card: KeyResultCard) -> str:
    """`19.6 h, planned 16.4 h`; empty where there is no actual, or where the reason already says it."""
    actual = words.number(card.actual, card.unit, card.target)
    if card.actual is None or actual in card.reason:
        return ""
    if card.planned is None or card.status in DONE:
        return actual
    return f"{actual}, planned {words.number(card.planned, card.unit, card.actual)}"


def sentences(*parts: str) -> str:
    """The parts that say something, each closed with a full stop and opened with a capital."""
    said = [part.strip() for part in parts if part.strip()]
    return " ".join(f"{_opened(part)}{'' if part[-1] in '.!?…' else '.'}" for part in said)


def _opened(part: str) -> str:
    """With a capital, unless it begins with an address."""
    return part if "://" in part.split(" ", 1)[0] else f"{part[0].upper()}{part[1:]}"


def _by_severity(pair: tuple[KeyResultCard, KeyResultCard]) -> tuple[bool, int]:
    now, before = pair
    return not worsened(now.status, before.status), severity(now.status)


def _moved(now: KeyResultCard, before: KeyResultCard, mover: str) -> Line:
    why = sentences(standing(now), mover or _delta(now, before), now.reason, wanted(now))
    return Line(status=now.status, was=before.status, title=now.title, why=why, key_result=now.id)


def _delta(now: KeyResultCard, before: KeyResultCard) -> str:
    if now.actual is None or before.actual is None or now.unit != before.unit or _metric(now) != _metric(before):
        return ""
    moved = words.exact(now.actual) - words.exact(before.actual)
    if moved == 0:
        return ""
    unit = " points" if now.unit == "percent" else words.suffix(now.unit)
    return f"{'up' if moved > 0 else 'down'} {words.figure(abs(moved), '')}{unit}"


def _metric(card: KeyResultCard) -> str | None:
    return card.reading.metric if card.reading else None


def wanted(card: KeyResultCard) -> str:
    """What would have to happen for the next better word: `needs 18.7 h or less by 29 Nov for At Risk`."""
    return f"needs {card.needs}" if card.needs else ""


def _overridden(now: KeyResultCard, before: KeyResultCard) -> list[Line]:
    if now.computed is None or now.computed == before.computed or now.status != before.status:
        return []
    return [_line(now, "Overridden", f"shown as {now.status}, computed {now.computed}: {now.reason}")]


def _restated(now: KeyResultCard, before: KeyResultCard) -> list[Line]:
    lines = []
    new, old = now.reading, before.reading
    if new and old and _same_question(new, old) and new.definition == old.definition and new.exact != old.exact:
        values = [words.number(new.value, now.unit, old.value), words.number(old.value, now.unit, new.value)]
        span = words.days(new.window, new.zone)
        lines.append(_line(now, "Restated", f"{span} is now {values[0]}, was {values[1]}"))
    earlier = {part.name: dict(part.periods) for part in before.parts}
    for part in now.parts:
        lines += [_line(now, "Restated", text) for text in _periods(part, earlier.get(part.name, {}))]
    return lines


def _same_question(new: Reading, old: Reading) -> bool:
    return (new.metric, new.window, new.as_of, new.period) == (old.metric, old.window, old.as_of, old.period)


def _periods(part: PartCard, earlier: dict[str, str]) -> list[str]:
    settled = ("met", "late", "not met")
    return [
        f"{part.name}: {period} is now {word}, was {earlier[period]}"
        for period, word in part.periods
        if word != earlier.get(period) in settled
    ]


def _aims(now: KeyResultCard, before: KeyResultCard) -> list[Line]:
    texts = [card.target_text or words.number(card.target, card.unit) for card in (now, before)]
    if texts[0] != texts[1] or now.target != before.target:
        return [_line(now, "Target changed", f"now {texts[0]}, was {texts[1]}")]
    if now.start != before.start:
        starts = [words.number(card.start, card.unit) for card in (now, before)]
        return [_line(now, "Target changed", f"counted from {starts[0]}, was from {starts[1]}")]
    return []


def _definitions(now: KeyResultCard, before: KeyResultCard) -> list[Line]:
    new, old = _hashes(now), _hashes(before)
    changed = [metric for metric, definition in new.items() if old.get(metric, definition) != definition]
    if not changed:
        return []
    return [_line(now, "Definition changed", f"{words.listed(changed)} is measured another way from now on")]


def _hashes(card: KeyResultCard) -> dict[str, str]:
    readings = [card.reading, *(part.reading for part in card.parts)]
    return {reading.metric: reading.definition for reading in readings if reading is not None}


def _line(card: KeyResultCard, word: str, why: str) -> Line:
    return Line(status=word, title=card.title, why=sentences(why), key_result=card.id)
