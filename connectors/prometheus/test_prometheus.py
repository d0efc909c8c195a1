"""Prometheus: one number or none, never a made-up one; against a stand-in that answers by script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from connectors.api import ConfigError, DataError, QueryResult, Slice, Source, Span, TransientError
from connectors.prometheus import CONNECTOR
from connectors.testing.server import Server, reply, serve

Opens = Callable[..., Source]

WEEK = Span(start=1_793_491_200_000, end=1_794_096_000_500)
EMPTY: dict[str, Any] = {"resultType": "vector", "result": []}


def vector(*values: str) -> dict[str, Any]:
    series = [
        {"metric": {"queue": f"private {number}"}, "value": [1_794_096_000.5, one]} for number, one in enumerate(values)
    ]
    return {"resultType": "vector", "result": series}


def success(data: Any, **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": data, **more}


@pytest.fixture
def asking(opened: Opens) -> Callable[..., tuple[QueryResult, Server]]:
    """What a query comes to where Prometheus gives these answers."""

    def asks(*answers: Any, query: str = "up", window: Span = WEEK, **options: Any) -> tuple[QueryResult, Server]:
        with serve({"/prom/api/v1/query": list(answers)}) as server:
            source: Any = opened(CONNECTOR, {"base_url": f"{server.url}/prom/", **options})
            return source.read(query, window), server

    return asks


Asks = Callable[..., tuple[QueryResult, Server]]


def test_the_query_gets_the_window_s_length_and_is_evaluated_at_its_end(asking: Asks) -> None:
    query = "sum(increase(x_sum[{window}]))/sum(increase(x_count[{window}]))"
    answer, server = asking(
        reply(success(vector("14216.745"))), query=query, window=Span(start=WEEK.start, end=1_794_096_000_000)
    )
    assert answer == QueryResult(value=14216.745)
    [seen] = server.seen
    assert parse_qs(seen.body.decode()) == {
        "query": ["sum(increase(x_sum[604800s]))/sum(increase(x_count[604800s]))"],
        "time": ["1794096000.000"],
    }


def test_a_window_with_a_broken_second_is_not_rounded(asking: Asks) -> None:
    _, server = asking(reply(success(vector("1"))), query="rate(x[{window}])")
    form = parse_qs(server.seen[0].body.decode())
    assert form == {"query": ["rate(x[604800500ms])"], "time": ["1794096000.500"]}


def parts(**numbers: str) -> dict[str, Any]:
    series = [{"metric": {"part": name, "job": "x"}, "value": [1, one]} for name, one in numbers.items()]
    return success({"resultType": "vector", "result": series})


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"numerator": "30", "denominator": "40", "n": "41"}, (None, 30, 40, 41)),
        ({"numerator": "0", "denominator": "0"}, (None, 0, 0, None)),
        ({"value": "1.5", "n": "41"}, (1.5, None, None, 41)),
        ({"denominator": "40"}, (None, None, 40, None)),
        ({"n": "41"}, (None, None, None, 41)),
        ({"numerator": "NaN", "denominator": "0"}, (None, None, 0, None)),
    ],
)
def test_a_ratio_comes_in_parts_and_one_that_is_not_there_is_no_zero(asking: Asks, given: Any, result: Any) -> None:
    found, _ = asking(reply(parts(**given)))
    assert (found.value, found.numerator, found.denominator, found.n) == result


def test_a_series_may_have_a_label_part_of_its_own(asking: Asks) -> None:
    assert asking(reply(parts(wheel="7")))[0] == QueryResult(value=7)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (parts(numerator="1", denominator="2", n="2.5"), "not a count"),
        (parts(numerator="1", enumerator="2"), "must return value, or numerator and denominator"),
        (success({"resultType": "vector", "result": [*parts(n="1")["data"]["result"], {"value": [1, "2"]}]}), "must"),
        (success({"resultType": "vector", "result": parts(n="1")["data"]["result"] * 2}), "several series of one part"),
    ],
)
def test_parts_that_make_no_number_are_refused(asking: Asks, data: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        asking(reply(data))


def test_a_window_without_a_start_has_no_length(asking: Asks) -> None:
    with pytest.raises(ConfigError, match="window has none"):
        asking(reply(success(EMPTY)), query="rate(x[{window}])", window=Span(start=None, end=WEEK.end))


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (EMPTY, None),
        (vector("NaN"), None),
        (vector("+Inf"), None),
        (vector("-Inf"), None),
        (vector("0"), 0.0),
        (vector("-1.5e-07"), -1.5e-07),
        ({"resultType": "scalar", "result": [1_794_096_000, "12"]}, 12.0),
    ],
)
def test_nothing_is_no_value_and_zero_is_zero(asking: Asks, data: Any, value: float | None) -> None:
    assert asking(reply(success(data)))[0] == QueryResult(value=value)


@pytest.mark.parametrize(
    "data",
    [
        vector("1", "2"),
        {"resultType": "matrix", "result": []},
        {"resultType": "string", "result": [1, "x"]},
        {"resultType": "table", "result": []},
        {"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {"count": "1", "sum": "1"}]}]},
        {"resultType": "vector", "result": None},
        vector("many"),
        None,
    ],
)
def test_what_is_not_one_number_is_a_data_error(asking: Asks, data: Any) -> None:
    with pytest.raises(DataError) as raised:
        asking(reply(success(data)))
    assert "private" not in str(raised.value)


def test_a_warning_is_told_and_no_number_made_of_a_part_of_the_data(asking: Asks) -> None:
    with pytest.raises(DataError, match="with a warning") as raised:
        asking(reply(success(vector("3"), warnings=["remote_read: private host is down"])))
    assert "private" not in str(raised.value)
    assert asking(reply(success(vector("3"), warnings=[], infos=["might not be a counter"])))[0].value == 3


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_query_that_is_not_accepted_is_for_people_to_mend(asking: Asks, status: int) -> None:
    failed = {"status": "error", "errorType": "bad_data", "error": "parse error: private"}
    with pytest.raises(ConfigError, match="does not accept the query") as raised:
        asking(reply(failed, status=status))
    assert "private" not in str(raised.value)


@pytest.mark.parametrize("kind", ["timeout", "canceled", "internal", "unavailable"])
def test_an_error_of_the_moment_is_transient(asking: Asks, kind: str) -> None:
    with pytest.raises(TransientError):
        asking(reply({"status": "error", "errorType": kind, "error": "x"}))


def test_busy_for_a_moment_is_asked_again(asking: Asks) -> None:
    answer, server = asking(reply({"status": "error", "errorType": "timeout"}, status=503), reply(success(vector("2"))))
    assert (answer.value, len(server.seen)) == (2.0, 2)


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_a_configuration_error_without_them(asking: Asks, status: int) -> None:
    with pytest.raises(ConfigError) as raised:
        asking(reply(status=status), auth={"bearer": "wrong-horse"})
    assert "wrong-horse" not in str(raised.value)


def test_credentials_go_along(asking: Asks) -> None:
    _, server = asking(reply(success(EMPTY)), auth={"bearer": "t0ken"})
    assert server.seen[0].headers["Authorization"] == "Bearer t0ken"


def test_check_asks_the_smallest_thing(opened: Opens) -> None:
    with serve({"/api/v1/query": [reply(success(vector("1"))), reply(status=403)]}) as server:
        source = opened(CONNECTOR, {"base_url": server.url})
        assert source.check() == []
        [problem] = source.check()
    assert "query API" in problem


def test_there_are_no_facts(opened: Opens) -> None:
    source = opened(CONNECTOR, {"base_url": "http://127.0.0.1:9"})
    assert dict(source.supplies) == {}
    with pytest.raises(ConfigError):
        next(source.pull("review", Slice(start=None, end=0)))
    with pytest.raises(ValidationError):
        CONNECTOR.options.model_validate({"base_url": "http://127.0.0.1:9", "facts": ["review"]})
