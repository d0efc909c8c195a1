"""Mails over SMTP: encrypted everywhere but on the loopback, and honest about what became of each one."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from okr_model.exchange import Delivery, DeliveryError

_TIMEOUT = 30.0
_PATIENCE = 180.0
"""Seconds for one mail: a server that sends a byte every now and then keeps every single wait short."""
_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")
_FULL_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


@dataclass(frozen=True)
class SmtpServer:
    """One mail server. Each mail has a connection of its own, so that one failure harms no other mail."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    implicit_tls: bool = False
    tls: ssl.SSLContext | None = None
    timeout: float = _TIMEOUT
    patience: float = _PATIENCE
    idempotent: bool = False

    @classmethod
    def at(cls, url: str, password: str | None) -> SmtpServer:
        """From `smtp://user@host:587` or `smtps://user@host:465`. Raises ValueError with what to write instead."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("OKR_SMTP_URL must read smtp://user@host:587 or smtps://user@host:465")
        if parts.password is not None:
            raise ValueError("OKR_SMTP_URL holds a password: put it into OKR_SMTP_PASSWORD instead")
        user = unquote(parts.username) if parts.username else None
        if user and not password:
            raise ValueError("OKR_SMTP_URL names a user: set OKR_SMTP_PASSWORD too")
        implicit = parts.scheme == "smtps"
        return cls(parts.hostname, parts.port or (465 if implicit else 587), user, password, implicit)

    def send(self, delivery: Delivery) -> None:
        """Raises DeliveryError: transient (4xx, no connection), permanent (5xx), ambiguous (lost after the text)."""
        origin = parseaddr(str(message_from_bytes(delivery.body, policy=policy.SMTP)["From"]))[1]
        with _cut_off_after(self.patience) as opened:
            self._send(origin, delivery, opened)

    def _send(self, origin: str, delivery: Delivery, opened: list[smtplib.SMTP]) -> None:
        try:
            connection = self._open(opened)
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError("transient", f"sign-in refused ({error.smtp_code}): see OKR_SMTP_PASSWORD") from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError("transient", f"no connection to the mail server: {_told(error)}") from error
        try:
            _hand_over(connection, origin, delivery)
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _open(self, opened: list[smtplib.SMTP]) -> smtplib.SMTP:
        if self.implicit_tls:
            context = self.tls or ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                local_hostname=_own_name(), timeout=self.timeout, context=context
            )
        else:
            connection = smtplib.SMTP(local_hostname=_own_name(), timeout=self.timeout)
        opened.append(connection)
        connection._host = self.host  # type: ignore[attr-defined]  # which STARTTLS checks the certificate against
        try:
            greeting = connection.connect(self.host, self.port)
            if greeting[0] != 220:
                raise smtplib.SMTPConnectError(*greeting)
            if not self.implicit_tls:
                self._encrypt(connection)
            if self.user:
                connection.login(self.user, self.password or "")
        except BaseException:
            connection.close()
            raise
        return connection

    def _encrypt(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        if connection.has_extn("starttls"):
            connection.starttls(context=self.tls or _context(self.host))
            connection.ehlo()
        elif not is_loopback(self.host):
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS, and the mail would go in the clear")


def _own_name() -> str:
    """What to greet a server with. smtplib would ask the DNS for it, with no limit to how long that takes."""
    name = socket.gethostname()
    return name if _FULL_NAME.fullmatch(name) else "[127.0.0.1]"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nothing goes over a wire."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _context(host: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if is_loopback(host):  # a local relay's certificate is self-signed, and the clear would be allowed there too
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def _cut_off_after(seconds: float) -> Iterator[list[smtplib.SMTP]]:
    """Gives a list: the connections put into it are shut once the time is over, which ends whatever waits for them."""
    opened: list[smtplib.SMTP] = []

    def shut() -> None:
        for connection in opened:
            if connection.sock is not None:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield opened
    finally:
        timer.cancel()


def _hand_over(connection: smtplib.SMTP, origin: str, delivery: Delivery) -> None:
    try:
        connection.ehlo_or_helo_if_needed()
        code = connection.mail(origin)[0]
        if code != 250:  # which lies with the settings, never with whom the mail is for
            raise DeliveryError("transient", f"the mail server refused the sender ({code}): see OKR_MAIL_FROM")
        _expect(connection.rcpt(delivery.recipient), 250, "the recipient")
        _expect(connection.docmd("DATA"), 354, "the mail")
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError("transient", f"the connection broke off: {_told(error)}") from error
    try:
        connection.send(_STARTS_WITH_DOT.sub(b"..", delivery.body.removesuffix(b"\r\n")) + b"\r\n.\r\n")
        answer = connection.getreply()
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError("ambiguous", f"the connection broke off after the text: {_told(error)}") from error
    if answer[0] != 250 and not 400 <= answer[0] < 600:  # the start of a line, where the connection broke off in it
        raise DeliveryError("ambiguous", "the mail server's answer to the text was none")
    _expect(answer, 250, "the mail")


def _expect(answer: tuple[int, bytes], code: int, what: str) -> None:
    # The server's own words are left out: they repeat addresses.
    got = answer[0]
    if got == code or (code == 250 and got == 251):
        return
    raise DeliveryError("permanent" if got >= 500 else "transient", f"the mail server refused {what} ({got})")


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return str(error)
    return getattr(error, "strerror", None) or type(error).__name__
