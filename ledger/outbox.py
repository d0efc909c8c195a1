"""The outbox: frozen digests on their way. Nobody gets one twice, nobody is skipped in silence.

pending -> sending (a lease with an epoch) -> sent | retry at | failed | ambiguous; or suppressed, with its reason.
Every change of state is a compare-and-set on state and epoch, so that of two drains at once only one has its way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, func, or_, select

from ledger.database import begin, in_turn, read
from ledger.documents import dump
from ledger.holders import Holder
from ledger.tables import digests, outbox
from okr_model.exchange import Delivery, Value
from okr_model.facts import Instant

State: TypeAlias = Literal["pending", "sending", "sent", "retry", "failed", "ambiguous", "suppressed"]
NOBODY = "it has no recipient"
PAUSED = "paused: the last two deliveries to it were refused; resend one of them, or cancel one, to try again"
_PATIENCE = 2
_IN_ORDER = "digest"  # whose periods are local times; those of the others are names
GONE = "the process that was sending it is gone or late"


class DigestKey(NamedTuple):
    """One digest of one closed period for one audience."""

    digest: str
    period: str
    audience: str


class Claimed(NamedTuple):
    """A delivery that is ours to send until the lease ends, and what to settle it with."""

    delivery: Delivery
    id: int
    epoch: int


class OutboxRow(Value, frozen=True):
    """What became of one delivery. A digest that was suppressed before it was built has no channel or recipient."""

    id: int | None
    digest: str
    period: str
    audience: str
    channel: str
    recipient: str
    subject: str
    state: State
    changed_at: Instant
    epoch: int = 0  # how often it was tried
    told_epoch: int | None = None  # the try of which operators were told that it was lost
    not_before: Instant | None = None
    reason: str | None = None


class Unmade(NamedTuple):
    """A delivery whose bytes could not be made, which lies with its channel: there is nothing to send."""

    channel: str
    recipient: str
    why: str


def freeze(
    engine: Engine,
    key: DigestKey,
    document: bytes,
    deliveries: Sequence[Delivery],
    at: Instant,
    unmade: Sequence[Unmade] = (),
) -> int:
    """Keep the digest's document and queue its deliveries, in one transaction; how many were queued.

    A period that is frozen or suppressed already stays as it is, to the byte. One of a digest that comes after a newer
    one, from a process that began before that was due, is suppressed. A recipient named twice gets one. One whose last
    two deliveries over that channel were refused is paused: its delivery is suppressed, saying so. What is `unmade` is
    kept as failed, so that the others go out and nobody is left out in silence.
    """
    with begin(engine) as connection:
        if _digest_id(connection, key) is not None:
            return 0
        newer = _newest(connection, key) if key.digest == _IN_ORDER else None
        if newer is not None and newer > key.period:
            _insert_digest(connection, key, at, suppressed=f"the newer one of {newer} was there before it")
            return 0
        suppressed = None if deliveries or unmade else NOBODY
        digest_id = _insert_digest(connection, key, at, document=document, suppressed=suppressed)
        rows = {(each.channel, each.recipient): _pending(each, digest_id, at) for each in reversed(deliveries)}
        for to, row in rows.items():
            if _is_paused(connection, *to):
                row |= {"state": "suppressed", "reason": PAUSED}
        rows |= {(each.channel, each.recipient): _unmade(each, digest_id, at) for each in reversed(unmade)}
        if rows:
            connection.execute(outbox.insert(), list(reversed(rows.values())))
        return sum(row["state"] == "pending" for row in rows.values())


def frozen(engine: Engine, key: DigestKey) -> bool:
    """Whether the period is frozen or suppressed already, so that there is nothing to render."""
    with read(engine) as connection:
        return connection.execute(_known(key)).scalar() is not None


def give_up_older(engine: Engine, key: DigestKey, at: Instant) -> None:
    """Never send what waits of the digest's earlier periods: this one tells what they would have told.

    An outage of a month thus gives one digest, not four. What is on its way already is left alone.
    """
    older = and_(digests.c.digest == key.digest, digests.c.audience == key.audience, digests.c.period < key.period)
    waiting = and_(outbox.c.digest_id.in_(select(digests.c.id).where(older)), outbox.c.state.in_(("pending", "retry")))
    reason = f"the newer one of {key.period} takes its place"
    with begin(engine) as connection:
        values = {"state": "suppressed", "reason": reason, "changed_at": at, "not_before": None}
        connection.execute(outbox.update().where(waiting).values(**values))


def suppress(engine: Engine, key: DigestKey, reason: str, at: Instant) -> None:
    """Never send what of this digest is not on its way yet; one that was not frozen never will be."""
    with begin(engine) as connection:
        digest_id = _digest_id(connection, key)
        if digest_id is None:
            _insert_digest(connection, key, at, suppressed=reason)
            return
        waiting = and_(outbox.c.digest_id == digest_id, outbox.c.state.in_(("pending", "retry")))
        values = {"state": "suppressed", "reason": reason, "changed_at": at, "not_before": None}
        connection.execute(outbox.update().where(waiting).values(**values))


def claim(
    engine: Engine,
    now: Instant,
    holder: Holder,
    ttl_ms: int,
    limit: int,
    *,
    audience: str | None = None,
    quiet: Collection[str] = (),
) -> list[Claimed]:
    """Take up to `limit` deliveries that are pending, or due for another try, oldest first; ours until now + ttl.

    Take only what is sent at once: of all that a killed process had taken, nobody can say whether it went out.
    With `audience`, only what is for that one (and its owners, one by one); nothing for those in `quiet`.
    """
    due = or_(outbox.c.state == "pending", and_(outbox.c.state == "retry", outbox.c.not_before <= now))
    if audience is not None:
        due = and_(due, outbox.c.digest_id.in_(_of([audience])))
    if quiet:
        due = and_(due, outbox.c.digest_id.not_in(_of(quiet)))
    chosen = select(outbox.c.id).where(due).order_by(outbox.c.id).limit(limit).with_for_update(skip_locked=True)
    values = {"state": "sending", "holder": dump(holder), "lease_until": now + ttl_ms, "changed_at": now}
    with begin(engine) as connection:
        ids = list(connection.execute(chosen).scalars())
        taken = outbox.update().where(outbox.c.id.in_(ids), due).values(epoch=outbox.c.epoch + 1, **values)
        connection.execute(taken)
        rows = connection.execute(_joined(outbox.c.body).where(outbox.c.id.in_(ids)).order_by(outbox.c.id))
        return [_claimed(row) for row in rows]


def sent(engine: Engine, id: int, epoch: int, at: Instant) -> bool:  # noqa: A002
    """It went out. Also recorded where it was given up as ambiguous meanwhile, unless another try has begun.

    Like `retry`, `failed` and `ambiguous`, returns False and changes nothing where the delivery is no longer ours.
    """
    return _settle(engine, id, epoch, ("sending", "ambiguous", "retry"), state="sent", changed_at=at, reason=None)


def retry(engine: Engine, id: int, epoch: int, at: Instant, *, not_before: Instant, why: str) -> bool:  # noqa: A002
    """It did not go out: try again, not before `not_before`."""
    return _settle(engine, id, epoch, state="retry", changed_at=at, not_before=not_before, reason=why)


def withdrawn(engine: Engine, id: int, epoch: int, at: Instant, why: str) -> bool:  # noqa: A002
    """It is not wanted any more: never sent, and nobody need be told."""
    return _settle(engine, id, epoch, state="suppressed", changed_at=at, reason=why)


def failed(engine: Engine, id: int, epoch: int, at: Instant, why: str) -> bool:  # noqa: A002
    """It is given up, for a reason that does not lie with the recipient."""
    return _settle(engine, id, epoch, state="failed", changed_at=at, reason=why, refused=False)


def refused(engine: Engine, id: int, epoch: int, at: Instant, why: str) -> bool:  # noqa: A002
    """The other side will never take it: failed, and after two of these in a row the recipient is paused."""
    return _settle(engine, id, epoch, state="failed", changed_at=at, reason=why, refused=True)


def ambiguous(engine: Engine, id: int, epoch: int, at: Instant, why: str) -> bool:  # noqa: A002
    """Perhaps it went out: it is not sent again, and a person is told."""
    return _settle(engine, id, epoch, state="ambiguous", changed_at=at, reason=why)


def recover(
    engine: Engine, now: Instant, holder_alive: Callable[[Holder], bool], idempotent: Collection[str]
) -> list[OutboxRow]:
    """Settle deliveries whose sender is gone or whose lease has lapsed; returns them as they are now.

    On a channel named in `idempotent`, where the same bytes sent twice arrive once, they are due again at once; on
    any other they may have gone out, and are ambiguous.
    """
    with begin(engine) as connection:
        sending = select(outbox.c.id, outbox.c.channel, outbox.c.holder, outbox.c.lease_until).with_for_update()
        rows = connection.execute(sending.where(outbox.c.state == "sending")).all()
        stuck = [row for row in rows if row.lease_until <= now or not holder_alive(_holder(row.holder))]
        for row in stuck:
            again = {"state": "retry", "not_before": now} if row.channel in idempotent else {"state": "ambiguous"}
            settled = outbox.update().where(outbox.c.id == row.id)
            connection.execute(settled.values(**again, reason=GONE, changed_at=now, **_NO_LEASE))
        ids = [row.id for row in stuck]
        return [_row(row) for row in connection.execute(_joined().where(outbox.c.id.in_(ids)).order_by(outbox.c.id))]


def last_sent(engine: Engine, digest: str, audience: str) -> bytes | None:
    """The document of the newest period of which somebody was sent a delivery; null where nobody ever was."""
    delivered = select(outbox.c.id).where(outbox.c.digest_id == digests.c.id, outbox.c.state == "sent").exists()
    statement = select(digests.c.document).where(digests.c.digest == digest, digests.c.audience == audience, delivered)
    with read(engine) as connection:
        return connection.execute(statement.order_by(digests.c.period.desc()).limit(1)).scalar()


def rows(engine: Engine) -> list[OutboxRow]:
    """Every delivery, and every digest that was suppressed instead, in the order in which they were frozen."""
    with read(engine) as connection:
        return [_row(row) for row in connection.execute(_joined().order_by(digests.c.id, outbox.c.id))]


def lost(engine: Engine) -> list[OutboxRow]:
    """What did not surely arrive and waits for a person: failed, ambiguous, or held back from one who is paused.

    Not alerts: whoever they were for cannot be told that way.
    """
    paused = and_(outbox.c.state == "suppressed", outbox.c.reason == PAUSED)
    statement = _joined().where(or_(outbox.c.state.in_(("failed", "ambiguous")), paused), digests.c.digest != "alert")
    with read(engine) as connection:
        return [_row(row) for row in connection.execute(statement.order_by(outbox.c.id))]


def told(engine: Engine, rows: Sequence[OutboxRow]) -> None:
    """Operators have been told of these, as they stand: only another try makes news of them."""
    with begin(engine) as connection:
        for row in rows:
            mine = and_(outbox.c.id == row.id, outbox.c.epoch == row.epoch)
            connection.execute(outbox.update().where(mine).values(told_epoch=row.epoch))


_NO_LEASE = {"holder": None, "lease_until": None}


def _settle(engine: Engine, row_id: int, epoch: int, was: tuple[State, ...] = ("sending",), **values: object) -> bool:
    mine: ColumnElement[bool] = and_(outbox.c.id == row_id, outbox.c.epoch == epoch, outbox.c.state.in_(was))
    with begin(engine) as connection:
        return connection.execute(outbox.update().where(mine).values(**values, **_NO_LEASE)).rowcount == 1


def _is_paused(connection: Connection, channel: str, recipient: str) -> bool:
    refusal = and_(outbox.c.state == "failed", outbox.c.refused)
    ended = (outbox.c.channel == channel, outbox.c.recipient == recipient, or_(refusal, outbox.c.state == "sent"))
    newest = select(outbox.c.state).where(*ended).order_by(outbox.c.id.desc()).limit(_PATIENCE)
    states = list(connection.execute(newest).scalars())
    return states == ["failed"] * _PATIENCE


def _digest_id(connection: Connection, key: DigestKey) -> int | None:
    in_turn(connection, "outbox")
    return connection.execute(_known(key)).scalar()


def _newest(connection: Connection, key: DigestKey) -> str | None:
    mine = (digests.c.digest == key.digest, digests.c.audience == key.audience)
    return connection.execute(select(func.max(digests.c.period)).where(*mine)).scalar()


def _of(audiences: Collection[str]) -> Select[Any]:
    owners = [digests.c.audience.startswith(f"{name}/", autoescape=True) for name in audiences]
    return select(digests.c.id).where(or_(digests.c.audience.in_(audiences), *owners))


def _known(key: DigestKey) -> Select[Any]:
    mine = (digests.c.digest == key.digest, digests.c.period == key.period, digests.c.audience == key.audience)
    return select(digests.c.id).where(*mine)


def _insert_digest(connection: Connection, key: DigestKey, at: Instant, **values: object) -> int:
    statement = digests.insert().values(**key._asdict(), frozen_at=at, **values)
    (digest_id,) = connection.execute(statement).inserted_primary_key or (0,)
    return int(digest_id)


def _pending(delivery: Delivery, digest_id: int, at: Instant) -> dict[str, object]:
    return {
        "digest_id": digest_id,
        "channel": delivery.channel,
        "recipient": delivery.recipient,
        "subject": delivery.subject,
        "body": delivery.body,
        "state": "pending",
        "reason": None,
        "refused": None,
        "epoch": 0,
        "changed_at": at,
    }


def _unmade(unmade: Unmade, digest_id: int, at: Instant) -> dict[str, object]:
    nothing = {"subject": "", "body": b"", "epoch": 0}
    to = {"digest_id": digest_id, "channel": unmade.channel, "recipient": unmade.recipient}
    return {**to, **nothing, "state": "failed", "reason": unmade.why, "refused": False, "changed_at": at}


def _joined(*more: ColumnElement[Any]) -> Select[Any]:
    """All but the bytes, which `more` may ask for."""
    suppressed = outbox.c.id.is_(None)
    plain = [column for column in outbox.c if column.name not in ("body", "digest_id", "state", "reason", "changed_at")]
    columns = (
        *(digests.c.digest, digests.c.period, digests.c.audience, *plain, *more),
        func.coalesce(outbox.c.state, "suppressed").label("state"),
        func.coalesce(outbox.c.reason, digests.c.suppressed).label("reason"),
        func.coalesce(outbox.c.changed_at, digests.c.frozen_at).label("changed_at"),
    )
    joined = digests.outerjoin(outbox)
    return select(*columns).select_from(joined).where(or_(~suppressed, digests.c.suppressed.is_not(None)))


def _claimed(row: Row[Any]) -> Claimed:
    fields = {name: getattr(row, name) for name in Delivery.__struct_fields__}
    return Claimed(Delivery(**fields), row.id, row.epoch)


def _row(row: Row[Any]) -> OutboxRow:
    return OutboxRow(
        id=row.id,
        digest=row.digest,
        period=row.period,
        audience=row.audience,
        channel=row.channel or "",
        recipient=row.recipient or "",
        subject=row.subject or "",
        state=row.state,
        changed_at=row.changed_at,
        epoch=row.epoch or 0,
        told_epoch=row.told_epoch,
        not_before=row.not_before,
        reason=row.reason,
    )


def _holder(document: str) -> Holder:
    return msgspec.json.decode(document, type=Holder)
