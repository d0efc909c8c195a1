"""Intercom's answers, cut down to the fields that are used. Times are epoch seconds."""

from __future__ import annotations

import msgspec


class Statistics(msgspec.Struct, frozen=True, gc=False):
    """The instants alone: every duration beside them (time_to_...) leaves out what is not office hours."""

    first_admin_reply_at: int | None = None
    last_close_at: int | None = None


class Party(msgspec.Struct, frozen=True, gc=False):
    id: str


class Contacts(msgspec.Struct, frozen=True, gc=False):
    contacts: list[Party]


class Tag(msgspec.Struct, frozen=True, gc=False):
    name: str


class Tags(msgspec.Struct, frozen=True, gc=False):
    tags: list[Tag]


class Origin(msgspec.Struct, frozen=True, gc=False):
    type: str
    delivered_as: str | None = None


class Rating(msgspec.Struct, frozen=True, gc=False):
    """`rating` is null until the customer answers; `created_at` is when they were asked."""

    created_at: int
    rating: int | None


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """`statistics` is null for a while after a conversation was begun."""

    id: str
    created_at: int
    state: str
    source: Origin
    tags: Tags
    statistics: Statistics | None
    contacts: Contacts | None = None
    custom_attributes: dict[str, msgspec.Raw] = {}
    conversation_rating: Rating | None = None


class Next(msgspec.Struct, frozen=True):
    starting_after: str | None = None


class Pages(msgspec.Struct, frozen=True):
    """The last page has no `next`, or null."""

    next: Next | None = None
    page: int | None = None
    total_pages: int | None = None


class ConversationPage(msgspec.Struct, frozen=True):
    conversations: list[Conversation]
    pages: Pages
