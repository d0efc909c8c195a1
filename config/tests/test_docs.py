"""docs/configuration.md names every key and every setting that there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from config.settings import PREFIX, Settings
from config.wording import keys_at
from okr_model.cycle import Cycle
from okr_model.metrics import MEASURES, Metric
from okr_model.plan import Audience, GuardOn, KeyResult, Objective, Pace, Schedule
from okr_model.targets import KINDS, Cadence, Change, FromTo, Maintain

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
MODELS = (Metric, Cycle, Objective, KeyResult, GuardOn, Pace, Audience, Schedule, FromTo, Change, Maintain, Cadence)


def _named(word: str) -> bool:
    return any(f"{before}{word}{after}" in TEXT for before in "`{ " for after in "`:,}")


def test_every_setting_with_its_default() -> None:
    for name, field in Settings.model_fields.items():
        row = next((line for line in TEXT.splitlines() if line.startswith(f"| `{PREFIX}{name.upper()}` |")), None)
        assert row is not None, name
        assert field.default is None or f"`{field.default}`" in row


@pytest.mark.parametrize("model", MODELS)
def test_every_key_of_the_files(model: type[BaseModel]) -> None:
    assert [key for key in keys_at(model, ()) if not _named(key)] == []


def test_every_measure_and_target() -> None:
    assert [kind for kind in (*MEASURES, *KINDS) if not _named(kind)] == []
