"""the outbox -> channels: sends what is due, each delivery once, and says what became of it."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

from ledger import outbox
from ledger.holders import alive, this_process
from okr_model.exchange import DeliveryError
from okr_model.facts import Instant
from steps.alerts import freeze_undelivered
from steps.destinations import NoLongerSent, NoLongerWanted, idempotent, way_of
from steps.wiring import Workspace

LEASE_MS = 10 * 60_000
AT_ONCE = 1  # what a killed drain had claimed may have gone out: let that be one mail, not twenty
FIRST_RETRY_MS = 15 * 60_000
LEAST_WAIT_MS = 60_000
MOST_TRIES = 12


def drain(workspace: Workspace, audience: str | None = None) -> dict[str, int]:
    """Sends until nothing is due (for `audience` alone); any time, by several at once. Returns state -> count."""
    counts: Counter[str] = Counter()
    recovered = outbox.recover(workspace.engine, workspace.now, alive, idempotent(workspace))
    counts.update(row.state for row in recovered if row.state == "ambiguous")
    began = time.monotonic()
    counts.update(_send_due(workspace, audience, began))
    if freeze_undelivered(workspace):
        counts.update(_send_due(workspace, audience, began))
    return dict(counts)


def _send_due(workspace: Workspace, audience: str | None, began: float) -> Counter[str]:
    """What is due at the run's instant, as long as it is not quiet: a slow server may take it far beyond that."""
    counts: Counter[str] = Counter()
    holder = this_process("drain")

    def next_ones() -> list[outbox.Claimed]:
        passed = round((time.monotonic() - began) * 1_000)
        quiet, lease = _quiet(workspace, workspace.now + passed), LEASE_MS + passed
        return outbox.claim(workspace.engine, workspace.now, holder, lease, AT_ONCE, audience=audience, quiet=quiet)

    while claimed := next_ones():
        for each in claimed:
            counts[_send(workspace, each)] += 1
    return counts


def _quiet(workspace: Workspace, now: Instant) -> list[str]:
    """The audiences that nothing is sent to at this time of their day."""
    found = []
    for audience in workspace.config.audiences.values():
        zone = audience.timezone or workspace.config.plan.cycle.timezone
        local = datetime.fromtimestamp(now / 1_000, zone)
        if audience.quiet is not None and audience.quiet.covers(local.time()):
            found.append(audience.id)
    return found


def _send(workspace: Workspace, claimed: outbox.Claimed) -> str:
    """Tries one delivery and settles it. Returns its new state."""
    mine = (workspace.engine, claimed.id, claimed.epoch, workspace.now)
    try:
        way_of(workspace, claimed.delivery).send(claimed.delivery)
    except DeliveryError as problem:
        return _settle(workspace, claimed, problem)
    except NoLongerWanted as why:
        outbox.withdrawn(*mine, why=str(why))
        return "suppressed"
    except NoLongerSent as why:  # which may be a mistake in the file, and never one of the recipient's
        outbox.failed(*mine, why=str(why))
        return "failed"
    except Exception as fault:  # a plugin's fault must not keep the others' deliveries from going out
        outbox.ambiguous(*mine, why=f"{type(fault).__name__}, a fault in the channel {claimed.delivery.channel}")
        return "ambiguous"
    outbox.sent(*mine)
    return "sent"


def _settle(workspace: Workspace, claimed: outbox.Claimed, problem: DeliveryError) -> str:
    mine = (workspace.engine, claimed.id, claimed.epoch, workspace.now)
    if problem.outcome == "ambiguous":
        outbox.ambiguous(*mine, why=str(problem))
        return "ambiguous"
    if problem.outcome == "permanent":
        outbox.refused(*mine, why=str(problem))
        return "failed"
    if claimed.epoch >= MOST_TRIES:
        outbox.failed(*mine, why=f"given up after {claimed.epoch} tries: {problem}")
        return "failed"
    outbox.retry(*mine, not_before=workspace.now + _wait(problem, claimed.epoch), why=str(problem))
    return "retry"


def _wait(problem: DeliveryError, tries: int) -> int:
    """Milliseconds until the next try: as the other side asked, but not within this drain; else longer each time."""
    if problem.wait is not None:
        return max(round(problem.wait * 1_000), LEAST_WAIT_MS)
    return FIRST_RETRY_MS << min(tries - 1, 5)
