"""Marble's decisions (/v1/decisions) and cases (/v1beta/cases), cut down to the fields that are used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
CaseOutcome: TypeAlias = Literal["unset", "confirmed_risk", "valuable_alert", "false_positive"]

T = TypeVar("T")


class TriggerObject(msgspec.Struct, frozen=True, gc=False):
    """What was judged; its other fields are the customer's own. `updated_at`: by the customer's clock."""

    object_id: str
    updated_at: str | None = None


class CaseLink(msgspec.Struct, frozen=True, gc=False):
    id: str


class Decision(msgspec.Struct, frozen=True, gc=False):
    """`review_status` is set on those that wait for people; a scenario's own word is `outcome`."""

    created_at: Moment
    outcome: Literal["approve", "review", "block_and_review", "decline"]
    trigger_object: TriggerObject
    review_status: Literal["pending", "approve", "decline"] | None = None
    case: CaseLink | None = None


class Case(msgspec.Struct, frozen=True, gc=False):
    """There is neither a time of closing nor one of its last change in it."""

    id: str
    outcome: CaseOutcome


class Pagination(msgspec.Struct, frozen=True):
    has_more: bool
    next_page_id: str | None = None


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    data: list[T]
    pagination: Pagination
