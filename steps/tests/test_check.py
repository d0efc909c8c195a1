"""What `okr check` finds in the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from config.settings import settings
from steps.check import all_doubts

SOURCES = """\
sources:
  payments:
    connector: table
    path: payments.csv
    facts: {transaction: {id: id, occurred_at: at, flagged: flagged, fraud: fraud}}
"""
METRICS = """\
metrics:
  right: {unit: percent, better: higher, fact: transaction, on: occurred_at, window: {trailing: 7d},
    measure: {accuracy: {predicted: flagged, actual: fraud, unlabelled: negative}}}
"""
OKRS = """\
cycle: {id: 2026-Q4, start: 2026-10-01, end: 2027-01-01, timezone: UTC}
objectives:
  - id: o
    title: O
    key_results:
      - {id: rightly, title: Rightly, metric: right, target: {maintain: {at_least: ASKED, every: month}}}
"""


@pytest.mark.parametrize(("asked", "told"), [("95", 1), ("95.01", 0)])
def test_an_accuracy_that_flagging_nothing_reaches_is_told(office: Any, asked: str, told: int) -> None:
    """One payment in twenty is fraud, most of them without a label, and every other fraud is flagged."""
    rows = ["id,at,flagged,fraud"]
    for offset in range(14):
        at = f"{date(2026, 9, 25) + timedelta(days=offset)}T10:00:00Z"
        rows.append(f"fraud-{offset},{at},{'true' if offset % 2 else 'false'},true")
        rows += [f"fine-{offset}-{n},{at},false," for n in range(19)]
    (office.folder / "okr" / "payments.csv").write_text("\n".join(rows) + "\n")
    for name, text in (("sources", SOURCES), ("metrics", METRICS), ("okrs", OKRS.replace("ASKED", asked))):
        office.write(f"{name}.yaml", text)
    office.sync("2026-10-08T02:00Z")
    config = office.at("2026-10-08T03:00Z").config
    found = [each for each in all_doubts(settings(), config) if "flagging nothing" in each]
    sentence = (
        "rightly: right of 95 % is no more than flagging nothing scores, 95 % from 1 to 7 Oct; ask for more, or for "
        "balanced_accuracy, recall or precision"
    )
    assert found == [sentence] * told
