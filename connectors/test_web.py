"""What the other tests do not reach: posts, downloads, times, paging, the registry."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from connectors.api import Client, ConfigError, Context, DataError, TransientError, iso, parse_ts
from connectors.testing.server import reply, serve


class Body(msgspec.Struct):
    kind: str


def open_client(url: str, waits: list[float]) -> Client:
    return Client(url, Context("shop", 0, Path()), sleep=waits.append)


@pytest.mark.parametrize("fault", [reply(status=500), reply(status=503), reply(b"{", declared=50), reply(b"{")])
def test_a_post_that_changes_something_is_sent_once(fault: Any) -> None:
    with serve({"/x": [fault, reply({"kind": "a"})]}) as server:
        with pytest.raises((TransientError, DataError)):
            open_client(server.url, []).post("x", json={"a": 1}, decode=Body)
        assert [seen.body for seen in server.seen] == [b'{"a":1}']


def test_a_post_over_the_limit_was_not_acted_on_and_is_sent_again() -> None:
    with serve({"/x": [reply(status=429), reply({"kind": "a"})]}) as server:
        assert open_client(server.url, []).post("x", json=1, decode=Body) == Body("a")


def test_a_post_that_only_reads_is_sent_again() -> None:
    with serve({"/x": [reply(status=500), reply({"kind": "a"})]}) as server:
        assert open_client(server.url, []).post_query("x", form={"q": "a b"}, decode=Body) == Body("a")
        assert server.seen[1].body == b"q=a+b"


def test_a_quoted_value_is_taken_out_of_a_validation_error() -> None:
    closed = msgspec.defstruct("Closed", [("kind", Literal["a", "b"])])
    with serve({"/x": reply({"kind": "private"})}) as server, pytest.raises(DataError) as caught:
        open_client(server.url, []).get("x", decode=closed)
    assert "`$.kind`" in str(caught.value)
    assert "private" not in str(caught.value)


def test_a_line_break_in_a_secret_is_a_config_error_that_keeps_it() -> None:
    client = Client("http://127.0.0.1:1", Context("shop", 0, Path()), headers={"X-Key": "hush\n"})
    with pytest.raises(ConfigError) as caught:
        client.get("x", decode=Body)
    assert "hush" not in str(caught.value)


def test_gzip_is_read() -> None:
    packed = reply(gzip.compress(b'{"kind": "' + b"x" * 2_000_000 + b'"}'), headers={"Content-Encoding": "gzip"})
    with serve({"/x": packed}) as server:
        assert len(open_client(server.url, []).get("x", decode=Body).kind) == 2_000_000


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_is_used_and_certificates_are_checked(monkeypatch: Any, tmp_path: Any, trusted: Any) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    known = authority if trusted else trustme.CA()
    known.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    waits: list[float] = []
    with serve({"/x": reply({"kind": "a" * 100_000})}, tls=context) as server:
        client = open_client(server.url, waits)
        if trusted:
            assert [len(client.get("x", decode=Body).kind) for _ in range(2)] == [100_000] * 2
            return
        with pytest.raises(TransientError, match="certificate failed"):
            client.get("x", decode=Body)
    assert len(waits) == 2


MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_instants_are_exact_whatever_the_unit(moment: Any) -> None:
    exact = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert parse_ts(moment.isoformat()) == parse_ts(moment) == exact
    assert parse_ts(exact, "ms") == parse_ts(str(exact), "ms") == exact
    assert parse_ts(iso(exact)) == exact
    assert parse_ts(exact // 1_000, "s") == exact // 1_000 * 1_000
    assert parse_ts(exact * 1_000 + 999, "us") == exact


def test_seconds_with_a_fraction() -> None:
    assert parse_ts(1_700_000_000.123, "s") == parse_ts("1700000000.123", "s") == 1_700_000_000_123


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        ("2026-10-01T00:00:00", "iso"),
        ("2026-10-01", "iso"),
        ("private", "iso"),
        ("", "iso"),
        (1_700_000_000, "iso"),
        (1_700_000_000_000, "s"),
        (1_700_000_000, "ms"),
        (0, "s"),
        (True, "s"),
        (float("nan"), "s"),
        (float("inf"), "ms"),
        ("private", "ms"),
        ("nan", "s"),
        (datetime(2026, 1, 1), "iso"),  # noqa: DTZ001
    ],
)
def test_what_is_not_an_instant_is_refused(value: Any, unit: Any) -> None:
    with pytest.raises(DataError) as caught:
        parse_ts(value, unit)
    assert "private" not in str(caught.value)


def test_the_interface_does_not_import_requests() -> None:
    plugins = "connectors.api, connectors.rest, connectors.table, connectors.sql"
    code = f"import sys, {plugins}; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
