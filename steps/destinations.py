"""Where an audience's digests go: each of its channels, to each address or to the one place that a channel leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from config.channels import EMAIL
from digests.channels.api import Channel, ChannelError
from digests.channels.mail import EmailOptions
from okr_model.exchange import Delivery, DeliveryError
from okr_model.plan import Audience, ChannelUse
from steps.wiring import Workspace

_BY_MAIL = ChannelUse(EMAIL, None, EmailOptions())


class Destination(NamedTuple):
    """One recipient of one channel, and the open channel."""

    channel: str
    recipient: str
    way: Channel


def destinations(workspace: Workspace, audience: Audience) -> list[Destination]:
    """One for each recipient, in the order of audiences.yaml. Raises ChannelError where a channel cannot be opened."""
    found = []
    for use in audience.channels:
        way = workspace.open_channel(use.channel, use.options)
        recipients = tuple(audience.to) if use.place is None else (use.place,)
        found += [Destination(use.channel, recipient, way) for recipient in recipients]
    return found


def by_mail(workspace: Workspace, address: str) -> Destination:
    """A mail to one person, who need not be in any audience."""
    return Destination(EMAIL, address, workspace.open_channel(EMAIL, _BY_MAIL.options))


def way_of(workspace: Workspace, delivery: Delivery) -> Channel:
    """The channel that a frozen delivery goes over. Raises DeliveryError where audiences.yaml has it no more."""
    audience = delivery.audience.partition("/")[0]  # "owners/ana@example.org" is one of the audience's owners
    for use in (*_uses(workspace, audience), _BY_MAIL):
        if use.channel == delivery.channel and use.place in (None, delivery.recipient):
            try:
                return workspace.open_channel(use.channel, use.options)
            except ChannelError as error:
                raise DeliveryError("transient", str(error)) from error
    what = f"{delivery.channel} to {delivery.recipient}"
    raise DeliveryError("permanent", f"audiences.yaml no longer sends {delivery.audience} anything by {what}")


def idempotent(workspace: Workspace) -> set[str]:
    """The channels over which the same delivery sent twice arrives once."""
    uses = [_BY_MAIL, *(use for name in workspace.config.audiences for use in _uses(workspace, name))]
    safe = {use.channel: True for use in uses}
    for use in uses:
        safe[use.channel] &= _is_idempotent(workspace, use)
    return {name for name, is_safe in safe.items() if is_safe}


def _is_idempotent(workspace: Workspace, use: ChannelUse) -> bool:
    try:
        return workspace.open_channel(use.channel, use.options).idempotent
    except ChannelError:  # its own deliveries wait for it to be mended; nobody else's do
        return False


def _uses(workspace: Workspace, audience: str) -> Iterator[ChannelUse]:
    found = workspace.config.audiences.get(audience)
    yield from () if found is None else found.channels
