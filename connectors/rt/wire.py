"""Request Tracker's answers, cut down to the fields that are used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Row(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Ids are text in lists and numbers elsewhere."""

    id: str | int


class Queue(msgspec.Struct, frozen=True, gc=False):
    Name: str


class CustomField(msgspec.Struct, frozen=True, gc=False):
    name: str
    values: list[str | None]


class TicketView(Row, frozen=True, gc=False, kw_only=True):
    """A list that the account may not see is an empty text; a merged ticket's `EffectiveId` is the other one's id."""

    Queue: Queue
    Status: str
    Created: Moment
    Resolved: Moment | None
    Requestor: list[Row] | str
    CustomFields: list[CustomField] | str
    EffectiveId: str | int | None = None


class Removal(Row, frozen=True, gc=False, kw_only=True):
    """A transaction: a status that became `deleted`, another queue, or a link that ends in the surviving one's id."""

    ObjectId: str | int
    NewValue: str | None = None


R = TypeVar("R", bound=Row)


class Listed(msgspec.Struct, Generic[R], frozen=True):
    """`total` is null where RT cannot tell it; some versions then leave out `next_page` too."""

    items: list[R]
    page: int
    total: int | None = None
    next_page: str | None = None


class QueueView(msgspec.Struct, frozen=True):
    Name: str
