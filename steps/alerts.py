"""What operators must hear of -> one message for each kind of trouble, once for the same trouble."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from ledger import outbox, readings, scorecards
from ledger.documents import raw
from ledger.outbox import PAUSED, DigestKey, OutboxRow
from okr_model.digest import Digest
from okr_model.digest_alert import Undelivered, alert, held_alert, undelivered_alert
from okr_model.exchange import SourceOutcome
from okr_model.plan import Event
from okr_model.scorecard import Scorecard
from steps.destinations import destinations
from steps.freeze import freeze_to
from steps.wiring import Workspace


def freeze_alert(workspace: Workspace, run_id: str, scorecard: Scorecard, outcomes: Mapping[str, SourceOutcome]) -> int:
    """Tells of failed sources, and of held readings: once per day for the same ones. Returns how many were queued."""
    broken = [f"{name} {outcome.error.kind}" for name, outcome in outcomes.items() if outcome.error is not None]
    metrics, first = workspace.config.plan.metrics, workspace.config.plan.cycle.start
    known = readings.readings(workspace.engine, first=first, last=scorecard.as_of)
    waiting = [each for each in known if each.state == "held" and each.metric in metrics]
    held = [f"held {each.metric} {each.as_of} {each.period} {each.exact}" for each in waiting]
    failed = alert(outcomes.values(), scorecard, run_id, workspace.now)
    doubted = held_alert(waiting, metrics, scorecard, run_id, workspace.now)
    queued = _tell(workspace, "source_failed", failed, f"{scorecard.as_of} {_mark(broken)}", scorecard)
    return queued + _tell(workspace, "reading_held", doubted, f"{scorecard.as_of} {_mark(held)}", scorecard)


def freeze_undelivered(workspace: Workspace) -> int:
    """Tells of deliveries that failed, may have failed or were held back: each once, and again after another try."""
    lost = outbox.lost(workspace.engine)
    news = [row for row in lost if row.told_epoch != row.epoch]
    scorecard = scorecards.scorecard(workspace.engine) if news else None
    if scorecard is None:
        return 0
    waiting = sum(row.told_epoch == row.epoch and row.reason != PAUSED for row in lost)
    told = undelivered_alert([_undelivered(row) for row in news], scorecard, workspace.now, waiting)
    period = f"undelivered {_mark(f'{row.id} {row.epoch}' for row in news)}"
    queued = _tell(workspace, "delivery_failed", told, period, scorecard)
    outbox.told(workspace.engine, news)
    return queued


def _undelivered(row: OutboxRow) -> Undelivered:
    what = f"{row.digest} of {row.period}"
    to = f"{row.recipient} ({row.channel})"
    return Undelivered(row.id or 0, _word(row), what, row.audience, to, row.reason or "")


def _word(row: OutboxRow) -> Literal["Failed", "Ambiguous", "Paused", "Not made"]:
    if row.reason == PAUSED:
        return "Paused"
    if row.state == "ambiguous":
        return "Ambiguous"
    return "Failed" if row.epoch else "Not made"


def _tell(workspace: Workspace, event: Event, told: Digest | None, period: str, scorecard: Scorecard) -> int:
    queued = 0
    for audience in workspace.config.audiences.values():
        key = DigestKey("alert", period, audience.id)
        if told is None or event not in audience.on or outbox.frozen(workspace.engine, key):
            continue
        footer = tuple(line.replace("operators", audience.id) for line in told.footer)
        digest = msgspec.structs.replace(told, audience=audience.id, period=period, footer=footer)
        queued += freeze_to(workspace, key, digest, raw(scorecard), destinations(audience))
    return queued


def _mark(about: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(about)).encode()).hexdigest()[:12]
