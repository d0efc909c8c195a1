"""Whatever a source does between runs, however runs end: the ledger comes to what a pull of everything would hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from config.settings import settings as settings_of
from connectors import waiting
from connectors.api import iso
from connectors.testing.server import Reply, Seen, Server, reply, serve
from ledger import pulls
from ledger.database import begin, read
from ledger.fact_tables import PULLS, SEEN, SWEEPS, TABLES
from okr_model.exchange import SourceOutcome
from steps.pull import pull_source
from steps.wiring import Workspace, open_workspace

MINUTE, HOUR, DAY, WEEK = 60_000, 3_600_000, 86_400_000, 7 * 86_400_000
BEGAN = 1_794_000_000_000
PAGE = 3
ORDERS = ("by_change", "newest_first", "none")


class Killed(BaseException):
    """Stands in for SIGKILL: nothing catches it, and what is stored is all that is left."""


@dataclass
class Desk:
    """A help desk over HTTP: tickets by id, as (created, changed, category). Its clock may be `behind`."""

    order: str
    now: int = BEGAN
    behind: int = 0
    tickets: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    fault: tuple[int, str] | None = None
    served: int = 0

    @property
    def clock(self) -> int:
        return self.now - self.behind

    def answer(self, seen: Seen) -> Reply:
        self.served += 1
        if self.fault is not None and self.served > self.fault[0]:
            return {"401": reply({}, status=401), "500": reply({}, status=500), "no list": reply({"x": 1})}[
                self.fault[1]
            ]
        found = sorted(self.tickets.items(), key=lambda item: self._key(*item), reverse=self.order == "newest_first")
        if self.order == "by_change":
            found = [item for item in found if iso(item[1][1]) >= seen.query["since"]]
        if "after" in seen.query:
            after = tuple(json.loads(seen.query["after"]))
            newest_first = self.order == "newest_first"
            found = [item for item in found if (self._key(*item) < after if newest_first else self._key(*item) > after)]
        page, more = found[:PAGE], len(found) > PAGE
        rows = [{"id": id_, "made": iso(t[0]), "changed": iso(t[1]), "kind": t[2]} for id_, t in page]
        return reply({"items": rows, "next": json.dumps(self._key(*page[-1])) if more else None})

    def _key(self, id_: int, ticket: tuple[int, int, str]) -> tuple[int, int]:
        return (0 if self.order == "none" else ticket[1], id_)


@dataclass
class World:
    """The desk and a ledger that follows it."""

    desk: Desk
    workspace: Workspace

    def run(self, *, kill_after: int | None = None) -> SourceOutcome | None:
        """One night's pull; None where it was killed behind so many pages."""
        self.desk.served, pages = 0, 0

        def progress(_source: str, _fact: str, _rows: int) -> None:
            nonlocal pages
            pages += 1
            if pages == kill_after:
                raise Killed

        try:
            return pull_source(replace(self.workspace, now=self.desk.now), "desk", f"r{self.desk.now}", progress)
        except Killed:
            return None

    def kept(self) -> dict[int, tuple[int, str]]:
        table = TABLES["ticket"]
        with read(self.workspace.engine) as connection:
            rows = connection.execute(select(table).where(table.c.retracted_at.is_(None))).all()
        return {int(row.id): (row.created_at, row.category) for row in rows}

    def held(self) -> dict[int, tuple[int, str]]:
        return {id_: (created, kind) for id_, (created, _, kind) in self.desk.tickets.items()}

    def complete_to(self) -> int:
        return max((each.complete_to for each in pulls.coverages(self.workspace.engine)), default=0)


def sources(url: str, order: str) -> str:
    cursor = {"field": "changed", "order": order, "lookback": "1h"}
    stream: dict[str, Any] = {
        "fact": "ticket",
        "path": "/items",
        "records": "items",
        "page": {"kind": "cursor", "from": "next", "param": "after"},
        "fields": {"id": "id", "created_at": "made", "category": "kind"},
        "cursor": cursor,
        **({"params": {"since": "{cursor}"}} if order == "by_change" else {}),
    }
    return json.dumps({"sources": {"desk": {"connector": "rest", "base_url": url, "streams": [stream]}}})


