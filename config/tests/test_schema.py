"""What editors are told agrees with what the loader takes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from config.documents import Document, read
from config.loader import OptionModels
from config.schema import schemas
from okr_model.metrics import MEASURES
from okr_model.targets import KINDS

FILES = ("sources", "metrics", "okrs", "audiences")


def _as_editors_see_it(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_editors_see_it(body) for key, body in value.items()}
    if isinstance(value, list):
        return [_as_editors_see_it(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _refused(schema: dict[str, Any], folder: Path, file: str) -> list[str]:
    document = read(folder, f"{file}.yaml")
    assert isinstance(document, Document)
    found = Draft202012Validator(schema).iter_errors(_as_editors_see_it(document.data))
    return ["/".join(map(str, error.absolute_path)) for error in found]


@pytest.mark.parametrize("file", FILES)
def test_the_template_is_valid_and_the_schema_too(folder: Path, models: OptionModels, file: str) -> None:
    schema = schemas(models)[file]
    Draft202012Validator.check_schema(schema)
    assert _refused(schema, folder, file) == []


@pytest.mark.parametrize(
    "mistake",
    [
        ("sources", "connector: ozone", "connector: ozon"),
        ("sources", "username: admin", "user: admin"),
        ("sources", "{secret: ZENDESK_TOKEN}", "{secrets: ZENDESK_TOKEN}"),
        ("metrics", "window: cycle_to_date", "window: quarter"),
        ("metrics", "min_n: 1000", "min_n: many"),
        ("metrics", "{trailing: 7d}\n    min_n: 30", "{trailing: week}\n    min_n: 30"),
        ("metrics", "fact: audit\n", "fact: audits\n"),
        ("okrs", "weight: 2", "wieght: 2"),
        ("okrs", "{decrease: {from: 24, to: 12}}", "{reduce: {from: 24, to: 12}}"),
        ("okrs", "{step: 2026-12-15}", "{stop: 2026-12-15}"),
        ("audiences", '"08:00"', "8"),
        ("audiences", "reading_held", "reading_hold"),
        ("audiences", "objectives: all\n    channels: [email]", "objectives: all\n    channels: [slak]"),
        ("audiences", "objectives: all\n    channels: [email]", "objectives: all\n    channels: [slack]"),
        ("audiences", "objectives: all\n    channels: [email]", "objectives: all\n    channels: [{slack: {hook: x}}]"),
    ],
)
def test_what_the_loader_refuses_editors_refuse(
    folder: Path, models: OptionModels, change: Any, mistake: tuple[str, str, str]
) -> None:
    file, old, new = mistake
    change(f"{file}.yaml", old, new)
    assert len(_refused(schemas(models)[file], folder, file)) >= 1


def test_every_measure_and_target_kind_can_be_completed(models: OptionModels) -> None:
    made = schemas(models)
    metrics, okrs = json.dumps(made["metrics"]), json.dumps(made["okrs"])
    assert all(f'"{name}"' in metrics for name in MEASURES)
    assert all(f'"{name}"' in okrs for name in KINDS)
    assert '"kind"' not in metrics + okrs
