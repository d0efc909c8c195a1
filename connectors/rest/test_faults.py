"""Every row of the table of faults that a source may serve, over real sockets."""

from __future__ import annotations

import logging
import time
import tracemalloc
from email.utils import formatdate
from typing import Any

import pytest

from connectors.api import ConfigError, DataError, Limits, Slice, TransientError
from connectors.testing.server import Seen, reply

DAY = "2026-10-01T00:00:00Z"


def item(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "created": DAY, "body": "private words", **more}


def page(*numbers: int, following: str | None = None, **more: Any) -> Any:
    return reply({"data": {"items": [item(number) for number in numbers]}, "next": following, **more})


GOOD = page(1, 2)


def test_a_sound_source_is_read_to_its_end(bench: Any) -> None:
    source = bench({"/items": [page(1, 2, following="b"), page(3)]})
    assert source.pull() == ["1", "2", "3"]
    assert source.positions == ["0:b", None]
    assert [seen.query.get("cursor") for seen in source.server.seen] == [None, "b"]
    assert (source.context.usage.requests, source.context.usage.pages, source.context.usage.retries) == (2, 2, 0)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {}},
        {"data": None},
        {},
        {"data": {"items": None}, "errors": ["private"]},
        {"data": {"items": []}, "errors": {"message": "private"}},
        {"data": {"items": {"private": 1}}},
    ],
)
def test_records_that_are_missing_or_null_are_a_data_error(bench: Any, body: Any) -> None:
    error = bench({"/items": reply(body)}).fails(DataError)
    assert "legacy" in str(error)


def test_an_empty_errors_list_is_no_error(bench: Any) -> None:
    assert bench({"/items": page(1, errors=[])}).pull() == ["1"]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"created": DAY}, "`id`"),
        ({"id": 1}, "`created`"),
        ({"id": None, "created": DAY}, "id"),
        ({"id": 1, "created": None}, "created"),
        ({"id": True, "created": DAY}, "id"),
        ({"id": 1, "created": "private"}, "created"),
        ({"id": 1, "created": "2026-10-01T00:00:00"}, "created"),
        ({"id": 1, "created": "0001-01-01T00:00:00Z"}, "1990"),
        ({"id": 1, "created": "9999-12-31T23:59:59-14:00"}, "1990"),
        ({"id": 1, "created": {"private": 1}}, "created"),
        ({"id": 1, "created": DAY, "kind": ["private"]}, "kind"),
    ],
)
def test_a_field_missing_or_of_another_type_is_named(bench: Any, record: Any, said: Any) -> None:
    error = bench({"/items": reply({"data": {"items": [item(5), record]}})}).fails(DataError)
    assert said in str(error)
    assert "items[1]" in str(error) or "record 1" in str(error)


@pytest.mark.parametrize(
    "script",
    [
        [page(1, following="a"), page(2, following="a")],
        [page(1, following="a"), page(2, following="b"), page(3, following="a")],
    ],
)
def test_a_cursor_that_stands_still_or_goes_in_a_ring_ends_in_an_error(bench: Any, script: Any) -> None:
    source = bench({"/items": script})
    assert "circle" in str(source.fails(DataError))
    assert len(source.server.seen) <= 4


@pytest.mark.parametrize("kind", ["page", "offset"])
def test_the_last_page_again_past_the_end_is_an_error(bench: Any, kind: Any) -> None:
    source = bench({"/items": [page(1), page(2)]}, page={"kind": kind, "param": "p"})
    assert "same page again" in str(source.fails(DataError))


@pytest.mark.parametrize("length", [2, 3, 7])
def test_numbered_pages_in_a_ring_are_an_error(bench: Any, length: Any) -> None:
    source = bench({"/items": lambda seen: page(int(seen.query["p"]) % length)}, page={"kind": "page", "param": "p"})
    assert "same page again" in str(source.fails(DataError))
    assert len(source.server.seen) <= 3 * length


def test_more_pages_than_the_cap_are_an_error(bench: Any) -> None:
    def endless(seen: Seen) -> Any:
        return page(1, following=str(int(seen.query.get("cursor", 0)) + 1))

    source = bench({"/items": endless}, source={"max_pages": 5})
    assert "max_pages" in str(source.fails(DataError))
    assert len(source.server.seen) == 5