@pytest.fixture(scope="module", params=ORDERS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from steps.tests.conftest import AUDIENCES, METRICS, OKRS

    folder: Path = tmp_path_factory.mktemp("desk")
    desk = Desk(request.param)
    with pytest.MonkeyPatch.context() as patched, serve({"/items": desk.answer}) as server:
        patched.setattr(waiting, "pause", lambda _seconds: None)
        patched.setattr(waiting, "backoff", lambda _failures, _asked: 30.0)
        _write(folder, server, desk.order, {"metrics": METRICS, "okrs": OKRS, "audiences": AUDIENCES})
        for name, value in (
            ("OKR_CONFIG_DIR", str(folder)),
            ("OKR_DATABASE_URL", f"sqlite:///{folder / 'okr.db'}"),
            ("OKR_PERSON_KEY", "a key for tests"),
            ("OKR_NOW", iso(BEGAN)),
        ):
            patched.setenv(name, value)
        yield World(desk, open_workspace(settings_of()))


def _write(folder: Path, server: Server, order: str, files: dict[str, str]) -> None:
    (folder / "sources.yaml").write_text(sources(server.url, order))
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


def begin_anew(world: World) -> None:
    with begin(world.workspace.engine) as connection:
        for table in (PULLS, SEEN, SWEEPS, TABLES["ticket"]):
            connection.execute(table.delete())
    order = world.desk.order
    world.desk.__init__(order)  # type: ignore[misc]


KINDS = st.sampled_from(["mail", "chat", "form"])
IDS = st.integers(0, 14)
CHANGES = st.one_of(
    st.tuples(st.just("put"), IDS, KINDS),
    st.tuples(st.just("late"), IDS, KINDS, st.integers(0, HOUR)),
    st.tuples(st.just("delete"), IDS),
)
RUNS = st.one_of(
    st.tuples(st.just("run")),
    st.tuples(st.just("kill"), st.integers(1, 6)),
    st.tuples(st.just("fault"), st.integers(0, 5), st.sampled_from(["401", "500", "no list"])),
)
WAITS = st.tuples(st.just("wait"), st.sampled_from([0, 1, MINUTE, DAY, WEEK]))
STORIES = st.lists(st.one_of(CHANGES, CHANGES, RUNS, WAITS), max_size=30)


def tell(world: World, step: tuple[Any, ...]) -> None:
    desk = world.desk
    match step:
        case ("put", id_, kind):
            desk.now += 1_000
            created = desk.tickets[id_][0] if id_ in desk.tickets else desk.clock
            desk.tickets[id_] = (created, desk.clock, kind)
        case ("late", id_, kind, ago) if id_ not in desk.tickets:
            desk.now += 1_000
            desk.tickets[id_] = (desk.clock - ago, desk.clock - ago, kind)
        case ("delete", id_):
            desk.tickets.pop(id_, None)
        case ("wait", length):
            desk.now += length
        case ("run",):
            sound(world)
        case ("kill", pages):
            failing(world, pages=pages)
        case ("fault", served, what):
            desk.fault = (served, what)
            failing(world, pages=None)
            desk.fault = None


def sound(world: World) -> None:
    """A run that nothing stops holds all that there is, as it is; what was deleted may still be there for a week."""
    world.desk.now += 1_000
    outcome = world.run()
    assert outcome is not None
    assert outcome.error is None
    assert outcome.complete_to == world.complete_to() == world.desk.now
    kept, held = world.kept(), world.held()
    assert {id_: kept.get(id_) for id_ in held} == held
    assert world.desk.order != "none" or kept == held


def failing(world: World, *, pages: int | None) -> None:
    """A run that is killed or fails never moves the coverage past a slice that was read to its end."""
    world.desk.now += 1_000
    before = world.complete_to()
    outcome = world.run(kill_after=pages)
    after = world.complete_to()
    assert before <= after <= world.desk.now
    if outcome is not None and outcome.error is None:
        assert after == world.desk.now


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES, behind=st.sampled_from([0, 0, 5 * HOUR, -5 * HOUR]))
def test_the_ledger_comes_to_what_a_full_pull_would_hold(world: World, story: list[Any], behind: int) -> None:
    begin_anew(world)
    world.desk.behind = behind
    for step in story:
        tell(world, step)
    for _ in range(2):  # at the latest the second of two weeks apart has swept what was under way before the first
        world.desk.now += WEEK
        sound(world)
    assert world.kept() == world.held()
