"""Who owes a check-in: one every `check_in_every` from the cycle's start, for each key result that is not done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from okr_model import words
from okr_model.changes import DONE
from okr_model.durations import Duration
from okr_model.exchange import CheckIn
from okr_model.scorecard import KeyResultCard, Scorecard

_SOON = 7  # days; a digest a week tells in time


def due_sentence(scorecard: Scorecard, check_ins: Iterable[CheckIn], every: Duration) -> str:
    """`Due by 25 Nov: Bo (audits). Overdue since 11 Nov: Ana (review time).` Empty where nobody owes one."""
    step = every.days or 1
    today = scorecard.as_of + timedelta(days=1)
    if not scorecard.cycle.start <= today < scorecard.cycle.end:
        return ""
    current = scorecard.cycle.start + timedelta(days=(today - scorecard.cycle.start).days // step * step)
    previous, due = current - timedelta(days=step), current + timedelta(days=step - 1)
    last = _newest(check_ins)
    waiting = [card for card in _owed(scorecard) if last.get(card.id, date.min) < current]
    late = [card for card in waiting if previous >= scorecard.cycle.start and last.get(card.id, date.min) < previous]
    soon = [card for card in waiting if card not in late] if (due - today).days < _SOON else []
    return " ".join(
        f"{word} {words.day(local)}: {_people(cards, scorecard)}."
        for word, local, cards in (("Due by", due, soon), ("Overdue since", current - timedelta(days=1), late))
        if cards
    )


def person(address: str | None) -> str:
    """`Ana` for ana@example.org, `Bo Lind` for bo.lind@example.org: a mail names people, not their addresses."""
    if not address:
        return "nobody named"
    return address.split("@", 1)[0].replace(".", " ").replace("_", " ").title()


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


def _people(cards: list[KeyResultCard], scorecard: Scorecard) -> str:
    owners = {objective.id: objective.owner for objective in scorecard.objectives}
    owed: dict[str, list[str]] = {}
    for card in cards:
        owed.setdefault(person(card.owner or owners.get(card.objective)), []).append(short_name(card.id))
    return "; ".join(f"{who} ({', '.join(names)})" for who, names in owed.items())
