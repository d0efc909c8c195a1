"""What the digests of one scorecard share, each piece worked out once however many audiences there are."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

import msgspec

from ledger import checkins, scorecards
from ledger.documents import raw
from ledger.runs import latest_outcomes
from okr_model.changes import Dip, dips
from okr_model.digest import Spark
from okr_model.exchange import CheckIn
from okr_model.scorecard import Scorecard
from steps.movement import movers
from steps.publish import charts, readings_by_metric
from steps.wiring import Workspace

CHART_DAYS = 56


class Material:
    """Reads the ledger when a piece is first asked for."""

    def __init__(self, workspace: Workspace, scorecard: Scorecard) -> None:
        self.workspace, self.scorecard = workspace, scorecard
        self._earlier: dict[bytes, Scorecard] = {}
        self._movers: dict[tuple[str, int], dict[str, str]] = {}
        self._dips: dict[tuple[str, int], dict[str, Dip]] = {}

    @cached_property
    def raw_scorecard(self) -> msgspec.Raw:
        """The scorecard as JSON, which the outbox keeps beside each digest of it."""
        return raw(self.scorecard)

    def earlier(self, written: msgspec.Raw) -> Scorecard:
        """A scorecard that stands beside earlier digests: most of them have the same one."""
        key = bytes(written)
        if key not in self._earlier:
            self._earlier[key] = msgspec.json.decode(key, type=Scorecard)
        return self._earlier[key]

    @cached_property
    def charts(self) -> dict[str, Spark]:
        """Key result -> its last eight weeks."""
        cycle = self.workspace.config.plan.cycle
        first = max(cycle.start, self.scorecard.as_of - timedelta(days=CHART_DAYS - 1))
        found = readings_by_metric(self.workspace, self.scorecard)
        return charts(self.workspace, self.scorecard, found, first)

    @cached_property
    def check_ins(self) -> list[CheckIn]:
        """Those of the cycle."""
        return list(checkins.check_ins(self.workspace.engine, first=self.workspace.config.plan.cycle.start))

    @cached_property
    def broken(self) -> list[str]:
        """The sources whose last pull failed."""
        return [name for name, (_, each) in latest_outcomes(self.workspace.engine).items() if each.state != "ok"]

    def movers(self, before: Scorecard | None) -> dict[str, str]:
        """Why numbers moved since `before`, as `steps.movement` tells it."""
        if before is None:
            return {}
        key = (before.run_id, before.evaluated_at)
        if key not in self._movers:
            self._movers[key] = movers(self.workspace, self.scorecard, before)
        return self._movers[key]

    def dips(self, before: Scorecard | None) -> dict[str, Dip]:
        """What was worse between `before` and now than at either end."""
        if before is None:
            return {}
        key = (before.run_id, before.evaluated_at)
        if key not in self._dips:
            days = scorecards.days(self.workspace.engine, self.scorecard.cycle.id)
            between = [day for day in days if before.as_of < day < self.scorecard.as_of]
            found = (scorecards.scorecard(self.workspace.engine, day) for day in between)
            self._dips[key] = dips(before, self.scorecard, (each for each in found if each is not None))
        return self._dips[key]
