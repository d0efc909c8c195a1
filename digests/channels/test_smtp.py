"""Mails over real SMTP on the loopback: STARTTLS and AUTH, and every way in which a server can refuse."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from digests.channels.smtp import SmtpServer, is_loopback
from okr_model.exchange import Delivery, DeliveryError

BODY = b"From: OKRs <okr@example.org>\r\nTo: vp@example.org\r\nSubject: s\r\n\r\n.a line with a dot\r\n..two\r\nend\r\n"
DELIVERY = Delivery(
    digest="digest",
    period="2026-11-23T08:00",
    audience="leadership",
    channel="email",
    recipient="vp@example.org",
    subject="s",
    body=BODY,
)


class Inbox:
    """What arrived; `answers` replaces the server's answer to a command."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.answers: dict[str, str] = {}
        self.greeted_by: list[str] = []

    async def handle_MAIL(self, server: Any, session: Any, envelope: Envelope, sender: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = sender
        return self.answers.get("MAIL", "250 ok")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, to: str, options: Any) -> str:  # noqa: N802
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(to)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        self.greeted_by.append(session.host_name)
        if self.answers.get("DATA") == "hang up":
            server.transport.abort()
            await asyncio.sleep(0.05)
        return self.answers.get("DATA", "250 ok")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def start(authority: trustme.CA) -> Iterator[Callable[..., tuple[Inbox, int]]]:
    running: list[Controller] = []

    def begin(**options: Any) -> tuple[Inbox, int]:
        inbox = Inbox()
        controller = _controller(inbox, options)
        controller.start()
        running.append(controller)
        return inbox, controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    yield begin
    for controller in running:
        controller.stop()


