"""The documented JSON of sync, status, explain and history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from okr_model.exchange import ClosedCycle, Reading, SourceOutcome
from okr_model.facts import Instant
from okr_model.scorecard import KeyResultCard, PartCard, Scorecard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.mending import DeliveryRuling
    from ledger.outbox import OutboxRow
    from okr_model.explanation import Explanation
    from steps.history import History
    from steps.sync import SyncReport


def encode(document: dict[str, Any]) -> str:
    """Indented JSON, in the order given."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def sync_document(report: SyncReport) -> dict[str, Any]:
    """`okr sync --json`."""
    zone = ZoneInfo(report.scorecard.cycle.timezone)
    own_windows = {each.metric: each for each in report.readings if each.period is None}
    return {
        "run_id": report.run_id,
        "as_of": report.as_of,
        "state": report.state,
        "sources": {name: _source(outcome, zone) for name, outcome in report.outcomes.items()},
        "readings": {metric: reading_document(each, zone) for metric, each in own_windows.items()},
        "key_results": {card.id: _brief(card) for card in report.scorecard.cards()},
    }


def status_document(scorecard: Scorecard) -> dict[str, Any]:
    """`okr status --json`."""
    zone = ZoneInfo(scorecard.cycle.timezone)
    return {
        "as_of": scorecard.as_of,
        "cycle": {"id": scorecard.cycle.id, "state": scorecard.cycle.state},
        "objectives": [
            {
                "id": objective.id,
                "title": objective.title,
                "status": objective.status,
                "progress": None if objective.progress is None else _range(objective.progress),
                "key_results": [key_result_document(card, zone) for card in objective.key_results],
            }
            for objective in scorecard.objectives
        ],
    }


def key_result_document(card: KeyResultCard, zone: ZoneInfo) -> dict[str, Any]:
    """One key result of `okr status --json`."""
    return {
        "id": card.id,
        "title": card.title,
        **_brief(card),
        "unit": card.unit,
        "forecast": None if card.forecast is None else _range(card.forecast),
        "reading": None if card.reading is None else whole_reading(card.reading, zone),
    }


def explanation_document(found: Explanation, zone: ZoneInfo) -> dict[str, Any]:
    """`okr explain --json`."""
    card, shown = found.key_result, found.key_result.override
    return {
        "key_result": {
            **key_result_document(card, zone),
            "target": card.target_text,
            "planned": card.planned,
            "forecast_note": card.forecast_note or None,
            "needs": card.needs or None,
            "computed": card.computed or card.status,
            "since": card.since,
            "override": None
            if shown is None
            else {"status": shown.word, "until": shown.until, "by": shown.by, "note": shown.note},
            "fresh_until": instant(card.fresh_until, zone),
            "periods": dict(card.periods),
            "parts": [_part(part, zone) for part in card.parts],
        },
        "paragraphs": [{"heading": each.heading, "lines": each.lines} for each in found.paragraphs],
    }


def _part(part: PartCard, zone: ZoneInfo) -> dict[str, Any]:
    forecast = part.forecast
    return {
        "name": part.name,
        "kind": part.kind,
        "metric": part.metric,
        "status": part.status,
        "reason": part.reason,
        "actual": part.actual,
        "unit": part.unit,
        "target": part.target_text,
        "progress": part.progress,
        "expected": part.expected,
        "forecast": None if forecast is None or forecast.range is None else _range(forecast.range),
        "needs": part.needs or None,
        "periods": dict(part.periods),
        "reading": None if part.reading is None else whole_reading(part.reading, zone),
    }


def _brief(card: KeyResultCard) -> dict[str, Any]:
    return {
        "status": card.status,
        "reason": "; ".join((card.reason, *card.notes)),
        "actual": card.actual,
        "progress": card.progress,
        "expected": card.expected,
    }


def _range(value: Any) -> dict[str, float]:
    return {"low": value.low, "high": value.high}


