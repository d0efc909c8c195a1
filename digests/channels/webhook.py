"""Channels that are one POST to a secret address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from digests.channels.api import ChannelOptions, Delivery, DeliveryKey, Digest, WebhookUrl

if TYPE_CHECKING:
    from digests.channels.posting import Accepted


class WebhookOptions(ChannelOptions):
    """`webhook`: its address, which is the key to the chat."""

    webhook: WebhookUrl


@dataclass(frozen=True)
class WebhookChannel:
    """Posts what `form` makes of a digest. `judge` raises DeliveryError where a 2xx answer is no delivery."""

    options: WebhookOptions
    to: str  # what messages call the other side
    form: Callable[[Digest], bytes]
    judge: Callable[[Accepted], None]
    idempotent: bool = False

    def render(self, digest: Digest, key: DeliveryKey) -> bytes:  # noqa: ARG002 - the address is the recipient
        """The body of the POST."""
        return self.form(digest)

    def send(self, delivery: Delivery) -> None:
        """Raises DeliveryError."""
        from digests.channels.posting import post  # noqa: PLC0415  options are validated without the web layer

        self.judge(post(self.options.webhook.get_secret_value(), delivery.body, self.to))
