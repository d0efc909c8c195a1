"""JSON Schemas of the four files, with the options of every connector and channel that is installed."""

from __future__ import annotations

import json

from config.schema import schemas
from steps.wiring import OPTION_MODELS


def schema_texts() -> dict[str, str]:
    """`okrs.schema.json` and so on -> its text."""
    found = schemas(OPTION_MODELS)
    return {f"{name}.schema.json": json.dumps(body, indent=2) for name, body in found.items()}
