"""Several lists of one source, read one after the other as one pull that can be resumed in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from connectors.api import Page

Walk: TypeAlias = Callable[[str | None], Iterator[tuple[Page, str | None]]]
"""Reads one list from a token (None: from its start); yields each page with the token after it, None after the last."""

_SEPARATOR = "|"
_DONE = "done"


def in_stages(stages: Mapping[str, Walk], position: str | None) -> Iterator[Page]:
    """The pages of all stages in their order. Their positions are `stage|token`.

    A position behind the last page resumes to nothing; one whose stage is not among these starts from the first.
    """
    names = [*stages, _DONE]
    name, _, token = (position or "").partition(_SEPARATOR)
    first = names.index(name) if name in names else 0
    start = token if name in names and token else None
    for name, then in zip(names[first:-1], names[first + 1 :], strict=True):
        for page, after in stages[name](start):
            place = f"{then}{_SEPARATOR}" if after is None else f"{name}{_SEPARATOR}{after}"
            yield msgspec.structs.replace(page, position=place)
        start = None