def test_links_in_a_ring_are_an_error(bench: Any) -> None:
    link = {"Link": '</items?p=2>; rel="next"'}
    ring = reply({"data": {"items": [item(1)]}}, headers=link)
    source = bench({"/items": ring}, page={"kind": "link"})
    assert "circle" in str(source.fails(DataError))


def test_an_empty_middle_page_goes_on(bench: Any) -> None:
    assert bench({"/items": [page(1, following="b"), page(following="c"), page(3)]}).pull() == ["1", "3"]


@pytest.mark.parametrize(
    "link",
    [
        '</items?p=2>; rel="next"',
        "<?p=2>; rel=next",
        '</items?p=0>; rel="prev", <?p=2>; rel="last NEXT"; title="a, b; rel=x"',
        "</items?p=2&ids=1,2;3>; rel=next",
        ', </items?p=0>; title="\\", <x>; rel=next"; rel=first , </items?p=2>; crossorigin; REL = "next"',
    ],
)
def test_next_is_found_in_whatever_way_a_link_header_may_be_written(bench: Any, link: Any) -> None:
    def second(seen: Seen) -> Any:
        return page(2) if "p" in seen.query else reply({"data": {"items": [item(1)]}}, headers={"Link": link})

    assert bench({"/items": second}, page={"kind": "link"}).pull() == ["1", "2"]


@pytest.mark.parametrize(
    "link", ["/items?p=2; rel=next", '</items?p=2; rel="next"', '</items?p=2> rel="next"', "<>; rel=next", "<" * 60_000]
)
def test_a_link_header_that_cannot_be_read_is_not_the_end(bench: Any, link: Any) -> None:
    served = reply({"data": {"items": [item(1)]}}, headers={"Link": link})
    assert "Link header" in str(bench({"/items": served}, page={"kind": "link"}).fails(DataError))


def test_one_answer_that_names_a_next_page_is_not_everything(bench: Any) -> None:
    served = reply({"data": {"items": [item(1)]}}, headers={"Link": "</items?p=2>; rel=next"})
    assert "kind: link" in str(bench({"/items": served}, page={"kind": "none"}).fails(DataError))


def test_a_list_that_is_not_newest_first_does_not_end_with_its_first_page(bench: Any) -> None:
    def rows(*days: int) -> Any:
        return [item(day, updated=f"2026-09-{day:02d}T00:00:00Z") for day in days]

    def listed(*pages: Any) -> Any:
        return [reply({"data": {"items": rows(*days)}, "next": following}) for days, following in pages]

    cursor = {"field": "updated", "order": "newest_first", "lookback": "3d"}
    start = 1_788_220_800_000  # 2026-09-01
    good = bench({"/items": listed(((20, 22), "b"), ((19,), "c"), ((5, 4), None))}, cursor=cursor)
    assert good.pull(start=start) == ["20", "22", "19", "5", "4"]
    for wrong in (listed(((1, 10), "b"), ((11, 20), None)), listed(((1,), "b"), ((10,), None))):
        assert "newest first" in str(bench({"/items": wrong}, cursor=cursor).fails(DataError))


@pytest.mark.parametrize(
    "link", ["http://127.0.0.2:1/items", "//evil.example/items", "https://evil.example/", "http://["]
)
@pytest.mark.parametrize("in_header", [True, False])
def test_a_next_link_elsewhere_is_refused(bench: Any, link: Any, in_header: Any) -> None:
    headers = {"Link": f'<{link}>; rel="next"'} if in_header else {}
    kind = {"kind": "link"} if in_header else {"kind": "link", "from": "next"}
    served = reply({"data": {"items": [item(1)]}, "next": link}, headers=headers)
    source = bench({"/items": served}, page=kind)
    source.fails(DataError)
    assert len(source.server.seen) == 1


