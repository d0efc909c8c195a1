"""What tests of connectors share: the sandbox, a server of prepared answers, and a pull's whole harvest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Connector, Context, Fact, Page, Signal, Slice, Source
from connectors.testing.server import Answering, Reply, Seen, Server, reply
from sandbox.running import Sandbox

SUNDAY = "2026-11-22T23:00:00Z"


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000)


@dataclass
class Harvest:
    """What pages hold: the last word for each id."""

    facts: dict[str, Fact] = field(default_factory=dict)
    signals: dict[tuple[str, str], Signal] = field(default_factory=dict)
    retracted: set[str] = field(default_factory=set)

    def take(self, pages: Iterable[Page]) -> Harvest:
        for page in pages:
            self.facts.update({fact.id: fact for fact in page.facts})
            self.signals.update({(signal.kind, signal.id): signal for signal in page.signals})
            self.retracted.update(page.retracted)
        return self


class Prepared(Server):
    """A server on the loopback whose `respond` gets a path and its query and gives a status and a body."""

    def __init__(self) -> None:
        super().__init__({})
        self.respond: Callable[[str, dict[str, str]], tuple[int, Any]] = lambda path, query: (404, {})

    def answer(self, seen: Seen) -> Reply:
        self.seen.append(seen)
        status, body = self.respond(seen.path, seen.query)
        return reply(body, status=status)

    def in_turn(self, *bodies: Any) -> None:
        """One body after the other, whatever is asked."""
        left = iter(bodies)
        self.respond = lambda path, query: (200, next(left))


@pytest.fixture
def instant() -> Callable[[str], int]:
    """Epoch milliseconds of ISO text."""
    return at


@pytest.fixture(scope="module")
def stage() -> Iterator[Sandbox]:
    """A sandbox for one module."""
    with Sandbox(SUNDAY) as running:
        yield running


@pytest.fixture
def vendors(stage: Sandbox) -> Sandbox:
    """The sandbox on a Sunday evening, nothing broken."""
    stage.set_clock(SUNDAY)
    for source in ("ozone", "stripe", "zendesk"):
        stage.fail(source, None)
    return stage


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Source]:
    """Opens a source of a connector with some options."""

    def opens(connector: Connector, options: dict[str, Any], now: str = SUNDAY) -> Source:
        return connector.open(connector.options.model_validate(options), Context("mine", at(now), tmp_path))

    return opens


@pytest.fixture
def harvest() -> Callable[[Iterable[Page]], Harvest]:
    """What pages hold."""
    return lambda pages: Harvest().take(pages)


@pytest.fixture
def killed_everywhere() -> Callable[[Callable[[], Source], str, Slice], Iterator[Harvest]]:
    """For every page of a pull, what a kill behind it and a second try by a new source bring in together."""

    def tries(opens: Callable[[], Source], fact: str, part: Slice) -> Iterator[Harvest]:
        pages = list(opens().pull(fact, part))
        for kept in range(1, len(pages) + 1):
            rest = Slice(start=part.start, end=part.end, position=pages[kept - 1].position, everything=part.everything)
            yield Harvest().take(pages[:kept]).take(opens().pull(fact, rest))

    return tries


@pytest.fixture
def scripted() -> Iterator[Callable[[Mapping[str, Answering | Sequence[Answering]]], str]]:
    """Starts servers that answer by script, and gives their URLs."""
    running: list[Server] = []

    def starts(script: Mapping[str, Answering | Sequence[Answering]]) -> str:
        running.append(Server(script))
        return running[-1].url

    yield starts
    for server in running:
        server.stop()


@pytest.fixture
def prepared() -> Iterator[Prepared]:
    """A vendor that answers what the test says."""
    server = Prepared()
    yield server
    server.stop()


@pytest.fixture
def serving() -> Iterator[Callable[[Mapping[str, Answering]], Server]]:
    """Starts servers whose paths are answered by functions: stand-ins that keep a vendor's traps."""
    running: list[Server] = []

    def starts(script: Mapping[str, Answering]) -> Server:
        running.append(Server(script))
        return running[-1]

    yield starts
    for server in running:
        server.stop()


@pytest.fixture
def all_time() -> Slice:
    """A first pull."""
    return Slice(start=None, end=at(SUNDAY))
