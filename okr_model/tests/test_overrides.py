"""A word shown instead of the computed one, and everything that it leaves as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from okr_model.durations import parse_duration
from okr_model.overrides import latest_end
from okr_model.rollup import rejudge
from okr_model.windows import midnight

DAY = date(2026, 11, 22)
SAID = {"override": "On Track", "override_until": date(2026, 12, 4), "note": "the vendor mends it", "by": "ana@x.org"}


@pytest.fixture
def late(desk: Any) -> Any:
    """One key result, well behind."""
    made = desk({"decrease": {"from": 24, "to": 12}}, metric="review_hours")
    made.read("review_hours", DAY, 23)
    return made


def test_the_word_is_shown_and_the_facts_beside_it_stay(late: Any) -> None:
    before = late.card(DAY)
    late.say("kr", DAY, **SAID)
    card = late.card(DAY)
    assert (card.status, card.computed) == ("On Track", "Off Track")
    assert card.reason.startswith(
        "override by Ana until 4 Dec (the vendor mends it); computed: Off Track since 22 Nov: 23 h, planned"
    )
    assert (card.actual, card.progress, card.expected, card.needs) == (
        *(before.actual, before.progress, before.expected, before.needs),
    )
    assert late.scorecard(DAY).objectives[0].status == "On Track"


def test_it_holds_through_its_last_day_and_no_longer(late: Any) -> None:
    late.say("kr", DAY, **SAID)
    scorecard = late.scorecard(DAY)
    after = midnight(date(2026, 12, 5), late.zone)
    assert rejudge(scorecard, after).cards()[0].status == "On Track"
    card = rejudge(scorecard, after + 1).cards()[0]
    assert (card.status, card.computed, card.override) == ("Stale", None, None)
    assert late.card(date(2026, 12, 4), hours_later=0).computed is not None
    assert late.card(date(2026, 12, 4), hours_later=1).computed is None


def test_what_grows_old_under_an_override_says_so(late: Any) -> None:
    late.say("kr", DAY, **SAID)
    card = rejudge(late.scorecard(DAY), midnight(date(2026, 11, 26), late.zone)).cards()[0]
    assert (card.status, card.computed) == ("On Track", "Stale")
    assert "computed: Stale since 26 Nov: last value 23 h of 22 Nov" in card.reason


def test_a_later_override_takes_its_place(late: Any) -> None:
    late.say("kr", DAY, **SAID)
    late.say("kr", DAY, **{**SAID, "override": "At Risk"})
    assert late.card(DAY).status == "At Risk"


def test_the_close_ignores_it(late: Any) -> None:
    late.say("kr", date(2026, 12, 30), **{**SAID, "override_until": date(2027, 1, 10)})
    assert late.card(date(2026, 12, 31), hours_later=0).status == "On Track"
    assert late.card(date(2027, 1, 1)).computed is None


def test_it_ends_one_interval_and_a_week_later_at_the_latest() -> None:
    assert latest_end(DAY, parse_duration("2 weeks")) == date(2026, 12, 13)
