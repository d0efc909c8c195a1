"""the outbox -> channels: sends what is due, each delivery once, and says what became of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from digests.channels import Channel, open_channel
from ledger import outbox
from ledger.holders import alive, this_process
from okr_model.exchange import DeliveryError
from steps.wiring import Workspace

LEASE_MS = 10 * 60_000
AT_ONCE = 1  # what a killed drain had claimed may have gone out: let that be one mail, not twenty
FIRST_RETRY_MS = 15 * 60_000
MOST_TRIES = 12


def drain(workspace: Workspace, audience: str | None = None) -> dict[str, int]:
    """Sends until nothing is due (for `audience` alone); any time, by several at once. Returns state -> count."""
    channel = _channel(workspace)
    counts: Counter[str] = Counter()
    recovered = outbox.recover(workspace.engine, workspace.now, alive, {channel.name} if channel.idempotent else set())
    counts.update(row.state for row in recovered if row.state == "ambiguous")
    holder = this_process("drain")
    while claimed := outbox.claim(workspace.engine, workspace.now, holder, LEASE_MS, AT_ONCE, audience):
        for each in claimed:
            counts[_send(workspace, channel, each)] += 1
    return dict(counts)


def _channel(workspace: Workspace) -> Channel:
    settings = workspace.settings
    password = None if settings.smtp_password is None else settings.smtp_password.get_secret_value()
    return open_channel(settings.smtp_url, password, Path(settings.output_dir))


def _send(workspace: Workspace, channel: Channel, claimed: outbox.Claimed) -> str:
    """Tries one delivery and settles it. Returns its new state."""
    mine = (workspace.engine, claimed.id, claimed.epoch, workspace.now)
    try:
        channel.send(claimed.delivery)
    except DeliveryError as problem:
        if problem.outcome == "ambiguous":
            outbox.ambiguous(*mine, why=str(problem))
            return "ambiguous"
        if problem.outcome == "permanent" or claimed.epoch >= MOST_TRIES:
            outbox.failed(*mine, why=str(problem))
            return "failed"
        wait = FIRST_RETRY_MS * 2 ** min(claimed.epoch - 1, 5)
        outbox.retry(*mine, not_before=workspace.now + wait, why=str(problem))
        return "retry"
    outbox.sent(*mine)
    return "sent"