def reading_document(reading: Reading, zone: ZoneInfo) -> dict[str, Any]:
    """One reading with its window."""
    return {
        "state": reading.state,
        "reason": reading.reason,
        "value": reading.value,
        "numerator": reading.numerator,
        "denominator": reading.denominator,
        "n": reading.n,
        "window": {"start": instant(reading.window.start, zone), "end": instant(reading.window.end, zone)},
        "as_of": reading.as_of,
    }


def whole_reading(reading: Reading, zone: ZoneInfo) -> dict[str, Any]:
    """One reading with what was left out of it, and where it comes from."""
    return {
        **reading_document(reading, zone),
        "exact": reading.exact,
        "open": reading.open,
        "oldest_open": instant(reading.oldest_open, zone),
        "dropped": reading.dropped,
        "pending": reading.pending,
        "definition": reading.definition,
        "sources": reading.sources,
        "run_id": reading.run_id,
        "recorded_at": instant(reading.recorded_at, zone),
    }


def closed_document(closed: ClosedCycle) -> dict[str, Any]:
    """`okr cycle close --json`."""
    return {
        "cycle": closed.cycle,
        "as_of": closed.as_of,
        "provisional": closed.provisional,
        "key_results": {
            each.key_result: {"outcome": each.word, "score": each.score, "reason": each.reason}
            for each in closed.outcomes
        },
    }


def history_document(found: History) -> dict[str, Any]:
    """`okr history --json`."""
    zone = ZoneInfo(found.zone)
    return {
        "key_result": found.key_result.id,
        "readings": [
            {
                "metric": belief.reading.metric,
                "period": belief.reading.period,
                **reading_document(belief.reading, zone),
                "recorded_at": instant(belief.reading.recorded_at, zone),
                "restated_at": instant(belief.restated_at, zone),
                "definition": belief.reading.definition,
                "run_id": belief.reading.run_id,
            }
            for belief in found.beliefs
        ],
        "check_ins": [
            {
                "as_of": said.as_of,
                "recorded_at": instant(said.recorded_at, zone),
                "by": said.by,
                "value": said.value,
                "milestone": said.milestone,
                "period": said.period,
                "settled": said.settled,
                "note": said.note,
            }
            for said in found.check_ins
        ],
    }


def _source(outcome: SourceOutcome, zone: ZoneInfo) -> dict[str, Any]:
    error = outcome.error
    return {
        "state": outcome.state,
        "error": None
        if error is None
        else {"kind": error.kind, "message": error.message, "retry_after": instant(error.retry_after, zone)},
        "facts": {
            fact: {"stored": each.stored, "unchanged": each.unchanged, "retracted": each.retracted}
            for fact, each in outcome.facts.items()
        },
        "requests": outcome.requests,
        "pages": outcome.pages,
        "retries": outcome.retries,
        "complete_to": instant(outcome.complete_to, zone),
    }


def instant(at: Instant | None, zone: ZoneInfo) -> str | None:
    """ISO 8601 with the zone's offset."""
    if at is None:
        return None
    spec = "seconds" if at % 1000 == 0 else "milliseconds"
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).isoformat(timespec=spec)


def outbox_document(rows: Sequence[OutboxRow], rulings: Sequence[DeliveryRuling], zone: ZoneInfo) -> dict[str, Any]:
    """`okr digest outbox --json`: every delivery, with what people decided about it."""
    decided: dict[int, list[dict[str, Any]]] = {}
    for ruling in rulings:
        kept = {"word": ruling.word, "was": ruling.was, "by": ruling.by, "note": ruling.note}
        decided.setdefault(ruling.delivery_id, []).append({**kept, "at": instant(ruling.at, zone)})
    found = [
        {
            "id": row.id,
            "digest": row.digest,
            "period": row.period,
            "audience": row.audience,
            "channel": row.channel,
            "recipient": row.recipient,
            "subject": row.subject,
            "state": row.state,
            "changed_at": instant(row.changed_at, zone),
            "tries": row.epoch,
            "not_before": instant(row.not_before, zone),
            "reason": row.reason,
            "rulings": decided.get(row.id or 0, []),
        }
        for row in rows
    ]
    return {"deliveries": found}
