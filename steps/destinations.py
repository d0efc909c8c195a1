"""Where an audience's digests go: each of its channels, to each address or to the one place that a channel leads to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from config.channels import EMAIL
from digests.channels.api import Channel, ChannelError
from digests.channels.mail import EmailOptions
from okr_model.exchange import Delivery, DeliveryError
from okr_model.plan import OWNERS, Audience, ChannelUse
from steps.wiring import Workspace

_BY_MAIL = ChannelUse(EMAIL, None, EmailOptions())


TO_OWNERS = ("check-in", "skipped")
"""Kinds of digests that go by mail to owners, whatever audiences there are."""


class Destination(NamedTuple):
    """One recipient over one channel."""

    use: ChannelUse
    recipient: str


class NoLongerWanted(Exception):
    """audiences.yaml names the audience, or the recipient in it, no more; or it was for who owned something then."""


class NoLongerSent(Exception):
    """audiences.yaml still has the audience, and not that way to it."""


def destinations(audience: Audience) -> list[Destination]:
    """One for each recipient, in the order of audiences.yaml."""
    found = []
    for use in audience.channels:
        recipients = tuple(audience.to) if use.place is None else (use.place,)
        found += [Destination(use, recipient) for recipient in recipients]
    return found


def by_mail(address: str) -> Destination:
    """A mail to one person, who need not be in any audience."""
    return Destination(_BY_MAIL, address)


def way_of(workspace: Workspace, delivery: Delivery) -> Channel:
    """The channel that a frozen delivery goes over, by what audiences.yaml says now.

    Raises NoLongerWanted, NoLongerSent, or DeliveryError where the channel cannot be opened.
    """
    use = _use_of(workspace, delivery)
    try:
        return workspace.open_channel(use.channel, use.options)
    except ChannelError as error:
        raise DeliveryError("transient", str(error)) from error


def _use_of(workspace: Workspace, delivery: Delivery) -> ChannelUse:
    if delivery.digest in TO_OWNERS:
        return _to_owner(workspace, delivery.recipient, "all", "okrs.yaml")
    name = delivery.audience.partition("/")[0]  # "owners/ana@example.org" is one of the audience's owners
    audience = workspace.config.audiences.get(name)
    if audience is None:
        raise NoLongerWanted(f"audiences.yaml has no {name} any more")
    if audience.to == OWNERS:
        return _to_owner(workspace, delivery.recipient, audience.objectives, name)
    uses = [use for use in audience.channels if use.channel == delivery.channel]
    for use in uses:
        if use.place == delivery.recipient or (use.place is None and delivery.recipient in audience.to):
            return use
    if any(use.place is None for use in uses):
        raise NoLongerWanted(f"audiences.yaml names {delivery.recipient} no more in {name}")
    raise NoLongerSent(f"audiences.yaml no longer sends {name} anything by {delivery.channel} to {delivery.recipient}")


def _to_owner(workspace: Workspace, recipient: str, chosen: Literal["all"] | tuple[str, ...], where: str) -> ChannelUse:
    objectives = [each for each in workspace.config.plan.objectives if chosen == "all" or each.id in chosen]
    owners = {result.owner or objective.owner for objective in objectives for result in objective.key_results}
    if recipient not in owners:
        raise NoLongerWanted(f"{recipient} owns no key result in {where} any more")
    return _BY_MAIL


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
