"""What one connector declares of itself, so that the table of faults can be run against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, SecretStr

from connectors.api import Connector, Context, Fact, Instant, Page, Slice, Source, Usage
from connectors.testing.server import Seen
from connectors.testing.vendor import Order, Paging, Vendor

NOW: Instant = 1_795_388_400_000  # 2026-11-22T23:00:00Z
MINUTE, DAY = 60_000, 86_400_000
PLANTED = "words of a user that nobody else may see"


class Declared:
    """The declaration: class attributes, and methods where a value does not say enough."""

    connector: ClassVar[Connector]
    fact: ClassVar[str]
    path: ClassVar[str]
    """The list that the table is run on, as the server sees its path."""
    records: ClassVar[str]
    """The dotted path to the list in a body; "" where the body is the list."""
    required: ClassVar[str]
    """The dotted path, within a record, to a field that the connector cannot do without."""
    settings: ClassVar[Mapping[str, Any]] = {}
    """Options beside base_url."""
    order: Order = "by_change"
    """How the list is sorted: by_change (oldest first), newest_first, or none."""
    paging: Paging = "cursor"
    """How the next page is named: cursor (a word or id), link (a URL), page (a number), offset (rows before it)."""
    page_size: int = 2
    first_page: int = 1
    others: ClassVar[Mapping[str, Any]] = {}
    """Bodies of other paths that a pull or a check asks for."""
    safe_posts: ClassVar[tuple[str, ...]] = ()
    """Paths of POSTs that only read, and may be sent again."""

    def record(self, number: int, at: Instant) -> Any:
        """A good record: its id made from `number`, last changed (and created) at `at`, whole seconds."""
        raise NotImplementedError

    def page(self, records: list[Any], following: str | None) -> Any:
        """A good page as a JSON value, or a `server.Reply`; `following` names the next page, None on the last."""
        raise NotImplementedError

    def asked(self, seen: Seen) -> str | None:
        """Which page a request asks for, as `following` named it; None: the first."""
        return seen.query.get("after" if self.paging == "link" else self.paging)

    def token(self, number: int) -> str:
        """What the page behind record `number` is called, where cursors are not the server's own invention."""
        return f"after-{number}"

    def since(self, seen: Seen) -> Instant | None:  # noqa: ARG002 -- for declarations to override
        """The earliest change that a request asks for; None: it asks for all."""
        return None

    def wants(self, seen: Seen, number: int, at: Instant) -> bool:  # noqa: ARG002 -- for declarations to override
        """Whether a request asks for a record, wherever the page begins."""
        since = self.since(seen)
        return since is None or at >= since

    def lists(self, seen: Seen) -> bool:
        """Whether a request is for the list."""
        return seen.path == self.path

    def other(self, seen: Seen) -> Any:
        """The body for a request that is not for the list; None: 404."""
        return self.others.get(seen.path)

    def options(self, base_url: str) -> dict[str, Any]:
        """The options to open the connector with."""
        return {"base_url": base_url, **self.settings}


class Opened:
    """A declared connector's source, and what it spent."""

    def __init__(self, declared: Declared, base_url: str, now: Instant = NOW) -> None:
        connector = declared.connector
        self.options = connector.options.model_validate(declared.options(base_url))
        self.usage = Usage()
        self.source: Source = connector.open(self.options, Context("conformance", now, Path(), self.usage))
        self._fact, self._now = declared.fact, now

    @property
    def everything(self) -> bool:
        return self.source.supplies[self._fact].everything

    @property
    def lookback(self) -> int:
        return self.source.supplies[self._fact].lookback

    def pages(self, start: Instant | None = NOW - 3 * DAY, position: str | None = None) -> Iterator[Page]:
        """The pages of the slice from `start` to the run's instant."""
        start = None if self.everything else start
        part = Slice(start=start, end=self._now, position=position, everything=self.everything)
        return self.source.pull(self._fact, part)


def gathered(pages: Iterator[Page] | list[Page]) -> dict[str, Fact]:
    """What a ledger holds after these pages: the last word for each id."""
    held: dict[str, Fact] = {}
    for page in pages:
        held.update({fact.id: fact for fact in page.facts})
        for gone in page.retracted:
            held.pop(gone, None)
    return held


def stocked(vendor: Vendor, pages: int = 3) -> Vendor:
    """The vendor with some pages of records, a minute apart, two days old; the last page is not full."""
    count = vendor.wire.page_size * (pages - 1) + 1
    vendor.holds = {number: NOW - 2 * DAY + number * MINUTE for number in range(1, count + 1)}
    return vendor


def secrets_of(options: Any) -> Iterator[str]:
    """Every secret in some options."""
    if isinstance(options, SecretStr):
        yield options.get_secret_value()
    elif isinstance(options, BaseModel):
        for name in type(options).model_fields:
            yield from secrets_of(getattr(options, name))
    elif isinstance(options, (list, tuple)):
        for each in options:
            yield from secrets_of(each)
    elif isinstance(options, Mapping):
        for each in options.values():
            yield from secrets_of(each)


def iso(at: Instant) -> str:
    """An instant as most vendors write it, in whole seconds."""
    return datetime.fromtimestamp(at // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def planted(record: Any) -> Any:
    """A record with a field that no connector knows, holding words that nothing may show."""
    return {**record, "conformance_note": PLANTED} if isinstance(record, dict) else record
