"""Discourse: the literal answer, and a stand-in with ten a page, hidden rows, side-loaded scores and a moving queue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, Page, Review, Slice, Source, TransientError
from connectors.discourse import CONNECTOR
from connectors.testing.server import Reply, Seen, reply, serve

Opens = Callable[..., Source]
Harvests = Callable[[Iterable[Page]], Any]
Instants = Callable[[str], int]
Kills = Callable[..., Iterator[Any]]

FIXTURE = Path(__file__).parent / "fixtures" / "review.json"
PATH = "/forum/review.json"
SUNDAY, MONDAY = "2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"
HOUR, DAY = 3_600_000, 86_400_000
KEY = "d1sc0urse"
FLAGGED = "ReviewableFlaggedPost"


def literal() -> Any:
    return json.loads(FIXTURE.read_text())


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Forum:
    """A review queue: pending and high-scored rows alone unless asked, ten a page, scores beside the rows."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.scores: dict[int, dict[str, Any]] = {}
        self.asked: list[dict[str, str]] = []

    def add(self, number: int, created: int, decided: int | None = None, kind: str = FLAGGED, score: int = 9) -> None:
        row = {"id": number, "type": kind, "created_at": iso(created), "score": score, "raw": "private"}
        self.rows.append({**row, "reviewable_score_ids": [number + 1_000]})
        self.scores[number + 1_000] = {"id": number + 1_000, "created_at": iso(created)}
        self.decide(number, decided)

    def decide(self, number: int, decided: int | None, by: int = 5) -> None:
        reviewed = None if decided is None else iso(decided)
        self.scores[number + 1_000] |= {"reviewed_at": reviewed, "reviewed_by_id": None if decided is None else by}

    def answer(self, seen: Seen) -> Reply:
        if (seen.headers.get("Api-Key"), seen.headers.get("Api-Username")) != (KEY, "system"):
            return reply({"errors": ["You are not permitted"], "error_type": "invalid_access"}, status=403)
        self.asked.append(seen.query)
        rows = sorted((row for row in self.rows if self._listed(row, seen.query)), key=lambda row: row["created_at"])
        offset = int(seen.query.get("offset", 0))
        page = rows[offset : offset + 10]
        body: dict[str, Any] = {"reviewables": page, "meta": {"total_rows_reviewables": len(rows)}}
        if page:
            ids = [one for row in page for one in row["reviewable_score_ids"]]
            body |= {"users": [], "reviewable_scores": [self.scores[one] for one in ids]}
        return reply(body)

    def _listed(self, row: dict[str, Any], query: dict[str, str]) -> bool:
        scores = [self.scores[one] for one in row["reviewable_score_ids"]]
        pending = any(score["reviewed_at"] is None for score in scores)
        return (
            (query.get("status") == "all" or pending)
            and (query.get("priority") == "low" or row["score"] >= 5)
            and row["type"] == query.get("type", row["type"])
            and query.get("from_date", "") <= row["created_at"]
            and (("to_date" not in query) or row["created_at"] <= query["to_date"] + "T00:00:00.000Z")
        )


@pytest.fixture
def forum(instant: Instants) -> Iterator[Forum]:
    """Three quiet days, and 23 flags on Saturday, of which every third is open; low scores; a queued post."""
    made = Forum()
    for number in range(1, 4):
        made.add(number, instant(SUNDAY) - (10 + number) * DAY, score=number * 3)
    for number in range(4, 27):
        created = instant("2026-11-21T00:00:00Z") + (number - 4) * HOUR
        made.add(number, created, created + 5 * HOUR if number % 3 else None, score=number % 10)
    made.add(90, instant("2026-11-21T12:00:00Z"), kind="ReviewableQueuedPost")
    with serve({PATH: made.answer}) as server:
        made.url = server.url + "/forum"  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def queue(forum: Any, opened: Opens) -> Opens:
    """Opens it."""
    return lambda **more: opened(CONNECTOR, {"base_url": forum.url, "api_key": KEY, **more})


@pytest.fixture
def literally(opened: Opens, scripted: Any) -> Opens:
    """Opens a site that answers everything with one body."""
    return lambda body: opened(CONNECTOR, {"base_url": scripted({"/review.json": reply(body)}), "api_key": KEY})


@pytest.fixture
def all_time(instant: Instants) -> Slice:
    return Slice(start=None, end=instant(SUNDAY))


@pytest.fixture
def sunday(instant: Instants) -> Slice:
    return Slice(start=instant("2026-11-22T00:00:00Z"), end=instant(SUNDAY))


