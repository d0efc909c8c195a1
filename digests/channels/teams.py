"""Microsoft Teams, through a Workflows webhook: one channel or chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digests.channels.api import ChannelPlugin, DeliveryError, Digest
from digests.channels.webhook import WebhookChannel, WebhookOptions

if TYPE_CHECKING:
    from digests.channels.posting import Accepted

_FAILED = "Webhook message delivery failed"


def _form(digest: Digest) -> bytes:
    from digests.formats.teams import render  # noqa: PLC0415  sending needs no format

    return render(digest)


def _judge(said: Accepted) -> None:
    if said.text.startswith(_FAILED):  # the older webhooks say so with 200
        later = "HTTP error 429" in said.text
        raise DeliveryError("transient" if later else "permanent", "Teams took it and did not deliver it")


CHANNEL = ChannelPlugin(
    name="teams", options=WebhookOptions, open=lambda options, _context: WebhookChannel(options, "Teams", _form, _judge)
)
