"""PostHog: instants where they belong, one row to one number, and its limits; against a stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, QueryResult, Source, Span, TransientError
from connectors.posthog import CONNECTOR
from connectors.testing.server import Reply, Seen, reply, serve

Opens = Callable[..., Source]

WEEK = Span(start=1_793_491_200_000, end=1_794_096_000_000)
PATH = "/api/projects/42/query/"
KEY = "phx_abc"
QUERY = "select 1 as value"


def answered(columns: list[str], *rows: list[Any], **more: Any) -> dict[str, Any]:
    return {"columns": columns, "results": list(rows), "types": [], "hogql": "private", "error": None, **more}


ONE = answered(["value"], [1])


@pytest.fixture
def asking(opened: Opens) -> Callable[..., tuple[QueryResult, list[Seen]]]:
    """What a query comes to where PostHog gives these answers."""

    def asks(*answers: Reply, query: str = QUERY, key: str = KEY) -> tuple[QueryResult, list[Seen]]:
        left = list(answers)

        def answer(seen: Seen) -> Reply:
            if seen.headers["Authorization"] != f"Bearer {KEY}":
                return reply({"type": "authentication_error", "detail": "private"}, status=401)
            return left.pop(0) if len(left) > 1 else left[0]

        with serve({PATH: answer}) as server:
            source: Any = opened(CONNECTOR, {"base_url": server.url, "project": 42, "api_key": key})
            return source.read(query, WEEK), server.seen

    return asks


Asks = Callable[..., tuple[QueryResult, list[Seen]]]


def test_start_and_end_are_the_window_s_instants_outside_quotes(asking: Asks) -> None:
    query = (
        "select countIf(properties.channel = ':start')::int as numerator, count() as denominator, -- :end\n"
        "count() as n from events where event = 'report' and timestamp >= :start and timestamp < :end"
    )
    answer, [seen] = asking(reply(answered(["numerator", "denominator", "n"], [3, 4, 4])), query=query)
    assert answer == QueryResult(numerator=3, denominator=4, n=4)
    sent = json.loads(seen.body)
    assert sent["refresh"] == "force_blocking"
    assert sent["query"]["kind"] == "HogQLQuery"
    assert sent["query"]["query"] == (
        "select countIf(properties.channel = ':start')::int as numerator, count() as denominator, -- :end\n"
        "count() as n from events where event = 'report' and timestamp >= toDateTime('2026-11-01T00:00:00.000Z') "
        "and timestamp < toDateTime('2026-11-08T00:00:00.000Z')"
    )


@pytest.mark.parametrize(("cell", "value"), [(None, None), ("nan", None), (0, 0.0), ("12.5", 12.5)])
def test_nothing_is_no_value_and_zero_is_zero(asking: Asks, cell: Any, value: float | None) -> None:
    assert asking(reply(answered(["value"], [cell])))[0] == QueryResult(value=value)


@pytest.mark.parametrize(
    "body",
    [
        answered(["value"]),
        answered(["value"], [1], [2]),
        answered(["count()"], [1]),
        answered(["value"], ["private"]),
        {"columns": ["value"]},
        {"query_status": {"id": "private", "complete": False}},
        answered(["value"], [1], error="private"),
    ],
)
def test_what_is_not_one_row_of_numbers_is_a_data_error(asking: Asks, body: Any) -> None:
    with pytest.raises(DataError) as raised:
        asking(reply(body))
    assert "private" not in str(raised.value)


@pytest.mark.parametrize(
    "query",
    ["drop table events", "select 1 as value; select 2 as value", "select :since as value", "select :x as value"],
)
def test_a_query_that_may_not_run_is_not_sent(asking: Asks, query: str) -> None:
    with pytest.raises(ConfigError, match="the query"):
        asking(reply(ONE), query=query)


def test_a_query_that_is_not_accepted_is_for_people_to_mend(asking: Asks) -> None:
    with pytest.raises(ConfigError, match="does not accept the query") as raised:
        asking(reply({"type": "validation_error", "detail": "private"}, status=400))
    assert "private" not in str(raised.value)


def test_over_its_limit_it_is_asked_again(asking: Asks) -> None:
    answer, seen = asking(reply(status=429, headers={"Retry-After": "0"}), reply(ONE))
    assert (answer.value, len(seen)) == (1.0, 2)


def test_over_its_limit_for_long_it_says_when_to_come_back(asking: Asks) -> None:
    with pytest.raises(TransientError) as raised:
        asking(reply({"detail": "throttled"}, status=429, headers={"Retry-After": "1800"}))
    assert raised.value.retry_after is not None


def test_a_wrong_key_is_a_configuration_error_without_the_key(asking: Asks) -> None:
    with pytest.raises(ConfigError) as raised:
        asking(reply(ONE), key="wrong-horse")
    assert "wrong-horse" not in str(raised.value)


def test_check_asks_the_smallest_thing(opened: Opens) -> None:
    with serve({PATH: [reply(ONE), reply(status=403)]}) as server:
        source = opened(CONNECTOR, {"base_url": server.url, "project": 42, "api_key": KEY})
        assert source.check() == []
        [problem] = source.check()
    assert "query:read" in problem


@pytest.mark.parametrize("more", [{"project": 0}, {"facts": ["ticket"]}, {"base_url": "eu.posthog.com"}])
def test_options_that_cannot_be_right_are_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(more))):
        CONNECTOR.options.model_validate({"project": 42, "api_key": "x", **more})
