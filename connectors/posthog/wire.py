"""PostHog's answer to a HogQL query, cut down to what is used."""

from __future__ import annotations

from typing import Any

import msgspec


class Answered(msgspec.Struct, frozen=True):
    """`error` can stand in an answer with status 200."""

    columns: list[str]
    results: list[list[Any]]
    error: str | None = None
