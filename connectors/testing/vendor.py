"""A vendor on the loopback: a list of records that grows, served in pages the way a connector's declaration says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import urlencode

from connectors.api import Instant
from connectors.testing.server import Reply, Seen, Server, reply

Order: TypeAlias = Literal["by_change", "newest_first", "none"]
Paging: TypeAlias = Literal["cursor", "link", "page", "offset"]
Fault: TypeAlias = Reply | Callable[[Reply], Reply]
"""An answer in place of the right one, or what to make of the right one."""


class Wire(Protocol):
    """What the vendor must be told about the wire; see `declared.Declared`."""

    order: Order
    paging: Paging
    page_size: int
    first_page: int

    def lists(self, seen: Seen) -> bool: ...
    def record(self, number: int, at: Instant) -> Any: ...
    def page(self, records: list[Any], following: str | None) -> Any: ...
    def asked(self, seen: Seen) -> str | None: ...
    def token(self, number: int) -> str: ...
    def wants(self, seen: Seen, number: int, at: Instant) -> bool: ...
    def other(self, seen: Seen) -> Any: ...


class Vendor(Server):
    """Serves what it `holds` (record number -> when it last changed).

    Those that are `twice` come a second time right behind. `faults` are used up by the next requests for the list,
    `always` spoils each one after them. `asked` are the requests for the list alone.
    """

    def __init__(self, wire: Wire) -> None:
        super().__init__({})
        self.wire = wire
        self.holds: dict[int, Instant] = {}
        self.twice: set[int] = set()
        self.faults: list[Fault | None] = []
        self.always: Fault | None = None
        self.everywhere: Reply | None = None
        self.asked: list[Seen] = []

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        if self.everywhere is not None:
            return self.everywhere
        if not self.wire.lists(seen):
            body = self.wire.other(seen)
            return reply({}, status=404) if body is None else _as_reply(body)
        self.asked.append(seen)
        fault = self.faults.pop(0) if self.faults else self.always
        if isinstance(fault, Reply):
            return fault
        good = self.listed(seen)
        return good if fault is None else fault(good)

    def listed(self, seen: Seen) -> Reply:
        """The right answer."""
        numbers = self._chosen(seen)
        first = self._first(numbers, self.wire.asked(seen))
        until = first + self.wire.page_size
        records = [self.wire.record(number, self.holds[number]) for number in numbers[first:until]]
        more = until < len(numbers)
        return self.page(seen, records, self.wire.token(numbers[until - 1]) if more else None)

    def page(self, seen: Seen, records: list[Any], token: str | None) -> Reply:
        """A page as the declaration writes it, with the way to the next one."""
        if token is not None and self.wire.paging == "link":
            token = f"{self.url}{seen.path}?{urlencode({**seen.query, 'after': token})}"
        return _as_reply(self.wire.page(records, token))

    def _chosen(self, seen: Seen) -> list[int]:
        numbers = [number for number, at in self.holds.items() if self.wire.wants(seen, number, at)]
        if self.wire.order != "none":
            newest_first = self.wire.order == "newest_first"
            numbers.sort(key=lambda number: (self.holds[number], number), reverse=newest_first)
        return [number for number in numbers for _ in range(1 + (number in self.twice))]

    def _first(self, numbers: list[int], token: str | None) -> int:
        if token is None:
            return 0
        if self.wire.paging == "page":
            return (int(token) - self.wire.first_page) * self.wire.page_size
        if self.wire.paging == "offset":
            return int(token)
        behind = [place for place, number in enumerate(numbers) if self.wire.token(number) == token]
        return behind[0] + 1 if behind else 0


@contextmanager
def selling(wire: Wire) -> Iterator[Vendor]:
    """A vendor, stopped at the end."""
    vendor = Vendor(wire)
    try:
        yield vendor
    finally:
        vendor.stop()


def with_body(good: Reply, change: Callable[[Any], Any]) -> Reply:
    """The same answer, its JSON changed."""
    return replace(good, body=json.dumps(change(json.loads(good.body))).encode())


def at_path(body: Any, path: str, change: Callable[[Any, str], None]) -> Any:
    """`change` called with the object that holds the last key of a dotted path, and that key."""
    *way, last = path.split(".")
    holder = body
    for key in way:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    change(holder, last)
    return body


def _as_reply(body: Any) -> Reply:
    return body if isinstance(body, Reply) else reply(body)
