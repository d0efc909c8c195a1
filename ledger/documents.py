"""Values as the JSON that the ledger keeps, and what of a value makes it the same value again."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from okr_model.exchange import Value

CIRCUMSTANCES = frozenset({"run_id", "recorded_at", "evaluated_at", "requests", "pages", "retries", "rows"})
"""How and when a value came to be: another run that finds the same has found nothing new."""


def dump(value: msgspec.Struct) -> str:
    """The value as JSON text."""
    return msgspec.json.encode(value).decode()


def raw(value: msgspec.Struct) -> msgspec.Raw:
    """The value as JSON that goes into other values as it is, encoded once for all of them."""
    return msgspec.Raw(msgspec.json.encode(value))


def content(value: Value) -> str:
    """A hash of what the value says, at any depth without its circumstances."""
    said = _said(msgspec.to_builtins(value))
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _said(item) for key, item in value.items() if key not in CIRCUMSTANCES}
    if isinstance(value, list | tuple):
        return [_said(item) for item in value]
    return value
