"""Why a reading differs from an earlier one, from the facts that both were measured from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from ledger import measures, readings
from ledger.database import read
from okr_model import words
from okr_model.changes import ATTENTION
from okr_model.exchange import Question, Reading
from okr_model.explanation import Paragraph
from okr_model.facts import fact_fields
from okr_model.metrics import Metric
from okr_model.movement import FIELDS, Movement, effects_in_words, in_words, most_telling, split
from okr_model.scorecard import KeyResultCard, Scorecard
from okr_model.windows import end_of
from steps.wiring import Workspace

WEEK = timedelta(days=7)


def movement(workspace: Workspace, before: Reading, after: Reading) -> Movement | None:
    """By the field that tells most. None where nothing can be told: the facts no longer say what was read then."""
    metric = workspace.config.plan.metrics.get(after.metric)
    if metric is None or metric.fact is None or not _comparable(metric, before, after):
        return None
    fields = [name for name in FIELDS if name in fact_fields(metric.fact)]
    return most_telling(_split(workspace, metric, before, after, field) for field in fields)


def movers(workspace: Workspace, now: Scorecard, before: Scorecard | None) -> dict[str, str]:
    """Key result -> `up 1.2 h, of which 1 h comes from the appeals queue`, where that can be told.

    Only of those whose word changed or is bad: of the others nobody asks why, and each answer costs four scans.
    """
    old: Mapping[str, KeyResultCard] = {} if before is None else {card.id: card for card in before.cards()}
    found = {}
    for card in now.cards():
        was = old.get(card.id)
        asked = was is not None and (card.status != was.status or card.status in ATTENTION)
        if was is None or was.reading is None or card.reading is None or not asked:
            continue
        moved = movement(workspace, was.reading, card.reading)
        if moved is not None:
            found[card.id] = in_words(moved, card.unit)
    return found


def _comparable(metric: Metric, before: Reading, after: Reading) -> bool:
    same = before.metric == after.metric and before.definition == after.definition == metric.definition_hash
    return same and None not in (before.exact, after.exact) and before.period is None and after.period is None


def _split(workspace: Workspace, metric: Metric, before: Reading, after: Reading, field: str) -> Movement | None:
    with read(workspace.engine) as connection:
        cells = [measures.measure_by(connection, metric, _question(each), field) for each in (before, after)]
    if cells[0] is None or cells[1] is None:
        return None
    found = split(field, cells[0], cells[1], 100 if metric.unit == "percent" else 1)
    # What was told then must be what the facts say today: half of an old number explains nothing.
    told = found is not None and (found.before, found.after) == (before.fraction, after.fraction)
    return found if told else None


def _question(reading: Reading) -> Question:
    known_to = end_of(reading.as_of, ZoneInfo(reading.zone))
    return Question(
        metric=reading.metric, as_of=reading.as_of, window=reading.window, known_to=known_to, zone=reading.zone
    )


def explained(workspace: Workspace, card: KeyResultCard) -> Paragraph | None:
    """Why the key result's number differs from that of a week before, group by group."""
    after = card.reading
    if after is None or after.period is not None:
        return None
    day = after.as_of - WEEK
    earlier = readings.readings(workspace.engine, metrics=[after.metric], first=day, last=day)
    before = next((each for each in earlier if each.period is None and each.state == "ok"), None)
    moved = None if before is None else movement(workspace, before, after)
    if moved is None:
        return None
    lines = (f"since {words.day(day)}: {in_words(moved, card.unit)}", *effects_in_words(moved, card.unit))
    return Paragraph(f"Why it moved, by {moved.field}", lines)
