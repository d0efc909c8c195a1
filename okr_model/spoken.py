"""A scorecard in its readers' words: `week 41` where `okr` says 2026-W41, and milestones without hyphens."""

from __future__ import annotations

import re

import msgspec

from okr_model.check_ins_due import short_name
from okr_model.scorecard import KeyResultCard, PartCard, Scorecard
from okr_model.words import month

_LABEL = re.compile(r"(?<![\w-])\d{4}-(?:W(?P<week>\d\d)|(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4]))(?![\w-])")


def spoken(scorecard: Scorecard) -> Scorecard:
    """The same scorecard, its sentences for people who type no commands."""
    objectives = tuple(
        msgspec.structs.replace(objective, key_results=tuple(_card(card) for card in objective.key_results))
        for objective in scorecard.objectives
    )
    return msgspec.structs.replace(scorecard, objectives=objectives)


def period_words(text: str) -> str:
    """`98.9 % in 2026-W41, not met` -> `98.9 % in week 41, not met`; 2026-10 -> October; a day stays as it is."""
    return _LABEL.sub(_period, text)


def _period(found: re.Match[str]) -> str:
    if found["week"]:
        return f"week {int(found['week'])}"
    return month(int(found["month"])) if found["month"] else f"Q{found['quarter']}"


def _card(card: KeyResultCard) -> KeyResultCard:
    named = [part.name for part in card.parts if part.kind == "milestone"]
    return msgspec.structs.replace(
        card,
        reason=_said(card.reason, named),
        needs=_said(card.needs, named),
        notes=tuple(_said(note, named) for note in card.notes),
        target_text=_said(card.target_text, named),
        parts=tuple(_part(part, named) for part in card.parts),
    )


def _part(part: PartCard, named: list[str]) -> PartCard:
    return msgspec.structs.replace(
        part,
        name=_said(part.name, named),
        reason=_said(part.reason, named),
        needs=_said(part.needs, named),
        target_text=_said(part.target_text, named),
        periods=tuple((period_words(label), word) for label, word in part.periods),
    )


def _said(text: str, named: list[str]) -> str:
    for name in named:
        text = text.replace(name, short_name(name))
    return period_words(text)