def test_a_redirect_elsewhere_is_refused_and_takes_no_credentials_along(bench: Any) -> None:
    other = bench({"/items": GOOD})
    source = bench({"/items": reply(status=302, headers={"Location": other.server.url + "/items?private=1"})})
    assert "refused" in str(source.fails(ConfigError))
    assert other.server.seen == []


def test_a_redirect_at_home_is_followed_with_credentials(bench: Any) -> None:
    source = bench({"/items": reply(status=307, headers={"Location": "/moved"}), "/moved": GOOD})
    assert source.pull() == ["1", "2"]
    assert source.server.seen[1].query["key"] == "hush"


def test_redirects_without_end_are_an_error(bench: Any) -> None:
    bench({"/items": reply(status=302, headers={"Location": "/items"})}).fails(DataError)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7),
        ({"Retry-After": "1.5"}, 1.5, 1.5),
        ({"Retry-After": formatdate(1_000_030, usegmt=True), "Date": formatdate(1_000_000, usegmt=True)}, 30, 30),
        ({"Retry-After": formatdate(time.time() - 60, usegmt=True)}, 0, 1),
        ({"Retry-After": "0"}, 0.01, 1),
        ({"Retry-After": "soon"}, 0.25, 0.5),
        ({"Retry-After": "-5"}, 0.25, 0.5),
        ({"Retry-After": "1e999"}, 0.25, 0.5),
        ({"Retry-After": "nan"}, 0.25, 0.5),
        ({"X-RateLimit-Reset": "9"}, 9, 9),
        ({"RateLimit-Reset": "3"}, 3, 3),
        ({"X-RateLimit-Reset": "1700000020", "Date": formatdate(1_700_000_000, usegmt=True)}, 20, 20),
        ({"X-RateLimit-Reset": "1700000020000", "Date": formatdate(1_700_000_000, usegmt=True)}, 20, 20),
        ({"X-RateLimit-Reset": "2023-11-14T22:13:40Z", "Date": formatdate(1_700_000_000, usegmt=True)}, 20, 20),
        ({"X-RateLimit-Reset": "2023-11-14T22:13:40", "Date": formatdate(1_700_000_000, usegmt=True)}, 0.25, 0.5),
        ({}, 0.25, 0.5),
    ],
)
def test_the_wait_that_is_asked_for_is_honoured(bench: Any, headers: Any, least: Any, most: Any) -> None:
    source = bench({"/items": [reply(status=429, headers=headers), GOOD]})
    assert source.pull() == ["1", "2"]
    assert len(source.waits) == 1
    assert least <= source.waits[0] <= most
    assert source.context.usage.retries == 1


def test_six_hours_is_a_transient_error_at_once(bench: Any) -> None:
    source = bench({"/items": reply(status=429, headers={"Retry-After": "21600"})})
    error = source.fails(TransientError)
    assert abs(error.retry_after - (source.context.now + 21_600_000)) < 5_000
    assert source.waits == []
    assert len(source.server.seen) == 1


def test_a_reset_header_beside_a_500_is_not_a_wait(bench: Any) -> None:
    source = bench({"/items": [reply(status=500, headers={"X-RateLimit-Reset": "3600"}), GOOD]})
    assert source.pull() == ["1", "2"]


def test_a_429_storm_is_bounded(bench: Any) -> None:
    source = bench({"/items": reply(status=429, headers={"Retry-After": "1"})})
    source.fails(TransientError)
    assert sum(source.waits) <= 60


@pytest.mark.parametrize(
    "fault",
    [
        reply(status=500),
        reply(status=503),
        reply({"data": {"items": []}}, declared=500),
        reply({"data": {"items": []}}, declared=500, reset=True),
        reply(b"", declared=100, reset=True),
        reply(b'{"data": {"items": ['),
        reply(b"<!doctype html><title>private</title>", headers={"Content-Type": "text/html"}),
        reply(b""),
    ],
)
def test_a_passing_fault_is_tried_again(bench: Any, fault: Any) -> None:
    source = bench({"/items": [fault, GOOD]})
    assert source.pull() == ["1", "2"]
    assert len(source.waits) == 1


