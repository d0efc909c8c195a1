"""Who owes a check-in: one every `check_in_every` from the cycle's start, for each key result that is not done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from okr_model import words
from okr_model.changes import DONE
from okr_model.durations import Duration
from okr_model.exchange import CheckIn
from okr_model.scorecard import KeyResultCard, Scorecard

_SOON = 7  # days; a digest a week tells in time


@dataclass(frozen=True)
class Owed:
    """One key result whose check-in is waited for: by `due` (its last good day), or overdue since that day."""

    card: KeyResultCard
    owner: str | None  # its own, or the objective's
    due: date
    overdue: bool


def owed(scorecard: Scorecard, check_ins: Iterable[CheckIn], every: Duration) -> list[Owed]:
    """What is waited for today, the day after the scorecard's; nothing outside the cycle or for what is done."""
    step = every.days or 1
    today = scorecard.as_of + timedelta(days=1)
    if not scorecard.cycle.start <= today < scorecard.cycle.end:
        return []
    current = scorecard.cycle.start + timedelta(days=(today - scorecard.cycle.start).days // step * step)
    previous, due = current - timedelta(days=step), current + timedelta(days=step - 1)
    last = _newest(check_ins)
    found = []
    for card in _owed(scorecard):
        said = last.get(card.id, date.min)
        late = previous >= scorecard.cycle.start and said < previous
        if said < current:
            found.append(Owed(card, _owner(card, scorecard), current - timedelta(days=1) if late else due, late))
    return found


def due_sentence(scorecard: Scorecard, check_ins: Iterable[CheckIn], every: Duration) -> str:
    """`Due by 25 Nov: Bo (audits). Overdue since 11 Nov: Ana (review time).` Empty where nobody owes one."""
    today = scorecard.as_of + timedelta(days=1)
    waiting = owed(scorecard, check_ins, every)
    soon = [each for each in waiting if not each.overdue and (each.due - today).days < _SOON]
    late = [each for each in waiting if each.overdue]
    return " ".join(
        f"{word} {words.day(group[0].due)}: {_people(group)}."
        for word, group in (("Due by", soon), ("Overdue since", late))
        if group
    )


def short_name(key_result: str) -> str:
    """`review time` for the id review-time: titles are too long for a list in a sentence."""
    return key_result.replace("-", " ").replace("_", " ")


def _newest(check_ins: Iterable[CheckIn]) -> dict[str, date]:
    last: dict[str, date] = {}
    for one in check_ins:
        last[one.key_result] = max(one.as_of, last.get(one.key_result, date.min))
    return last


def _owed(scorecard: Scorecard) -> list[KeyResultCard]:
    return [card for card in scorecard.cards() if card.status not in DONE]


def owner_of(card: KeyResultCard, scorecard: Scorecard) -> str:
    """Who owns it, as a person is called: `Ana`. Empty where nobody is named."""
    owner = _owner(card, scorecard)
    return words.person(owner) if owner else ""


def _owner(card: KeyResultCard, scorecard: Scorecard) -> str | None:
    return card.owner or next((each.owner for each in scorecard.objectives if each.id == card.objective), None)


def _people(group: list[Owed]) -> str:
    named: dict[str, list[str]] = {}
    for each in group:
        named.setdefault(words.person(each.owner), []).append(short_name(each.card.id))
    return "; ".join(f"{who} ({', '.join(names)})" for who, names in named.items())
