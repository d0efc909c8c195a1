"""Words that people show instead of the computed ones, for a while and with a reason. No number is touched."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from okr_model.durations import Duration
from okr_model.exchange import CheckIn
from okr_model.facts import Instant
from okr_model.scorecard import KeyResultCard, Override
from okr_model.windows import end_of
from okr_model.words import day, person

WORDS = ("On Track", "At Risk", "Off Track")
_BEYOND = timedelta(days=7)


def latest_end(said_on: date, check_in_every: Duration) -> date:
    """The last day that an override may name: one check-in interval and 7 days later."""
    return said_on + timedelta(days=check_in_every.days or 1) + _BEYOND


def in_force(notes: Iterable[CheckIn], now: Instant, zone: ZoneInfo) -> CheckIn | None:
    """The newest override, where its last day is not over."""
    newest = None
    for note in notes:
        newest = note if note.override is not None else newest
    if newest is None or newest.override_until is None or now > end_of(newest.override_until, zone):
        return None
    return newest


def overridden(card: KeyResultCard, said: CheckIn, zone: ZoneInfo) -> KeyResultCard:
    """The card under another word; the computed one stands beside it."""
    assert said.override is not None, "only what is in force is applied"
    assert said.override_until is not None, "an override without an end is refused"
    kept = Override(
        word=said.override,
        until=said.override_until,
        ends=end_of(said.override_until, zone),
        by=said.by,
        note=said.note or "",
        reason=card.reason,
    )
    return shown(card, kept)


def shown(card: KeyResultCard, override: Override) -> KeyResultCard:
    """The same for an override that is already known."""
    since = "" if card.since is None else f" since {day(card.since)}"
    who = "" if override.by is None else f" by {person(override.by)}"
    note = f" ({override.note})" if override.note else ""
    reason = f"override{who} until {day(override.until)}{note}; computed: {card.status}{since}: {card.reason}"
    kept = replace(override, reason=card.reason)
    return replace(card, status=override.word, computed=card.status, reason=reason, override=kept)


def lifted(card: KeyResultCard) -> KeyResultCard:
    """The card as the rules made it."""
    if card.override is None or card.computed is None:
        return card
    return replace(card, status=card.computed, reason=card.override.reason, computed=None, override=None)
