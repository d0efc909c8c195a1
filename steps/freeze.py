"""What is due -> digests, frozen in the outbox for each destination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from digests.channels.api import ChannelError
from digests.formats import text
from ledger import outbox, scorecards
from ledger.documents import raw
from ledger.outbox import DigestKey, Unmade
from okr_model import words
from okr_model.addresses import mailable
from okr_model.digest import Digest
from okr_model.digest_alert import skipped_notice
from okr_model.digest_builder import build
from okr_model.digest_period import due_period
from okr_model.digest_words import cut_off
from okr_model.exchange import Delivery, DeliveryKey, Value
from okr_model.legible import legible
from okr_model.plan import OWNERS, Audience, Hold
from okr_model.rollup import rejudge
from okr_model.scorecard import KeyResultCard, Scorecard
from steps.destinations import Destination, by_mail, destinations
from steps.material import Material
from steps.publish import latest_scorecard
from steps.wiring import Workspace


class Document(Value, frozen=True):
    """What the outbox keeps beside the bytes: the next digest compares with `scorecard`. Both as JSON."""

    digest: msgspec.Raw
    scorecard: msgspec.Raw


class Reader(NamedTuple):
    """Who a digest is made for: an audience as a whole, or one owner of key results in it."""

    audience: Audience
    owner: str | None = None

    @property
    def id(self) -> str:
        """`leadership`; `owners/ana@example.org`. Under it the outbox knows what this reader was last sent."""
        return self.audience.id if self.owner is None else f"{self.audience.id}/{self.owner}"


def freeze_last(workspace: Workspace, only: str | None = None) -> int:
    """Freezes what has come due since, from the newest stored scorecard; nothing where there is none yet."""
    found = scorecards.scorecard(workspace.engine)
    return 0 if found is None else freeze_due(workspace, rejudge(found, workspace.now), only)


def freeze_due(workspace: Workspace, scorecard: Scorecard, only: str | None = None) -> int:
    """Freezes the newest closed period of each audience (or of `only`). Returns how many deliveries were queued."""
    material = Material(workspace, scorecard)
    queued = 0
    for audience in workspace.config.audiences.values():
        period = _due(workspace, audience)
        if period is None or only not in (None, audience.id):
            continue
        for reader in _readers(scorecard, audience):
            key = DigestKey("digest", period, reader.id)
            if not outbox.frozen(workspace.engine, key):
                outbox.give_up_older(workspace.engine, key, workspace.now)
                queued += _gated(material, key, reader)
    return queued


def freeze_to(
    workspace: Workspace, key: DigestKey, digest: Digest, scorecard: msgspec.Raw, to: Iterable[Destination]
) -> int:
    """Freezes the digest for each destination under a key that is frozen once. Returns how many were queued.

    Where a channel cannot make its bytes, the others' deliveries are queued all the same, and operators are told.
    """
    digest = legible(digest)
    document = msgspec.json.encode(Document(digest=raw(digest), scorecard=scorecard))
    made: list[Delivery] = []
    unmade: list[Unmade] = []
    for each in to:
        try:
            made.append(_delivery(workspace, digest, key, each))
        except ChannelError as error:
            unmade.append(Unmade(each.use.channel, each.recipient, str(error)))
        except Exception as fault:  # a plugin's, which must not keep the others' deliveries from going out
            why = f"{type(fault).__name__}, a fault in the channel {each.use.channel} as it was written"
            unmade.append(Unmade(each.use.channel, each.recipient, why))
    return outbox.freeze(workspace.engine, key, document, made, workspace.now, unmade)


def _due(workspace: Workspace, audience: Audience) -> str | None:
    if audience.every is None:
        return None
    cycle = workspace.config.plan.cycle
    return due_period(audience.every, cycle, audience.timezone or cycle.timezone, workspace.now)


def _readers(scorecard: Scorecard, audience: Audience) -> Iterator[Reader]:
    if audience.to != OWNERS:
        yield Reader(audience)
        return
    chosen = audience.objectives
    cards = [card for card in scorecard.cards() if chosen == "all" or card.objective in chosen]
    yield from (Reader(audience, owner) for owner in dict.fromkeys(card.owner for card in cards) if mailable(owner))


def _gated(material: Material, key: DigestKey, reader: Reader) -> int:
    """Stale numbers are looked at before anything is built: sent marked, held, or not sent at all."""
    policy, old = reader.audience.stale, _on_old_data(material, reader)
    if old and isinstance(policy, Hold) and material.workspace.now < _deadline(material.workspace, key, reader, policy):
        return 0
    if old and policy == "skip":
        return _skip(material, key, reader.audience, old)
    digest = _digest(material, reader, key.period)
    return freeze_to(material.workspace, key, digest, material.raw_scorecard, _to(reader))


def _on_old_data(material: Material, reader: Reader) -> list[KeyResultCard]:
    chosen = reader.audience.objectives
    return [
        card
        for card in material.scorecard.cards()
        if (chosen == "all" or card.objective in chosen)
        and reader.owner in (None, card.owner)
        and (card.status == "Stale" or cut_off(card, material.broken))
    ]


def _deadline(workspace: Workspace, key: DigestKey, reader: Reader, policy: Hold) -> int:
    zone = reader.audience.timezone or workspace.config.plan.cycle.timezone
    due = datetime.fromisoformat(key.period).replace(tzinfo=zone)
    return round(due.timestamp() * 1_000) + policy.hold.ms


def _skip(material: Material, key: DigestKey, audience: Audience, old: list[KeyResultCard]) -> int:
    """Tells those who own what is stale, and then suppresses the period: once it is, nobody looks at it again."""
    workspace, owners = material.workspace, sorted({card.owner for card in old if mailable(card.owner)})
    names = words.listed([card.id for card in old])
    notice = skipped_notice(audience.id, key.period, old, material.scorecard)
    to = [by_mail(owner) for owner in owners]
    queued = freeze_to(workspace, key._replace(digest="skipped"), notice, material.raw_scorecard, to)
    outbox.suppress(workspace.engine, key, f"skipped: {names} stand on old data", workspace.now)
    return queued


def _to(reader: Reader) -> list[Destination]:
    return destinations(reader.audience) if reader.owner is None else [by_mail(reader.owner)]


def _digest(material: Material, reader: Reader, period: str) -> Digest:
    workspace, audience = material.workspace, reader.audience
    before = _last_told(material, reader)
    return build(
        material.scorecard,
        before,
        histories=material.charts,
        check_ins=material.check_ins,
        audience=audience,
        owner=reader.owner,
        period=period,
        link=workspace.settings.scorecard_url,
        check_in_every=workspace.config.plan.cycle.check_in_every,
        broken=material.broken,
        movers=material.movers(before) if audience.small_counts is None else {},
        dips=material.dips(before),
    )


def _last_told(material: Material, reader: Reader) -> Scorecard | None:
    document = outbox.last_sent(material.workspace.engine, "digest", reader.id)
    return None if document is None else material.earlier(msgspec.json.decode(document, type=Document).scorecard)


def _delivery(workspace: Workspace, digest: Digest, key: DigestKey, to: Destination) -> Delivery:
    whole = DeliveryKey(*key, to.use.channel, to.recipient)
    body = workspace.open_channel(to.use.channel, to.use.options).render(digest, whole)
    return Delivery(**whole._asdict(), subject=digest.subject, body=body)


class Preview(NamedTuple):
    """A digest as plain text, and the bytes that one channel would send."""

    text: str
    delivery: Delivery


def preview(workspace: Workspace, name: str) -> list[Preview]:
    """An audience's digests as they would be frozen now, for each destination. Raises NoSuchAudience."""
    audience = workspace.config.audiences.get(name)
    if audience is None or audience.every is None:
        there = [each.id for each in workspace.config.audiences.values() if each.every is not None]
        raise NoSuchAudience(f"no audience {name!r} that gets digests; there is: {', '.join(there)}")
    material = Material(workspace, latest_scorecard(workspace))
    found: list[Preview] = []
    for reader in _readers(material.scorecard, audience):
        key = DigestKey("preview", _due(workspace, audience) or "preview", reader.id)
        digest = legible(_digest(material, reader, key.period))
        shown = text.render(digest)
        found += [Preview(shown, _delivery(workspace, digest, key, each)) for each in _to(reader)]
    if not found:
        raise NoSuchAudience(f"{name} is for owners of key results, and no key result has one")
    return found


def sent_over(found: Iterable[Preview], channel: str) -> Delivery:
    """The first delivery over that channel. Raises NoSuchAudience, naming the channels there are."""
    deliveries = {each.delivery.channel: each.delivery for each in reversed(list(found))}
    if channel not in deliveries:
        raise NoSuchAudience(f"it gets nothing by {channel!r}, but by: {', '.join(sorted(deliveries))}")
    return deliveries[channel]


class NoSuchAudience(Exception):
    """There is no such audience, or it gets no digests, or none over that channel."""