def test_a_literal_queue_is_a_review_for_each_flag(
    literally: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    assert harvest(literally(literal()).pull("review", all_time)).facts == {
        "9001": Review(
            id="9001",
            reported_at=instant("2026-11-20T08:30:00.120Z"),
            decided_at=instant("2026-11-20T20:30:00.120Z"),
            decided_by="human",
            queue=FLAGGED,
            subject="501",
        ),
        "9002": Review(
            id="9002",
            reported_at=instant("2026-11-20T09:00:00Z"),
            decided_at=instant("2026-11-20T09:00:01Z"),
            decided_by="automation",
            queue=FLAGGED,
            subject="501",
        ),
        "9003": Review(id="9003", reported_at=instant("2026-11-20T19:00:00Z"), queue=FLAGGED, subject="502"),
    }


def test_a_whole_pull_has_decided_and_low_scored_flags_and_more_than_ten_a_day(
    forum: Forum, queue: Opens, harvest: Harvests, instant: Instants, all_time: Slice
) -> None:
    found = harvest(queue().pull("review", all_time))
    truth = {name: score for name, score in forum.scores.items() if name != 1_090}
    assert len(truth) == 26
    assert {(int(name), fact.reported_at, fact.decided_at) for name, fact in found.facts.items()} == {
        (name, instant(score["created_at"]), score["reviewed_at"] and instant(score["reviewed_at"]))
        for name, score in truth.items()
    }
    assert max(int(query.get("offset", 0)) for query in forum.asked) == 20


def test_other_kinds_of_reviewables_count_where_they_are_named(
    queue: Opens, harvest: Harvests, all_time: Slice
) -> None:
    found = harvest(queue(types=["ReviewableQueuedPost"]).pull("review", all_time))
    assert {name: fact.queue for name, fact in found.facts.items()} == {"1090": "ReviewableQueuedPost"}
    assert len(harvest(queue(types=[FLAGGED, "ReviewableQueuedPost"]).pull("review", all_time)).facts) == 27


def test_an_empty_queue_is_read_at_once(opened: Opens, harvest: Harvests, all_time: Slice) -> None:
    with serve({"/review.json": reply({"reviewables": [], "meta": {"total_rows_reviewables": 0}})}) as server:
        source = opened(CONNECTOR, {"base_url": server.url, "api_key": KEY})
        assert harvest(source.pull("review", all_time)).facts == {}
        assert len(server.seen) == 2


def test_the_second_night_sees_what_happened_to_flags_up_to_max_age(
    forum: Forum, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    forum.decide(6, instant(MONDAY) - HOUR)
    forum.add(27, instant(MONDAY) - 1)
    forum.add(28, instant(MONDAY))
    night = Slice(start=instant(SUNDAY), end=instant(MONDAY))
    found = harvest(queue(max_age="3d").pull("review", night))
    assert found.facts["1006"].decided_at == instant(MONDAY) - HOUR
    assert "1027" in found.facts
    assert "1028" not in found.facts, "it is the next slice's"
    assert "1001" in found.facts, "older than max_age, and still waiting"
    forum.decide(1, instant(MONDAY) - 2)
    forum.asked.clear()
    assert "1001" not in harvest(queue(max_age="3d").pull("review", night)).facts
    assert all(query.get("from_date", "2026-11-19") >= "2026-11-19" for query in forum.asked)
    assert len(forum.asked) == 4, "three pages of a week, and what waits"


def test_a_post_that_is_flagged_again_stays_where_its_first_flag_put_it_and_is_seen(
    forum: Forum, queue: Opens, harvest: Harvests, instant: Instants
) -> None:
    forum.add(2, instant(SUNDAY) - 400 * DAY, instant(SUNDAY) - 399 * DAY)
    forum.scores[9_000] = {"id": 9_000, "created_at": iso(instant(MONDAY) - HOUR), "reviewed_at": None}
    forum.rows[-1]["reviewable_score_ids"].append(9_000)
    found = harvest(queue().pull("review", Slice(start=instant(SUNDAY), end=instant(MONDAY))))
    assert found.facts["9000"].subject == found.facts["1002"].subject


def test_a_row_that_is_deleted_meanwhile_hides_no_other(
    forum: Forum, queue: Opens, harvest: Harvests, sunday: Slice
) -> None:
    """Everything behind it moves up by one, over the edge of the page that was just read."""
    pages = queue(max_age="2d").pull("review", sunday)
    taken = [next(pages), next(pages)]
    forum.rows = [row for row in forum.rows if row["id"] not in (5, 6)]
    left = {str(number + 1_000) for number in (*range(4, 27),)} - {"1005", "1006"}
    assert left <= set(harvest([*taken, *pages]).facts)


def test_flags_of_machines_are_assessments_where_they_are_named(
    literally: Opens, opened: Opens, scripted: Any, harvest: Harvests, all_time: Slice
) -> None:
    """9001 was decided before the post that 9003 is about was flagged by anyone; 9002 is the system's own flag."""
    url = scripted({"/review.json": reply(literal())})
    source = opened(CONNECTOR, {"base_url": url, "api_key": KEY, "automation": ["system"]})
    found = harvest(source.pull("review", all_time)).facts
    assert {name: fact.assisted for name, fact in found.items()} == {"9001": True, "9002": True, "9003": False}
    unknown = harvest(literally(literal()).pull("review", all_time)).facts
    assert {fact.assisted for fact in unknown.values()} == {None}


def test_an_assessment_after_the_decision_assisted_nobody(
    opened: Opens, scripted: Any, harvest: Harvests, all_time: Slice
) -> None:
    body = literal()
    body["reviewable_scores"][1]["created_at"] = "2026-11-20T20:30:00.121Z"
    source = opened(
        CONNECTOR, {"base_url": scripted({"/review.json": reply(body)}), "api_key": KEY, "automation": ["system"]}
    )
    assert harvest(source.pull("review", all_time)).facts["9001"].assisted is False


def test_decisions_while_the_queue_is_read_move_nothing(
    forum: Forum, queue: Opens, harvest: Harvests, instant: Instants, sunday: Slice
) -> None:
    pages = queue().pull("review", sunday)
    taken = []
    for page in pages:
        taken.append(page)
        for number in range(6, 27, 3):
            forum.decide(number, instant(SUNDAY) - HOUR)
    assert len(harvest(taken).facts) == 26


def test_a_kill_behind_any_page_loses_nothing(
    queue: Opens, harvest: Harvests, killed_everywhere: Kills, instant: Instants
) -> None:
    part = Slice(start=instant("2026-11-21T00:00:00Z"), end=instant(SUNDAY))
    opens = partial(queue, types=[FLAGGED, "ReviewableQueuedPost"], max_age="2d")
    whole = harvest(opens().pull("review", part))
    tries = list(killed_everywhere(opens, "review", part))
    assert len(tries) == 6
    assert all(harvested == whole for harvested in tries)


def test_rows_that_are_counted_and_not_listed_are_an_error(literally: Opens, sunday: Slice) -> None:
    with pytest.raises(DataError, match="lists none"):
        list(literally({"reviewables": [], "meta": {"total_rows_reviewables": 12}}).pull("review", sunday))


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        (lambda body: body.pop("meta"), "meta"),
        (lambda body: body.update(reviewables=None), "reviewables"),
        (lambda body: body["reviewables"][0].update(created_at="2026-11-20T08:30:00"), "created_at"),
        (lambda body: body["reviewable_scores"][0].pop("reviewed_at"), "reviewed_at"),
        (lambda body: body.pop("reviewable_scores"), "reviewable_scores"),
        (lambda body: body["reviewables"][1].pop("reviewable_score_ids"), "reviewable_score_ids"),
    ],
)
def test_a_broken_schema_is_a_data_error_that_holds_no_content(
    literally: Opens, sunday: Slice, broken: Callable[[Any], Any], path: str
) -> None:
    body = literal()
    broken(body)
    with pytest.raises(DataError) as raised:
        list(literally(body).pull("review", sunday))
    assert path in str(raised.value)
    assert "buy now" not in str(raised.value)


