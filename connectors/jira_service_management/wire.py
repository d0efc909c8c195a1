"""Jira's answers, cut down to the fields that are used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Generic, TypeAlias, TypeVar, cast

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Named(msgspec.Struct, frozen=True, gc=False):
    name: str


class Person(msgspec.Struct, frozen=True, gc=False):
    accountId: str  # noqa: N815  Jira's name


class Chosen(msgspec.Struct, frozen=True, gc=False):
    """An option of a select field has a value, a version or component a name, a request its type."""

    value: str | None = None
    name: str | None = None
    requestType: Named | None = None  # noqa: N815  Jira's name


One: TypeAlias = str | int | float | bool | Chosen | None
Custom: TypeAlias = One | list[One]


class Fields(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The fields that are asked for; `resolutiondate` is null again once a request is opened again."""

    created: Moment
    resolutiondate: Moment | None
    issuetype: Named
    labels: list[str]
    reporter: Person | None


F = TypeVar("F", bound=Fields)


class Issue(msgspec.Struct, Generic[F], frozen=True, gc=False):
    id: str
    fields: F
    key: str = ""


class IssuePage(msgspec.Struct, Generic[F], frozen=True):
    """The last page has no `nextPageToken` at all."""

    issues: list[Issue[F]]
    nextPageToken: str | None = None  # noqa: N815  Jira's name
    isLast: bool | None = None  # noqa: N815  Jira's name


class Project(msgspec.Struct, frozen=True):
    key: str


class Field(msgspec.Struct, frozen=True):
    id: str


def fields_with(custom: Iterable[str]) -> type[Fields]:
    """Fields that also hold these custom ones, null where a request has none."""
    more = [(name, Custom, None) for name in custom]
    made = msgspec.defstruct("Fields", more, bases=(Fields,), frozen=True, gc=False, kw_only=True)
    return cast("type[Fields]", made)
