"""Trying out what a source needs, without stopping at the first problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from connectors.api import PullError


def failures(needs: Mapping[str, Callable[[], object]]) -> list[str]:
    """One sentence for each need (what must be readable) whose try raised PullError."""
    found = []
    for need, attempt in needs.items():
        try:
            attempt()
        except PullError as error:
            found.append(f"{error} (needed: {need})")
    return found
