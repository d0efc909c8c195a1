"""the outbox -> channels: sends what is due, each delivery once, and says what became of it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from ledger import outbox
from ledger.holders import alive, this_process
from okr_model.exchange import DeliveryError
from steps.alerts import freeze_undelivered
from steps.destinations import idempotent, way_of
from steps.wiring import Workspace

LEASE_MS = 10 * 60_000
AT_ONCE = 1  # what a killed drain had claimed may have gone out: let that be one mail, not twenty
FIRST_RETRY_MS = 15 * 60_000
MOST_TRIES = 12


def drain(workspace: Workspace, audience: str | None = None) -> dict[str, int]:
    """Sends until nothing is due (for `audience` alone); any time, by several at once. Returns state -> count."""
    counts: Counter[str] = Counter()
    recovered = outbox.recover(workspace.engine, workspace.now, alive, idempotent(workspace))
    counts.update(row.state for row in recovered if row.state == "ambiguous")
    counts.update(_send_due(workspace, audience))
    if freeze_undelivered(workspace):
        counts.update(_send_due(workspace, audience))
    return dict(counts)


def _send_due(workspace: Workspace, audience: str | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    holder, quiet = this_process("drain"), _quiet(workspace)
    now = workspace.now
    while claimed := outbox.claim(workspace.engine, now, holder, LEASE_MS, AT_ONCE, audience=audience, quiet=quiet):
        for each in claimed:
            counts[_send(workspace, each)] += 1
    return counts


def _quiet(workspace: Workspace) -> list[str]:
    """The audiences that nothing is sent to at this time of their day."""
    found = []
    for audience in workspace.config.audiences.values():
        zone = audience.timezone or workspace.config.plan.cycle.timezone
        local = datetime.fromtimestamp(workspace.now / 1_000, zone)
        if audience.quiet is not None and audience.quiet.covers(local.time()):
            found.append(audience.id)
    return found


def _send(workspace: Workspace, claimed: outbox.Claimed) -> str:
    """Tries one delivery and settles it. Returns its new state."""
    mine = (workspace.engine, claimed.id, claimed.epoch, workspace.now)
    try:
        way_of(workspace, claimed.delivery).send(claimed.delivery)
    except DeliveryError as problem:
        if problem.outcome == "ambiguous":
            outbox.ambiguous(*mine, why=str(problem))
            return "ambiguous"
        if problem.outcome == "permanent" or claimed.epoch >= MOST_TRIES:
            outbox.failed(*mine, why=str(problem))
            return "failed"
        wait = _wait(problem, claimed.epoch)
        outbox.retry(*mine, not_before=workspace.now + wait, why=str(problem))
        return "retry"
    outbox.sent(*mine)
    return "sent"


def _wait(problem: DeliveryError, tries: int) -> int:
    """Milliseconds until the next try: as the other side asked, else longer each time."""
    return round(problem.wait * 1_000) if problem.wait is not None else FIRST_RETRY_MS * 2 ** min(tries - 1, 5)
