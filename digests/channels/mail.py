"""E-mail, to each of an audience's addresses: through a mail server, or as .eml files where none is set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from digests.channels.api import Channel, ChannelOptions, ChannelPlugin, Context, Delivery, DeliveryKey, Digest
from digests.channels.eml import EmlFolder
from digests.channels.smtp import SmtpServer


class EmailOptions(ChannelOptions):
    """None: who gets it stands in `to`, and the server in OKR_SMTP_URL."""


@dataclass(frozen=True)
class Mail:
    """Whole mails, composed when they are frozen."""

    way: SmtpServer | EmlFolder
    context: Context

    @property
    def idempotent(self) -> bool:
        """Files are: the same mail has the same name."""
        return self.way.idempotent

    def render(self, digest: Digest, key: DeliveryKey) -> bytes:
        """The message, with text, HTML, charts and CSV."""
        from digests.mail import compose, stable_id  # noqa: PLC0415  sending needs none of what composing imports

        sender = self.context.sender
        at = datetime.fromtimestamp(self.context.now / 1000, UTC)
        return compose(digest, key.recipient, sender, stable_id(key, sender), at)

    def send(self, delivery: Delivery) -> None:
        """Raises DeliveryError."""
        self.way.send(delivery)


def _open(_options: EmailOptions, context: Context) -> Channel:
    if context.smtp_url is None:
        return Mail(EmlFolder(context.output_dir / "mail"), context)
    return Mail(SmtpServer.at(context.smtp_url, context.smtp_password), context)


CHANNEL = ChannelPlugin(name="email", options=EmailOptions, open=_open)
