"""What one answer says of a host's rate limit holds for every source and thread that asks the same host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.allowance import allowance_of
from connectors.api import Client, Context, Limits, TransientError
from connectors.testing.server import Server, reply, serve

NOW = 1_795_000_000_000
Clients = Callable[[str], Client]


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def clients(waits: list[float]) -> Iterator[Clients]:
    opened: list[Client] = []

    def opens(url: str) -> Client:
        opened.append(Client(url, Context(f"source {len(opened)}", NOW, Path()), sleep=waits.append))
        return opened[-1]

    yield opens
    for each in opened:
        each.close()


def asked(server: Server) -> list[str]:
    return [seen.path for seen in server.seen]


SPENT = [
    {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"},
    {"RateLimit-Remaining": "0", "RateLimit-Reset": "20"},
    {"X-Rate-Limit-Remaining": "0", "Retry-After": "20"},
    {"RateLimit": "limit=100, remaining=0, reset=20"},
    {"RateLimit": '"hour";r=0;t=20'},
]


@pytest.mark.parametrize("headers", SPENT, ids="+".join)
def test_when_nothing_is_left_every_source_of_the_host_waits_for_the_reset(
    clients: Clients, waits: list[float], headers: dict[str, str]
) -> None:
    with serve({"/a": reply({}, headers=headers), "/b": reply({})}) as server:
        one, other = clients(server.url), clients(server.url + "/")
        one.get("/a", decode=dict)
        assert waits == []
        other.get("/b", decode=dict)
        assert len(waits) == 1
        assert 19 < waits[0] <= 20
        one.get("/b", decode=dict)
        assert len(waits) == 1, "it answers again"


def test_what_is_left_is_shared_out(clients: Clients, waits: list[float]) -> None:
    left = {"X-RateLimit-Remaining": "2", "X-RateLimit-Reset": "20"}
    with serve({"/a": reply({}, headers=left)}) as server:
        clients(server.url).get("/a", decode=dict)
        allowance = allowance_of(server.url)
        assert [allowance.take() > 0 for _ in range(4)] == [False, False, True, True]


def test_a_429_holds_the_others_back_too(clients: Clients, waits: list[float]) -> None:
    storm = [reply({}, status=429, headers={"Retry-After": "30"})]
    with serve({"/a": storm, "/b": reply({})}) as server:
        with pytest.raises(TransientError):
            clients(server.url).get("/a", decode=dict)
        waited = len(waits)
        clients(server.url).get("/b", decode=dict)
        assert 29 < waits[waited] <= 30


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "86400"}),
        (200, {"X-RateLimit-Remaining": "0"}),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}),
        (200, {"X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "20"}),
        (200, {"X-RateLimit-Reset": "20"}),
        (429, {"Retry-After": "21600"}),
    ],
)
def test_a_wait_beyond_the_budget_or_without_an_end_is_left_to_each_sources_own_answer(
    clients: Clients, waits: list[float], status: int, headers: dict[str, str]
) -> None:
    with serve({"/a": reply({}, status=status, headers=headers), "/b": reply({})}) as server:
        try:
            clients(server.url).get("/a", decode=dict)
        except TransientError:
            assert status == 429
        clients(server.url).get("/b", decode=dict)
        assert waits == []
        assert asked(server) == ["/a", "/b"]


def test_another_host_is_another_matter(clients: Clients, waits: list[float]) -> None:
    spent: Any = {"/a": reply({}, headers=SPENT[0])}
    with serve(spent) as server, serve({"/a": reply({})}) as elsewhere:
        clients(server.url).get("/a", decode=dict)
        clients(elsewhere.url).get("/a", decode=dict)
        assert waits == []


def test_waiting_for_the_host_is_part_of_the_budget() -> None:
    waits: list[float] = []
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}
    storm = reply({}, status=503, headers={"Retry-After": "8"})
    with serve({"/a": reply({}, headers=spent), "/b": storm}) as server:
        client = Client(server.url, Context("one", NOW, Path()), limits=Limits(wait_budget=30), sleep=waits.append)
        client.get("/a", decode=dict)
        with pytest.raises(TransientError):
            client.get("/b", decode=dict)
        assert sum(waits) <= 30
