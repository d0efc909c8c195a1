"""What is wrong in a definition, item by item, so that a reader of files can name the line of each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str | int | date, ...]
"""Keys and list indices below the thing that is wrong, as written in YAML."""


class Mistake(NamedTuple):
    """One thing wrong, and how to mend it."""

    path: Path
    message: str


class Mistakes(ValueError):
    """Several mistakes in one definition. Its text joins them; `found` has each with its path."""

    def __init__(self, found: Iterable[Mistake]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(mistake.message for mistake in self.found))
