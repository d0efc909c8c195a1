"""Any of the hundred services that Apprise reaches, as plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass

from digests.channels.api import (
    Channel,
    ChannelOptions,
    ChannelPlugin,
    Context,
    Delivery,
    DeliveryError,
    DeliveryKey,
    Digest,
    SecretStr,
    plain_text,
)


class AppriseOptions(ChannelOptions):
    """`url`: the service's address as Apprise writes it; it holds the keys."""

    url: SecretStr


@dataclass(frozen=True)
class Apprise:
    """Plain text under the digest's subject."""

    options: AppriseOptions
    idempotent: bool = False

    def render(self, digest: Digest, key: DeliveryKey) -> bytes:  # noqa: ARG002 - the address is the recipient
        """Title and text, as JSON."""
        return json.dumps({"title": digest.subject, "body": plain_text(digest)}, ensure_ascii=False).encode()

    def send(self, delivery: Delivery) -> None:
        """Raises DeliveryError; where Apprise says no, it does not say whether anything arrived."""
        import apprise  # noqa: PLC0415  half a second, and only where it is used

        service = apprise.Apprise()
        if not service.add(self.options.url.get_secret_value()):
            raise DeliveryError("permanent", "Apprise does not know an address like that; see its list of services")
        message = json.loads(delivery.body)
        if not service.notify(title=message["title"], body=message["body"], body_format=apprise.NotifyFormat.TEXT):
            raise DeliveryError("ambiguous", "Apprise could not deliver it, and does not say whether some arrived")


def _open(options: AppriseOptions, _context: Context) -> Channel:
    return Apprise(options)


CHANNEL = ChannelPlugin(name="apprise", options=AppriseOptions, open=_open)
