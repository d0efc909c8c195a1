"""A person's decisions about deliveries that are stuck."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.mending import Decision, MendRefused, decide
from steps.wiring import Workspace

_DONE = {"resend": "will be sent again by the next drain", "arrived": "counts as sent", "cancel": "will not be sent"}


class Decided(NamedTuple):
    """What is to become of one delivery."""

    word: Decision
    delivery_id: int


def mend(workspace: Workspace, decisions: Sequence[Decided], by: str | None, note: str | None) -> list[str]:
    """Carries each out and keeps who decided it and why. Returns a sentence for each. Raises MendRefused."""
    if decisions and not (by and by.strip() and note and note.strip()):
        raise MendRefused("needs --by NAME and --note TEXT: the decision is kept with both")
    for each in decisions:
        decide(workspace.engine, each.delivery_id, each.word, by=by or "", note=note or "", at=workspace.now)
    return [f"delivery {each.delivery_id} {_DONE[each.word]}" for each in decisions]