def test_a_wrong_key_is_a_configuration_error_without_the_key(queue: Opens, all_time: Slice) -> None:
    with pytest.raises(ConfigError) as raised:
        list(queue(api_key="wrong-horse").pull("review", all_time))
    assert "wrong-horse" not in str(raised.value)


def test_over_the_limit_says_when_to_come_back(opened: Opens, sunday: Slice) -> None:
    body = {"errors": ["slow down"], "error_type": "rate_limit", "extras": {"wait_seconds": 3_600}}
    busy = reply(body, status=429, headers={"Retry-After": "3600"})
    with serve({"/review.json": busy}) as server, pytest.raises(TransientError) as raised:
        list(opened(CONNECTOR, {"base_url": server.url, "api_key": KEY}).pull("review", sunday))
    assert raised.value.retry_after is not None


def test_check_says_what_is_needed(forum: Forum, queue: Opens) -> None:
    assert queue().check() == []
    assert len(forum.asked) == 1
    [problem] = queue(api_key="no").check()
    assert "moderator" in problem


def test_facts_limit_what_is_supplied(queue: Opens) -> None:
    assert (list(queue().supplies), list(queue(facts=[]).supplies)) == (["review"], [])


@pytest.mark.parametrize("more", [{"facts": ["ticket"]}, {"max_age": "long"}, {"types": []}])
def test_options_that_cannot_be_right_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(more))):
        CONNECTOR.options.model_validate({"base_url": "https://x.example", "api_key": "x", **more})