def _controller(inbox: Inbox, options: dict[str, Any]) -> Controller:
    class AnyPort(Controller):
        def _trigger_server(self) -> None:  # the port is only known once bound
            self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
            super()._trigger_server()  # type: ignore[no-untyped-call]

    return AnyPort(inbox, hostname="127.0.0.1", port=0, **options)


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def _ana_only(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ana", b"right")
    return AuthResult(success=good, handled=False)


def outcome(server: SmtpServer) -> tuple[str, str]:
    with pytest.raises(DeliveryError) as caught:
        server.send(DELIVERY)
    return caught.value.outcome, str(caught.value)


def test_starttls_and_auth(start: Any, server_tls: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    inbox, port = start(tls_context=server_tls, require_starttls=True, auth_required=True, authenticator=_ana_only)
    SmtpServer("127.0.0.1", port, "ana", "right", tls=trusting).send(DELIVERY)
    [envelope] = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos, envelope.content) == ("okr@example.org", ["vp@example.org"], BODY)


def test_a_local_relay_with_a_certificate_of_its_own(start: Any, server_tls: ssl.SSLContext) -> None:
    inbox, port = start(tls_context=server_tls, require_starttls=True)
    SmtpServer("127.0.0.1", port).send(DELIVERY)
    assert len(inbox.envelopes) == 1


@pytest.mark.parametrize(
    ("host", "name"),
    [("ops.example.org", "ops.example.org"), ("a_desk", "[127.0.0.1]"), ("büro.example.org", "[127.0.0.1]")],
)
def test_no_server_is_waited_for_to_learn_ones_own_name(
    start: Any, monkeypatch: pytest.MonkeyPatch, host: str, name: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("the DNS was asked"))
    monkeypatch.setattr(socket, "gethostbyname", lambda _: pytest.fail("the DNS was asked"))
    inbox, port = start(server_hostname="mail.example.org")
    SmtpServer("127.0.0.1", port).send(DELIVERY)
    assert inbox.greeted_by == [name]


def test_a_certificate_of_a_stranger_is_refused(start: Any, server_tls: ssl.SSLContext) -> None:
    inbox, port = start(tls_context=server_tls)
    kind, _ = outcome(SmtpServer("127.0.0.1", port, tls=ssl.create_default_context()))
    assert (kind, inbox.envelopes) == ("transient", [])


def test_in_the_clear_only_on_the_loopback(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, port = start()
    SmtpServer("127.0.0.1", port).send(DELIVERY)
    monkeypatch.setattr("digests.channels.smtp.is_loopback", lambda host: False)
    kind, told = outcome(SmtpServer("127.0.0.1", port))
    assert kind == "transient"
    assert "STARTTLS" in told
    assert len(inbox.envelopes) == 1


def test_a_wrong_password_is_tried_again_once_it_is_mended(
    start: Any, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    inbox, port = start(tls_context=server_tls, auth_required=True, authenticator=_ana_only)
    kind, told = outcome(SmtpServer("127.0.0.1", port, "ana", "wrong", tls=trusting))
    assert (kind, told) == ("transient", "sign-in refused (535): see OKR_SMTP_PASSWORD")
    assert inbox.envelopes == []


@pytest.mark.parametrize(
    ("command", "answer", "kind", "told"),
    [
        ("MAIL", "451 later", "transient", "the mail server refused the sender (451): see OKR_MAIL_FROM"),
        ("MAIL", "550 who", "transient", "the mail server refused the sender (550): see OKR_MAIL_FROM"),
        ("RCPT", "450 vp@example.org busy", "transient", "the mail server refused the recipient (450)"),
        ("RCPT", "550 vp@example.org unknown", "permanent", "the mail server refused the recipient (550)"),
        ("DATA", "451 later", "transient", "the mail server refused the mail (451)"),
        ("DATA", "554 spam", "permanent", "the mail server refused the mail (554)"),
    ],
)
def test_refusals(start: Any, command: str, answer: str, kind: str, told: str) -> None:
    inbox, port = start()
    inbox.answers[command] = answer
    assert outcome(SmtpServer("127.0.0.1", port)) == (kind, told)


def test_one_refused_recipient_does_not_harm_the_next(start: Any) -> None:
    inbox, port = start()
    inbox.answers["RCPT"] = "550 no"
    assert outcome(SmtpServer("127.0.0.1", port))[0] == "permanent"
    inbox.answers.clear()
    SmtpServer("127.0.0.1", port).send(DELIVERY)
    assert len(inbox.envelopes) == 1


def test_a_connection_lost_after_the_text_is_ambiguous(start: Any) -> None:
    inbox, port = start()
    inbox.answers["DATA"] = "hang up"
    assert outcome(SmtpServer("127.0.0.1", port))[0] == "ambiguous"


def test_a_connection_lost_before_the_text_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_hang_up_at_mail, args=(listening,))
        thread.start()
        kind, _ = outcome(SmtpServer("127.0.0.1", listening.getsockname()[1]))
        thread.join()
    assert kind == "transient"


def _hang_up_at_mail(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"220 here\r\n")
        connection.recv(1024)
        connection.sendall(b"250 hello\r\n")
        connection.recv(1024)


def test_a_silent_server_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kind, _ = outcome(SmtpServer("127.0.0.1", listening.getsockname()[1], timeout=0.2))
    assert kind == "transient"


@pytest.mark.parametrize(
    ("greets", "kind"), [(b"", "transient"), (b"220 here\r\n250 a\r\n250 b\r\n250 c\r\n354 go\r\n", "ambiguous")]
)
def test_a_server_that_never_comes_to_the_end_of_a_line_is_cut_off(greets: bytes, kind: str) -> None:
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_drip, args=(listening, greets, done))
        thread.start()
        found, _ = outcome(SmtpServer("127.0.0.1", listening.getsockname()[1], patience=0.4))
        done.set()
        thread.join()
    assert found == kind


@pytest.mark.parametrize("half", [b"", b"2", b"45", b"250-", b"\r\n", b"ok\r\n"])
def test_half_an_answer_to_the_text_says_nothing(half: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_speak, args=(listening, half))
        thread.start()
        kind, _ = outcome(SmtpServer("127.0.0.1", listening.getsockname()[1]))
        thread.join()
    assert kind == "ambiguous"


def _speak(listening: socket.socket, last: bytes) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as heard:
        connection.sendall(b"220 here\r\n")
        for answer in (b"250 a\r\n", b"250 b\r\n", b"250 c\r\n", b"354 go\r\n"):
            heard.readline()
            connection.sendall(answer)
        while heard.readline() != b".\r\n":
            pass
        connection.sendall(last)


def _drip(listening: socket.socket, greets: bytes, done: threading.Event) -> None:
    connection, _ = listening.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(greets)
        while not done.wait(0.02):
            connection.sendall(b"2")


def test_a_server_that_closes_at_once_is_tried_again(start: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_greet, args=(listening, b"421 too many connections\r\n"))
        thread.start()
        kind, told = outcome(SmtpServer("127.0.0.1", listening.getsockname()[1]))
        thread.join()
    assert (kind, told) == ("transient", "no connection to the mail server: SMTPConnectError")


def _greet(listening: socket.socket, greeting: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(greeting)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    kind, told = outcome(SmtpServer("127.0.0.1", port))
    assert (kind, told) == ("transient", "no connection to the mail server: Connection refused")


@pytest.mark.parametrize(
    ("url", "password", "told"),
    [
        ("http://mail", None, "must read smtp://"),
        ("smtp://", None, "must read smtp://"),
        ("smtp://ana:secret@mail", None, "OKR_SMTP_PASSWORD instead"),
        ("smtp://ana@mail", None, "set OKR_SMTP_PASSWORD too"),
    ],
)
def test_unusable_addresses_say_what_to_write(url: str, password: str | None, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        SmtpServer.at(url, password)
    assert "secret" not in str(caught.value)


def test_addresses() -> None:
    server = SmtpServer.at("smtp://ana%40example.org@mail.example.org", "word")
    assert (server.host, server.port, server.user, server.implicit_tls) == (
        "mail.example.org",
        587,
        "ana@example.org",
        False,
    )
    assert SmtpServer.at("smtps://mail.example.org", None).port == 465
    assert "word" not in repr(server)
    assert [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "mail.example.org", "10.0.0.1")] == [
        True,
        True,
        True,
        False,
        False,
    ]
