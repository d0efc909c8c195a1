"""scorecard -> page, and what is due -> frozen digests and alerts in the outbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from digests.channels.api import Channel
from digests.formats import text
from digests.page import write_site
from ledger import checkins, outbox, pulls, readings, runs, scorecards
from ledger.outbox import DigestKey
from okr_model import courses
from okr_model.digest import Digest, Spark
from okr_model.digest_alert import alert, held_alert
from okr_model.digest_builder import build
from okr_model.digest_period import due_period
from okr_model.exchange import Delivery, DeliveryKey, Reading, SourceOutcome, Value
from okr_model.plan import Audience
from okr_model.rollup import rejudge
from okr_model.scorecard import Scorecard
from steps.destinations import Destination, destinations
from steps.movement import movers
from steps.status import NothingStored
from steps.wiring import Workspace

CHART_DAYS = 56


class Document(Value, frozen=True):
    """What the outbox keeps beside the bytes: the next digest compares with `scorecard`."""

    digest: msgspec.Raw
    scorecard: Scorecard


def latest_scorecard(workspace: Workspace) -> Scorecard:
    """The newest stored one, with what has not been renewed in time by now as Stale. Raises NothingStored."""
    found = scorecards.scorecard(workspace.engine)
    if found is None:
        raise NothingStored("no scorecard in the ledger yet; run `okr sync` first")
    return rejudge(found, workspace.now)


def publish_scorecard(workspace: Workspace, scorecard: Scorecard) -> Path:
    """Writes the page and those of its key results, replacing the old ones in one step. Returns the overview's path."""
    by_metric = _readings(workspace, scorecard)
    known = {card.id: [each for name in card.metrics for each in by_metric.get(name, ())] for card in scorecard.cards()}
    return write_site(
        scorecard,
        (Path(workspace.settings.output_dir) / "scorecard").resolve(),
        histories=charts(workspace, scorecard, by_metric, scorecard.cycle.start),
        readings=known,
        outcomes=_outcomes(workspace).values(),
        coverages=pulls.coverages(workspace.engine),
    )


def _readings(workspace: Workspace, scorecard: Scorecard) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings.readings(workspace.engine, first=scorecard.cycle.start, last=scorecard.as_of):
        found.setdefault(reading.metric, []).append(reading)
    return found


def _outcomes(workspace: Workspace) -> dict[str, SourceOutcome]:
    return {name: outcome for name, (_, outcome) in runs.latest_outcomes(workspace.engine).items()}


def charts(
    workspace: Workspace, scorecard: Scorecard, by_metric: Mapping[str, list[Reading]], first: date
) -> dict[str, Spark]:
    """Key result -> its course from `first` to the scorecard's day, with the pace line beside it."""
    plan = workspace.config.plan
    found = {}
    for card in scorecard.cards():
        shown = courses.charted(card)
        if shown.reading is not None:
            known = by_metric.get(shown.reading.metric, ())
            planned = courses.planned_values(plan, shown)
            found[card.id] = courses.course(shown, known, first, scorecard.as_of, planned)
    return found


def freeze_last(workspace: Workspace, only: str | None = None) -> int:
    """Freezes what has come due since, from the newest stored scorecard; nothing where there is none yet."""
    found = scorecards.scorecard(workspace.engine)
    return 0 if found is None else freeze_due(workspace, rejudge(found, workspace.now), only)


def freeze_due(workspace: Workspace, scorecard: Scorecard, only: str | None = None) -> int:
    """Freezes the newest closed period of each audience (or of `only`). Returns how many deliveries were queued."""
    queued = 0
    for audience in workspace.config.audiences.values():
        period = _due(workspace, audience)
        if period is None or only not in (None, audience.id):
            continue
        key = DigestKey("digest", period, audience.id)
        if not outbox.frozen(workspace.engine, key):
            queued += _freeze(workspace, key, _digest(workspace, scorecard, audience, period), scorecard, audience)
    return queued


def _due(workspace: Workspace, audience: Audience) -> str | None:
    if audience.every is None:
        return None
    cycle = workspace.config.plan.cycle
    return due_period(audience.every, cycle, audience.timezone or cycle.timezone, workspace.now)


