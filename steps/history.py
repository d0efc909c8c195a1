"""Every reading of a key result, with what was believed before: nothing that was told is ever unsaid."""

from __future__ import annotations

from datetime import date

from config.settings import Settings
from ledger import checkins, database, readings
from okr_model.beliefs import Belief, with_ends
from okr_model.exchange import CheckIn, Value
from okr_model.scorecard import KeyResultCard
from steps.explain import card_of
from steps.status import stored_scorecard


class History(Value, frozen=True):
    """By day as of, then as recorded. `check_ins` are those that gave a value, a milestone or a period its word."""

    key_result: KeyResultCard
    zone: str
    beliefs: tuple[Belief, ...]
    check_ins: tuple[CheckIn, ...]


def history(settings: Settings, key_result: str, first: date | None = None) -> History:
    """From `first` on, or all there is. Reads no YAML. Raises NothingStored, NoSuchKeyResult."""
    scorecard = stored_scorecard(settings, None, None)
    card = card_of(scorecard, key_result)
    engine = database.connect(settings.database_url)
    found = readings.history(engine, metrics=card.metrics, first=first)
    said = checkins.check_ins(engine, key_results=[card.id], first=first)
    told = [each for each in said if each.value is not None or each.milestone is not None or each.settled is not None]
    return History(card, scorecard.cycle.timezone, tuple(with_ends(found)), tuple(told))