def test_a_byte_order_mark_is_no_fault(bench: Any) -> None:
    assert bench({"/items": reply(b"\xef\xbb\xbf" + GOOD.body)}).pull() == ["1", "2"]


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (reply(GOOD.body.replace(b": 1,", b': "\xe9",')), DataError, "not valid JSON"),
        (reply(GOOD.body.decode().encode("utf-16")), DataError, "not valid JSON"),
        (reply({}, headers={"Content-Length": "7"}), TransientError, "contradict"),
        (reply(status=302), DataError, "redirects to nowhere"),
        (reply(status=500), TransientError, "500"),
        (reply({"data": {}}, declared=500), TransientError, "broke off"),
        (reply(b"", declared=100, reset=True), TransientError, "broke off"),
        (reply(b'{"private": ['), DataError, "not valid JSON"),
        (reply(b"<html>private</html>"), DataError, "web page"),
        (reply(b'{"x":' * 100_000), DataError, "JSON"),
        (reply(status=400), DataError, "400"),
        (reply(status=404), ConfigError, "404"),
    ],
)
def test_a_lasting_fault_is_an_error_of_its_kind(bench: Any, fault: Any, kind: Any, said: Any) -> None:
    source = bench({"/items": fault})
    assert said in str(source.fails(kind))
    assert sum(source.waits) <= 60


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_not_tried_again(bench: Any, status: Any) -> None:
    source = bench({"/items": reply({"private": 1}, status=status)})
    error = str(source.fails(ConfigError))
    assert "legacy" in error
    assert str(status) in error
    assert len(source.server.seen) == 1


@pytest.mark.parametrize("slowly", [{"drip": 0.02}, {"drip_head": 0.02}])
def test_slow_bytes_are_bounded(bench: Any, slowly: Any) -> None:
    source = bench({"/items": reply({"data": {"items": []}}, **slowly)})
    source.source._client._limits = Limits(wait_budget=0.3, answer=0.1)
    began = time.monotonic()
    assert "in time" in str(source.fails(TransientError))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "refused the connection"),
        ("http://nowhere.invalid", "cannot be found"),
        ("https://127.0.0.1:{port}", "TLS"),
    ],
)
def test_unreachable_hosts_are_transient(bench: Any, url: Any, said: Any) -> None:
    port = bench({}).server.url.rpartition(":")[2]
    source = bench({}, source={"base_url": url.format(port=port)})
    assert said in str(source.fails(TransientError))
    assert sum(source.waits) <= 60


def test_a_body_over_the_cap_is_refused(bench: Any) -> None:
    source = bench({"/items": reply({"data": {"items": []}, "fill": "x" * 3_000_000})})
    source.source._client._limits = Limits(max_body=1 << 20)
    assert "MB" in str(source.fails(DataError))


def test_logs_hold_no_query_secret_or_body(bench: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    source = bench({"/items": [reply({"body": "private"}, status=503), page(1, following="hush-cursor"), page(2)]})
    source.pull()
    assert "503" in caplog.text
    assert "hush" not in caplog.text
    assert "private" not in caplog.text


@pytest.mark.parametrize("stop", [0, 1, 2])
def test_a_killed_pull_goes_on_where_it_stopped(bench: Any, stop: Any) -> None:
    pages = {None: page(1, following="b"), "b": page(2, following="c"), "c": page(3)}
    source = bench({"/items": lambda seen: pages[seen.query.get("cursor")]})
    whole = source.pull()
    position = [None, *source.positions][stop]
    assert whole[:stop] + source.pull(position=position) == whole


def test_memory_stays_flat_over_many_pages(bench: Any) -> None:
    def pages(seen: Seen) -> Any:
        number = int(seen.query.get("cursor", 0))
        return page(number, following=str(number + 1) if number < 300 else None)

    source = bench({"/items": pages})
    walk = source.source.pull("ticket", Slice(start=None, end=1))
    for _ in range(100):
        next(walk)
    source.server.seen.clear()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in walk:
        source.server.seen.clear()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1_000_000


def test_one_huge_record_is_read(bench: Any) -> None:
    assert bench({"/items": reply({"data": {"items": [item(1, text="x" * 20_000_000)]}})}).pull() == ["1"]
