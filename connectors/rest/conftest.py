from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Context, Fact, PullError, Slice
from connectors.rest.options import RestOptions
from connectors.rest.source import RestSource
from connectors.testing.server import Server, serve

NOW = 1_795_000_000_000
STREAM: dict[str, Any] = {
    "fact": "ticket",
    "path": "/items",
    "records": "data.items",
    "errors": "errors",
    "page": {"kind": "cursor", "from": "next", "param": "cursor"},
    "fields": {"id": "id", "created_at": "created", "category": {"path": "kind", "optional": True}},
}


@dataclass
class Bench:
    """A source over a scripted server, with what became of it."""

    server: Server
    source: RestSource
    context: Context
    waits: list[float]
    facts: list[Fact] = field(default_factory=list)
    positions: list[str | None] = field(default_factory=list)

    def pull(self, start: int | None = None, position: str | None = None) -> list[str]:
        """The ids. Positions are given and kept without the hash of the options that stands before them."""
        self.facts, self.positions = [], []
        known = f"{self.source._hash}:"
        position = None if position is None else known + position
        for page in self.source.pull("ticket", Slice(start=start, end=NOW, position=position)):
            self.facts += page.facts
            self.positions.append(page.position and page.position.removeprefix(known))
        return [fact.id for fact in self.facts]

    def fails(self, kind: type[PullError]) -> PullError:
        with pytest.raises(kind) as caught:
            self.pull()
        assert "hush" not in str(caught.value)
        assert "private" not in str(caught.value)
        return caught.value


Open = Callable[..., Bench]


@pytest.fixture
def bench() -> Iterator[Open]:
    """Opens a source of one stream (STREAM with changes) over a scripted server."""
    running = []

    def start(
        script: dict[str, Any], *, auth: Any = None, source: dict[str, Any] | None = None, **stream: Any
    ) -> Bench:
        manager = serve(script)
        server = manager.__enter__()
        running.append(manager)
        auth = auth if auth is not None else {"query": {"name": "key", "value": "hush"}}
        options = RestOptions.model_validate(
            {"base_url": server.url, "auth": auth, "streams": [STREAM | stream], **(source or {})}
        )
        context, waits = Context("legacy", NOW, Path()), list[float]()
        return Bench(server, RestSource(options, context, sleep=waits.append), context, waits)

    yield start
    for manager in running:
        manager.__exit__(None, None, None)
