"""check-ins that are waited for -> one frozen mail to each owner: once when due soon, once when overdue."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from ledger import checkins
from ledger.documents import raw
from ledger.outbox import DigestKey, frozen
from okr_model.addresses import mailable
from okr_model.check_ins_due import Owed, owed
from okr_model.reminder import reminder
from okr_model.scorecard import Scorecard
from steps.destinations import by_mail
from steps.freeze import freeze_to
from steps.publish import latest_scorecard
from steps.wiring import Workspace

AHEAD = timedelta(days=2)


def freeze_reminders(workspace: Workspace) -> int:
    """Returns how many mails were queued; nobody is told the same thing twice. Raises NothingStored."""
    scorecard = latest_scorecard(workspace)
    cycle = workspace.config.plan.cycle
    said = checkins.check_ins(workspace.engine, first=cycle.start)
    of_owner: defaultdict[tuple[str, str], list[Owed]] = defaultdict(list)
    for each in owed(scorecard, said, cycle.check_in_every):
        if mailable(each.owner) and (each.overdue or each.due - scorecard.as_of <= AHEAD):
            of_owner[each.owner, f"{each.due}{' overdue' if each.overdue else ''}"].append(each)
    return sum(_freeze(workspace, owner, period, group, scorecard) for (owner, period), group in of_owner.items())


def _freeze(workspace: Workspace, owner: str, period: str, group: list[Owed], scorecard: Scorecard) -> int:
    key = DigestKey("check-in", f"{scorecard.cycle.id} {period}", owner)
    if frozen(workspace.engine, key):
        return 0
    return freeze_to(workspace, key, reminder(owner, group, scorecard, key.period), raw(scorecard), [by_mail(owner)])
