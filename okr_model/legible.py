"""The last door before a digest is written: what came from outside becomes plain characters, and not too many.

Titles come from files, notes from people, reasons from sources and plugins. None of them may turn a line round, hide
in a terminal, or fill a mail.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from okr_model.digest import Digest
from okr_model.words import shortened

LONGEST = 1_000
LONGEST_TITLE = 200
_TITLES = frozenset(("title", "heading", "objective", "summary", "headline", "subject", "who", "target", "was"))
_NUMBERS = frozenset(("days", "values", "counts", "planned"))
"""Fields of a chart that hold no text and are long."""
_GAP = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What turns the direction of a text round for what follows it, halves of characters, and marks of byte order.
_HIDDEN = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def legible(digest: Digest) -> Digest:
    """The same digest, every text of it on one line, without hidden characters, cut where it would go on and on."""
    whole: Digest = _walked(digest)
    return whole


def plain(text: str, longest: int = LONGEST) -> str:
    """One text, likewise."""
    if not text.isprintable():
        text = _HIDDEN.sub("", _GAP.sub(" ", text))
    return text if len(text) <= longest else shortened(text, longest - 1)


def _walked(value: Any) -> Any:
    if isinstance(value, tuple):
        found = tuple(_walked(each) for each in value)
        return value if all(new is old for new, old in zip(found, value, strict=True)) else found
    if isinstance(value, msgspec.Struct):
        fields = {name: getattr(value, name) for name in value.__struct_fields__ if name not in _NUMBERS}
        changed = {name: new for name, old in fields.items() if (new := _field(name, old)) is not old}
        return msgspec.structs.replace(value, **changed) if changed else value
    return plain(value) if isinstance(value, str) else value


def _field(name: str, value: Any) -> Any:
    return plain(value, LONGEST_TITLE) if isinstance(value, str) and name in _TITLES else _walked(value)
