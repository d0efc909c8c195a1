"""Slack, Teams and Apprise over real sockets, with the answers that the services give."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from digests.channels.api import Channel, Context
from digests.channels.registry import CHANNELS
from okr_model.digest import Digest
from okr_model.exchange import Delivery, DeliveryError, DeliveryKey
from sandbox.webhooks import Webhooks

KEY = "T000-B000-sEcReTkEy"
PATH = f"/services/{KEY}"


@pytest.fixture
def service() -> Iterator[Webhooks]:
    with Webhooks() as made:
        yield made


Open = Callable[..., Channel]


@pytest.fixture
def opened(service: Webhooks, tmp_path: Path) -> Open:
    def made(name: str, at: str = service.netloc) -> Channel:
        plugin = CHANNELS.find(name)
        written = {"url": f"json://{at}{PATH}"} if name == "apprise" else {"webhook": f"http://{at}{PATH}"}
        return plugin.open(plugin.options.model_validate(written), Context(0, "okr@example.org", tmp_path))

    return made


def delivery(channel: Channel, digest: Digest) -> Delivery:
    key = DeliveryKey("digest", "2026-11-23T08:00", "fraud-team", "slack", "FRAUD_SLACK")
    return Delivery(**key._asdict(), subject=digest.subject, body=channel.render(digest, key))


def refused(channel: Channel, digest: Digest) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        channel.send(delivery(channel, digest))
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None  # what caused it repeats the address
    return caught.value


@pytest.mark.parametrize("name", ["slack", "teams"])
def test_the_frozen_bytes_arrive_as_they_are(name: str, opened: Open, service: Webhooks, digest: Digest) -> None:
    if name == "teams":
        service.answer = (202, {}, b"")
    channel = opened(name)
    frozen = delivery(channel, digest)
    channel.send(frozen)
    [(path, headers, body)] = service.posts
    assert (path, body) == (PATH, frozen.body)
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert delivery(channel, digest) == frozen


def test_apprise_gets_subject_and_plain_text(opened: Open, service: Webhooks, digest: Digest) -> None:
    channel = opened("apprise")
    channel.send(delivery(channel, digest))
    [(_, _, body)] = service.posts
    said = json.loads(body)
    assert said["title"] == digest.subject
    assert "What changed since 15 November" in said["message"]


def test_what_apprise_cannot_deliver_may_have_arrived(opened: Open, service: Webhooks, digest: Digest) -> None:
    service.answer = (500, {}, b"")
    assert refused(opened("apprise"), digest).outcome == "ambiguous"
    plugin = CHANNELS.find("apprise")
    unknown = plugin.open(plugin.options(url="nothing-like-it"), Context(0, "o@example.org", Path()))  # type: ignore[call-arg]
    assert refused(unknown, digest).outcome == "permanent"


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [
        ((400, {}, b"invalid_blocks"), "permanent", "Slack refused it (400 invalid_blocks)"),
        ((403, {}, b"invalid_token"), "permanent", "Slack refused it (403 invalid_token)"),
        ((404, {}, b"no_service"), "permanent", "Slack refused it (404 no_service)"),
        ((410, {}, b"Your message <b>text</b> repeated"), "permanent", "Slack refused it (410)"),
        ((302, {"Location": "https://elsewhere.example/"}, b""), "permanent", "Slack sends elsewhere (302), which is"),
        ((500, {}, b"rollup_error"), "transient", "Slack is out of order (500)"),
        ((503, {}, b""), "transient", "Slack is out of order (503)"),
        ((502, {}, b""), "ambiguous", "Slack answered 502, which does not say whether it arrived"),
        ((504, {}, b""), "ambiguous", "Slack answered 504"),
        ((200, {}, b"<html>Please sign in</html>"), "ambiguous", "Slack's webhook answered 200, but not its ok"),
        (None, "ambiguous", "the connection to Slack broke off after the text"),
    ],
)
def test_every_answer_of_slacks_is_told_apart(
    answer: Any, outcome: str, said: str, opened: Open, service: Webhooks, digest: Digest
) -> None:
    service.answer = answer
    error = refused(opened("slack"), digest)
    assert error.outcome == outcome
    assert str(error).startswith(said)
    assert len(service.posts) == 1


@pytest.mark.parametrize(("header", "wait"), [("30", 30.0), ("1.5", 1.5), ("9999999", 86_400.0), ("soon", None)])
def test_too_many_requests_are_waited_out(
    header: str, wait: float | None, opened: Open, service: Webhooks, digest: Digest
) -> None:
    service.answer = (429, {"Retry-After": header}, b"rate_limited")
    error = refused(opened("slack"), digest)
    assert (error.outcome, error.wait) == ("transient", wait)


@pytest.mark.parametrize(("code", "outcome"), [("429", "transient"), ("413", "permanent")])
def test_teams_older_webhooks_say_with_200_that_they_failed(
    code: str, outcome: str, opened: Open, service: Webhooks, digest: Digest
) -> None:
    failed = f"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {code}"
    service.answer = (200, {}, failed.encode())
    assert refused(opened("teams"), digest).outcome == outcome


def test_a_service_that_answers_a_byte_at_a_time_is_not_waited_for(
    opened: Open, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digests.channels.posting.WHOLE_ANSWER", -9.6)  # less the ten seconds to connect in
    done = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
            while not done.wait(0.02):
                connection.sendall(b"o")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip)
        thread.start()
        error = refused(opened("slack", f"127.0.0.1:{listening.getsockname()[1]}"), digest)
        done.set()
        thread.join()
    assert error.outcome == "ambiguous"
    assert str(error).startswith("the connection to Slack broke off after the text: ")


def test_where_nobody_listens_nothing_has_arrived(opened: Open, digest: Digest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        at = f"127.0.0.1:{taken.getsockname()[1]}"
    error = refused(opened("slack", at), digest)
    assert (error.outcome, str(error)) == ("transient", "no connection to Slack")


def test_nothing_logs_the_address(
    opened: Open, service: Webhooks, digest: Digest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = opened("slack")
    channel.send(delivery(channel, digest))
    assert KEY not in caplog.text
    assert KEY not in repr(channel)


@pytest.mark.parametrize("address", ["http://hooks.example.org/x", "hooks.slack.com/services", "ftp://x/", ""])
def test_an_address_must_be_https(address: str) -> None:
    with pytest.raises(ValidationError, match="not an https address"):
        CHANNELS.find("slack").options.model_validate({"webhook": address})