def _digest(workspace: Workspace, scorecard: Scorecard, audience: Audience, period: str) -> Digest:
    cycle = workspace.config.plan.cycle
    first = max(cycle.start, scorecard.as_of - timedelta(days=CHART_DAYS - 1))
    before = _last_told(workspace, audience)
    return build(
        scorecard,
        before,
        histories=charts(workspace, scorecard, _readings(workspace, scorecard), first),
        check_ins=checkins.check_ins(workspace.engine, first=cycle.start),
        audience=audience,
        period=period,
        link=workspace.settings.scorecard_url,
        check_in_every=cycle.check_in_every,
        broken=[name for name, outcome in _outcomes(workspace).items() if outcome.state != "ok"],
        movers=movers(workspace, scorecard, before) if audience.small_counts is None else {},
    )


def _last_told(workspace: Workspace, audience: Audience) -> Scorecard | None:
    document = outbox.last_sent(workspace.engine, "digest", audience.id)
    return None if document is None else msgspec.json.decode(document, type=Document).scorecard


def freeze_alert(workspace: Workspace, run_id: str, scorecard: Scorecard, outcomes: Mapping[str, SourceOutcome]) -> int:
    """Freezes a mail to those who hear of failed sources, and of held readings: once per day for the same ones."""
    broken = [f"{name} {outcome.error.kind}" for name, outcome in outcomes.items() if outcome.error is not None]
    as_of, metrics = scorecard.as_of, workspace.config.plan.metrics
    waiting = [each for each in readings.readings(workspace.engine, first=as_of, last=as_of) if each.state == "held"]
    held = [f"held {each.metric} {each.period} {each.exact}" for each in waiting]
    queued = 0
    for audience in workspace.config.audiences.values():
        failed = alert(outcomes.values(), scorecard, run_id, workspace.now, audience.id)
        doubted = held_alert(waiting, metrics, scorecard, run_id, workspace.now, audience.id)
        for event, told, about in (("source_failed", failed, broken), ("reading_held", doubted, held)):
            if told is not None and event in audience.on:
                period = f"{as_of} {_fingerprint(about)}"
                digest = msgspec.structs.replace(told, period=period)
                queued += _freeze(workspace, DigestKey("alert", period, audience.id), digest, scorecard, audience)
    return queued


def _fingerprint(about: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(about)).encode()).hexdigest()[:12]


def _freeze(workspace: Workspace, key: DigestKey, digest: Digest, scorecard: Scorecard, audience: Audience) -> int:
    return freeze_to(workspace, key, digest, scorecard, destinations(workspace, audience))


def freeze_to(
    workspace: Workspace, key: DigestKey, digest: Digest, scorecard: Scorecard, to: Iterable[Destination]
) -> int:
    """Freezes the digest for each destination under a key that is frozen once. Returns how many were queued."""
    document = msgspec.json.encode(Document(digest=msgspec.Raw(msgspec.json.encode(digest)), scorecard=scorecard))
    deliveries = [_delivery(digest, DeliveryKey(*key, each.channel, each.recipient), each.way) for each in to]
    return outbox.freeze(workspace.engine, key, document, deliveries, workspace.now)


def _delivery(digest: Digest, key: DeliveryKey, way: Channel) -> Delivery:
    return Delivery(**key._asdict(), subject=digest.subject, body=way.render(digest, key))


class Preview(NamedTuple):
    """A digest as plain text, and the bytes that one channel would send."""

    text: str
    delivery: Delivery


def preview(workspace: Workspace, name: str) -> list[Preview]:
    """An audience's digest as it would be frozen now, for each of its destinations. Raises NoSuchAudience."""
    audience = workspace.config.audiences.get(name)
    if audience is None or audience.every is None:
        there = [each.id for each in workspace.config.audiences.values() if each.every is not None]
        raise NoSuchAudience(f"no audience {name!r} that gets digests; there is: {', '.join(there)}")
    period = _due(workspace, audience) or "preview"
    digest = _digest(workspace, latest_scorecard(workspace), audience, period)
    shown = text.render(digest)
    keys = [
        (each, DeliveryKey("preview", period, name, each.channel, each.recipient))
        for each in destinations(workspace, audience)
    ]
    return [Preview(shown, _delivery(digest, key, each.way)) for each, key in keys]


def sent_over(found: Iterable[Preview], channel: str) -> Delivery:
    """The first delivery over that channel. Raises NoSuchAudience, naming the channels there are."""
    deliveries = {each.delivery.channel: each.delivery for each in reversed(list(found))}
    if channel not in deliveries:
        raise NoSuchAudience(f"it gets nothing by {channel!r}, but by: {', '.join(sorted(deliveries))}")
    return deliveries[channel]


class NoSuchAudience(Exception):
    """There is no such audience, or it gets no digests, or none over that channel."""
