"""A run that has lost its lease stops before the next stage stores anything."""

from __future__ import annotations

from typing import Any

import pytest

from ledger import readings
from ledger.database import begin
from ledger.leases import LeaseLost
from ledger.tables import leases
from steps.sync import sync


def test_a_run_that_was_taken_over_takes_no_reading_and_freezes_nothing(office: Any) -> None:
    workspace = office.at("2026-11-23T08:00Z")

    def taken_over(*_: object) -> None:
        with begin(workspace.engine) as connection:
            connection.execute(leases.update().values(epoch=leases.c.epoch + 1))

    with pytest.raises(LeaseLost, match="another run has taken over sync: this one stops here"):
        sync(workspace, progress=taken_over)
    assert list(readings.readings(workspace.engine)) == []
    with begin(workspace.engine) as connection:
        connection.execute(leases.update().values(holder=None))
    assert office.sync("2026-11-23T08:00Z").state == "completed"
