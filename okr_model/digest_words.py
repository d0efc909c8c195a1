"""The sentences of a digest and of a scorecard: what opens it, and how one key result is said in a cell."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import timedelta

from okr_model import words
from okr_model.changes import ATTENTION, DONE, IN_BETWEEN, PENDING, SEVERITY, UNKNOWN, severity, worsened
from okr_model.digest import Line
from okr_model.exchange import Reading
from okr_model.scorecard import KeyResultCard, ObjectiveCard, PartCard, Scorecard

_QUARTER = re.compile(r"^(\d{4})-Q([1-4])$")
_BACK = "worse in between"
_LOST = "no longer known"
_COUNTABLE = 1000  # below it "42 of 42" says more than "n = 42"


def eyebrow(scorecard: Scorecard) -> str:
    """Which cycle, which week, and the last day that the numbers speak of."""
    day = scorecard.as_of
    return (
        f"Trust & Safety OKRs, {cycle_name(scorecard.cycle.id)} · week {day.isocalendar().week} · "
        f"numbers to {words.weekday(day)} {words.long_day(day)}, {words.place(scorecard.cycle.timezone)}"
    )


def subject(scorecard: Scorecard, news: list[Line], before: Scorecard | None) -> str:
    """The mail's subject: the headline's counts in a few words."""
    counts = _moves(news) if before else _states(scorecard)
    told = [f"{words.counted(count).lower()} {word}" for word, count in counts if count]
    unknown = _count(scorecard, UNKNOWN)
    told += [f"{words.counted(unknown).lower()} not known"] if unknown and (_LOST, unknown) not in counts else []
    week = scorecard.as_of.isocalendar().week
    return f"OKRs {cycle_name(scorecard.cycle.id)}, week {week}: {', '.join(told) or 'nothing changed'}"


def headline(scorecard: Scorecard, news: list[Line], before: Scorecard | None, broken: Collection[str] = ()) -> str:
    """`One key result slipped, one is done. One number is not known.`; the first time, how it stands.

    Numbers that only stand because a source in `broken` could not be read are owned up to as older.
    """
    counts = [(word, count) for word, count in (_moves(news) if before else _states(scorecard)) if count]
    if counts:
        first, rest = counts[0], counts[1:]
        noun = f"{words.counted(first[1])} key result{'' if first[1] == 1 else 's'}"
        told = [f"{noun} {_verb(*first)}", *(f"{words.counted(count).lower()} {_verb(w, count)}" for w, count in rest)]
        said = f"{', '.join(told)}."
    else:
        said = _quiet(news)
    return " ".join([said, *_doubts(scorecard, broken)])


def _quiet(news: list[Line]) -> str:
    """What opens a digest in which nothing slipped, got better or was lost."""
    moved = sum(line.was is not None for line in news)
    if moved:
        return f"{words.counted(moved)} key {'result has' if moved == 1 else 'results have'} another status."
    restated = any(line.status == "Restated" for line in news)
    return "Numbers were corrected, no status changed." if restated else "No status changed."


def cut_off(card: KeyResultCard, broken: Collection[str]) -> list[str]:
    """The broken sources among those that a key result stands on; a source may be named `helpdesk (zendesk 1)`."""
    names = {source.split(" (", 1)[0] for source in card.sources}
    return sorted(names & set(broken))


def _doubts(scorecard: Scorecard, broken: Collection[str]) -> list[str]:
    unknown = _count(scorecard, UNKNOWN)
    older = sum(bool(cut_off(card, broken)) for card in scorecard.cards() if card.status not in UNKNOWN)
    told = [f"{words.counted(unknown)} {'number is' if unknown == 1 else 'numbers are'} not known."] if unknown else []
    if older:
        noun = "number stands" if older == 1 else "numbers stand"
        told.append(f"{words.counted(older)} {noun} on older data.")
    return told or ["Every number is known."]


def _moves(news: list[Line]) -> list[tuple[str, int]]:
    moved = [line for line in news if line.was]
    done = [line for line in moved if line.status in DONE]
    slipped = [line for line in moved if line.status in ATTENTION and worsened(line.status, line.was or "")]
    better = [line for line in moved if line not in done and severity(line.status) > severity(line.was or "")]
    better = [line for line in better if line.status not in PENDING | UNKNOWN]
    lost = [line for line in moved if line.status in UNKNOWN and line.was not in UNKNOWN]
    back = [line for line in news if line.status == IN_BETWEEN]
    told = {"slipped": slipped, "done": done, "better": better, _LOST: lost, _BACK: back}
    return [(word, len(lines)) for word, lines in told.items()]


def _states(scorecard: Scorecard) -> list[tuple[str, int]]:
    return [(word, count) for word, count in tally(scorecard.cards()) if word not in UNKNOWN | PENDING]


def _verb(word: str, count: int) -> str:
    if word == _BACK:
        return f"{'was' if count == 1 else 'were'} {word}"
    return word if word == "slipped" else f"{'is' if count == 1 else 'are'} {word}"


def lede(scorecard: Scorecard) -> str:
    """`7 of 9 can be judged: 4 On Track, 1 At Risk, 1 Off Track, 1 Complete. 39 days left.`"""
    cards = scorecard.cards()
    judged = _states(scorecard)
    sure = sum(count for _, count in judged)
    told = f": {', '.join(f'{count} {word}' for word, count in judged)}" if judged else ""
    last = scorecard.cycle.end - timedelta(days=1)
    left = (last - scorecard.as_of).days
    rest = f"{words.plural(left, 'day')} left." if left >= 0 else f"The cycle ended on {words.day(last)}."
    return f"{sure} of {len(cards)} can be judged{told}. {rest}"


def _count(scorecard: Scorecard, statuses: Collection[str]) -> int:
    return sum(card.status in statuses for card in scorecard.cards())


def cycle_name(identifier: str) -> str:
    """`Q4 2026` for 2026-Q4; another id as it is."""
    found = _QUARTER.match(identifier)
    return f"Q{found[2]} {found[1]}" if found else identifier


def tally(cards: Iterable[KeyResultCard]) -> list[tuple[str, int]]:
    """How many key results bear each status, in the order best judged first: On Track, At Risk, Off Track, …"""
    counts = Counter(card.status for card in cards)
    order = ("On Track", "At Risk", "Off Track", "Complete")
    return [(word, counts[word]) for word in (*order, *(w for w in SEVERITY if w not in order)) if counts[word]]


def objective_summary(objective: ObjectiveCard) -> str:
    """`60 to 93 % of the way, worst: Stale`."""
    worst = f"worst: {objective.status}" if len(objective.key_results) > 1 else objective.status
    way = way_text(objective)
    return f"{way}, {worst}" if way else worst


def way_text(objective: ObjectiveCard) -> str:
    """`41 to 74 % of the way, 1 of 3 unknown`; empty where nothing may be said of it."""
    if objective.progress is None:
        return ""
    low, high = (round(100 * min(max(end, 0), 1)) for end in (objective.progress.low, objective.progress.high))
    way = f"{low} %" if low == high else f"{low} to {high} %"
    unknown = sum(card.progress is None for card in objective.key_results)
    some = f", {unknown} of {len(objective.key_results)} unknown" if unknown else ""
    return f"{way} of the way{some}"


def standing_data(card: KeyResultCard) -> str:
    """What the actual stands on: `to 22 Nov, n = 8,211`, or `to 22 Nov, 42 of 42`."""
    reading = card.reading
    if reading is None or reading.value is None:
        return ""
    last = words.day(words.local_day(reading.window.end - 1, reading.zone))
    if _says_counts(reading):
        return f"to {last}, {reading.numerator:.0f} of {reading.denominator:.0f}"
    return f"to {last}, n = {reading.n:,}"


def actual_text(card: KeyResultCard) -> str:
    """The actual in words: `19.6 h`, `done`, or a dash where it is not known."""
    if stands_on_milestone(card):
        return "done" if card.progress == 1 else "not done" if card.progress == 0 else words.UNKNOWN
    return words.number(card.actual, card.unit, card.target)


def part_text(part: PartCard) -> str:
    """The actual of one part of a target, in words."""
    if part.kind == "milestone":
        return "done" if part.progress == 1 else "not done" if part.progress == 0 else words.UNKNOWN
    return words.number(part.actual, part.unit, part.target)


def stands_on_milestone(card: KeyResultCard) -> bool:
    """Whether the part that the card speaks of is one that is done or not, so that numbers say nothing."""
    own = [part.kind for part in card.parts if part.target_text == card.target_text and part.status == card.status]
    return own == ["milestone"]


def aim_text(card: KeyResultCard) -> str:
    """The target in words: `12 h`, `at least 99 % every week`."""
    return card.target_text or words.number(card.target, card.unit)


def _says_counts(reading: Reading) -> bool:
    matching, base = reading.numerator, reading.denominator
    if reading.value is None or matching is None or not base or base >= _COUNTABLE:
        return False
    return math.isclose(reading.value, 100 * matching / base, rel_tol=1e-9, abs_tol=1e-9)
