"""Slack, through an incoming webhook: one channel of one workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digests.channels.api import ChannelPlugin, DeliveryError, Digest
from digests.channels.webhook import WebhookChannel, WebhookOptions

if TYPE_CHECKING:
    from digests.channels.posting import Accepted


def _form(digest: Digest) -> bytes:
    from digests.formats.slack import render  # noqa: PLC0415  sending needs no format

    return render(digest)


def _judge(said: Accepted) -> None:
    if said.text != "ok":  # a proxy's page with 200 is no delivery
        raise DeliveryError("ambiguous", f"Slack's webhook answered {said.status}, but not its ok")


CHANNEL = ChannelPlugin(
    name="slack", options=WebhookOptions, open=lambda options, _context: WebhookChannel(options, "Slack", _form, _judge)
)
