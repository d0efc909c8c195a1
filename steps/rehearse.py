"""A sync that leaves nothing behind: a throw-away ledger, no page, no outbox that anybody drains."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ledger import baselines, checkins
from steps.pull import Progress
from steps.sync import SyncReport, sync
from steps.wiring import Workspace, open_ledger


def rehearse(workspace: Workspace, *, as_of: date | None, only: Sequence[str], progress: Progress) -> SyncReport:
    """Pulls everything anew, judges with the check-ins and baselines of the real ledger, and throws all of it away."""
    with tempfile.TemporaryDirectory(prefix="okr-rehearsal-") as folder:
        elsewhere = {"database_url": f"sqlite:///{Path(folder) / 'ledger.db'}", "output_dir": Path(folder) / "out"}
        settings = workspace.settings.model_copy(update=elsewhere)
        engine = open_ledger(settings)
        for said in checkins.check_ins(workspace.engine):
            checkins.add_check_in(engine, said)
        for pinned in baselines.baselines(workspace.engine).values():
            baselines.pin(engine, pinned)
        try:
            stage = replace(workspace, settings=settings, engine=engine)
            return sync(stage, as_of=as_of, only=only, progress=progress)
        finally:
            engine.dispose()
