"""Answers and their Link header (RFC 8288), read strictly: one that is skipped over would end a list before its end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from connectors.addresses import Address
from connectors.api import DataError

T = TypeVar("T")

# Possessive throughout: a header made to be slow is read in one pass all the same.
_LINK = re.compile(r"""[\s,]*+<([^>]++)>\s*+((?:;[^;,"]*+(?:"(?:[^"\\]|\\.)*+"[^;,"]*+)?+)*+)(?=,|$)""")
_REL = re.compile(r""";\s*+rel\*?\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;,"]*+))""", re.IGNORECASE)


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A decoded body, where it came from, and the Link header beside it."""

    body: T
    address: Address
    links: str | None = None

    @property
    def next_link(self) -> str | None:
        """The header's `next` as it stands there, to be followed by `Client.follow` alone. Raises DataError."""
        try:
            return next_of(self.links) if self.links else None
        except ValueError:
            raise DataError(f"{self.address.shown} names its next page in a Link header that cannot be read") from None


def next_of(header: str) -> str | None:
    """Where the link with the relation `next` leads. Raises ValueError where the header is not as the RFC says."""
    place = 0
    found = None
    while header[place:].strip(" \t,"):
        link = _LINK.match(header, place)
        if link is None:
            raise ValueError("not a Link header")
        rel = _REL.search(link[2])
        relations = (rel[1] or rel[2] or "").lower().split() if rel else []
        found = link[1] if found is None and "next" in relations else found
        place = link.end()
    return found
