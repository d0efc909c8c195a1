"""What a person decides about a delivery: send it again, it has arrived, or never send it."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sqlalchemy import Connection, Engine, select

from ledger.database import begin, in_turn, read
from ledger.tables import outbox, outbox_rulings
from okr_model.exchange import Value
from okr_model.facts import Instant

Decision: TypeAlias = Literal["resend", "arrived", "cancel"]

ALLOWED: dict[Decision, tuple[str, ...]] = {
    "resend": ("retry", "failed", "ambiguous", "suppressed"),
    "arrived": ("failed", "ambiguous"),
    "cancel": ("pending", "retry", "failed", "ambiguous"),
}
"""The states in which each may be decided."""


class MendRefused(Exception):
    """There is no such delivery, or it is past mending; the sentence says which."""


class DeliveryRuling(Value, frozen=True):
    """One decision. `was`: the state that it was about."""

    delivery_id: int
    word: Decision
    was: str
    by: str
    note: str
    at: Instant


def decide(engine: Engine, delivery_id: int, word: Decision, *, by: str, note: str, at: Instant) -> None:
    """Carries the decision out and keeps it, in one transaction. The bytes stay as they were frozen.

    Raises MendRefused, changing nothing, where the delivery is in none of the states that allow it.
    """
    with begin(engine) as connection:
        in_turn(connection, "outbox")
        was, made = _found(connection, delivery_id)
        if was not in ALLOWED[word]:
            raise MendRefused(f"delivery {delivery_id} is {was}: {word} is for {', '.join(ALLOWED[word])}")
        if word == "resend" and not made:
            raise MendRefused(f"delivery {delivery_id} could not be made, so there is nothing to send: cancel it")
        values = {"changed_at": at, "holder": None, "lease_until": None, **_becomes(word, f"{by}: {note}", at)}
        connection.execute(outbox.update().where(outbox.c.id == delivery_id).values(**values))
        ruling = DeliveryRuling(delivery_id=delivery_id, word=word, was=was, by=by, note=note, at=at)
        kept = {name: getattr(ruling, name) for name in DeliveryRuling.__struct_fields__}
        connection.execute(outbox_rulings.insert().values(**kept))


def rulings(engine: Engine) -> list[DeliveryRuling]:
    """Every decision, the oldest first."""
    columns = [outbox_rulings.c[name] for name in DeliveryRuling.__struct_fields__]
    with read(engine) as connection:
        found = connection.execute(select(*columns).order_by(outbox_rulings.c.id))
        return [DeliveryRuling(**row._mapping) for row in found]


def _found(connection: Connection, delivery_id: int) -> tuple[str, bool]:
    statement = select(outbox.c.state, outbox.c.body != b"").where(outbox.c.id == delivery_id).with_for_update()
    found = connection.execute(statement).first()
    if found is None:
        raise MendRefused(f"there is no delivery {delivery_id}; `okr digest outbox` lists them")
    return str(found[0]), bool(found[1])


def _becomes(word: Decision, why: str, at: Instant) -> dict[str, object]:
    if word == "resend":
        return {"state": "retry", "not_before": at, "reason": f"to be sent again, {why}"}
    if word == "arrived":
        return {"state": "sent", "not_before": None, "reason": f"it has arrived, {why}"}
    return {"state": "suppressed", "not_before": None, "reason": f"cancelled, {why}"}
